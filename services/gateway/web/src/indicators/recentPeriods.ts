import type { PeriodKind } from '../api/indicatorTypes'
import { ZONE_OFFSET_MS } from '../i18n/format'
import { periodAt } from './period'

/** The running period and those before it, newest first, as the API names them. */
export function recentPeriods(
  kind: Exclude<PeriodKind, 'hour' | 'day'>,
  count: number,
  now: number,
): string[] {
  const local = new Date(now + ZONE_OFFSET_MS)
  const months = { month: 1, quarter: 3, year: 12 }[kind]
  return Array.from({ length: count }, (_, back) =>
    // The middle of a month is in it whatever the offset.
    periodAt(kind, Date.UTC(local.getUTCFullYear(), local.getUTCMonth() - back * months, 15)),
  )
}
