export const RANGES = ['6h', '24h', '7d', '30d', '1y'] as const
export type RangeName = (typeof RANGES)[number]

const HOUR = 3_600_000
export const RANGE_MS: Record<RangeName, number> = {
  '6h': 6 * HOUR,
  '24h': 24 * HOUR,
  '7d': 7 * 24 * HOUR,
  '30d': 30 * 24 * HOUR,
  '1y': 365 * 24 * HOUR,
}
