/** Sums of what a provider sent. */

import type { Formats } from '../../i18n/format'
import type { Usage } from './types'

export interface DaySum {
  day: string
  accepted: number
  refused: number
}

export interface KeyUse {
  keyId: string
  keyName: string | null
  accepted: number
  bytes: number
  /** Code and how many, the most frequent first. */
  refused: [string, number][]
  lastUsedAt: string
}

const DAY_MS = 86_400_000

/** The last days up to today, also those on which nothing was sent. */
export function daysOf(usage: Usage, count: number): DaySum[] {
  const today = Date.parse(`${usage.today}T00:00:00Z`)
  const sums = new Map<string, DaySum>()
  for (let back = count - 1; back >= 0; back -= 1) {
    const day = new Date(today - back * DAY_MS).toISOString().slice(0, 10)
    sums.set(day, { day, accepted: 0, refused: 0 })
  }
  for (const row of usage.items) {
    const sum = sums.get(row.day)
    if (!sum) continue
    sum.accepted += row.accepted
    for (const n of Object.values(row.refused)) sum.refused += n
  }
  return [...sums.values()]
}

/** Each key over all days, the one used last first. */
export function byKey(usage: Usage): KeyUse[] {
  const uses = new Map<string, Omit<KeyUse, 'refused'> & { codes: Map<string, number> }>()
  for (const row of usage.items) {
    const use = uses.get(row.keyId) ?? {
      keyId: row.keyId,
      keyName: row.keyName,
      accepted: 0,
      bytes: 0,
      lastUsedAt: row.lastUsedAt,
      codes: new Map<string, number>(),
    }
    use.accepted += row.accepted
    use.bytes += row.bytes
    if (row.lastUsedAt > use.lastUsedAt) use.lastUsedAt = row.lastUsedAt
    for (const [code, n] of Object.entries(row.refused)) use.codes.set(code, (use.codes.get(code) ?? 0) + n)
    uses.set(row.keyId, use)
  }
  return [...uses.values()]
    .map(({ codes, ...use }) => ({ ...use, refused: [...codes].sort((a, b) => b[1] - a[1]) }))
    .sort((a, b) => b.lastUsedAt.localeCompare(a.lastUsedAt))
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** Bytes as people read them. */
export function sizeOf(bytes: number, format: Pick<Formats, 'count'>): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${format.count(Math.round(value))} ${UNITS[unit]}`
}
