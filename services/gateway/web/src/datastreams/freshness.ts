import type { Reading } from '../api/types'

export type Freshness = 'fresh' | 'stale' | 'none'

/** Hourly stations are the slowest common source: two missed hours mean that something is wrong. */
export const FRESH_HOURS = 2

export function freshness(latest: Reading | null, now: number): Freshness {
  if (!latest) return 'none'
  return now - Date.parse(latest.phenomenonTime) <= FRESH_HOURS * 3_600_000 ? 'fresh' : 'stale'
}

/** A thing speaks as long as one of its datastreams does. */
export function freshest(states: readonly Freshness[]): Freshness {
  if (states.includes('fresh')) return 'fresh'
  return states.includes('stale') ? 'stale' : 'none'
}
