import type { ComponentItem } from '../../api/indicatorTypes'

export interface KnownPoints {
  points: number
  /** What the groups with figures can reach together. */
  maximum: number
  /** Numbers of the groups without figures. */
  without: string[]
}

/** The sum over the groups that have points; null when none has, or all have. */
export function knownPoints(groups: readonly ComponentItem[]): KnownPoints | null {
  const known = groups.filter((one) => one.points !== null)
  if (known.length === 0 || known.length === groups.length) return null
  return {
    points: known.reduce((sum, one) => sum + (one.points ?? 0), 0),
    maximum: known.reduce((sum, one) => sum + (one.maximum ?? 0), 0),
    without: groups.filter((one) => one.points === null).map((one) => one.indicator.slice('d766-'.length)),
  }
}
