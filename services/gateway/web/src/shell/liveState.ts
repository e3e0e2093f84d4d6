export type LiveState = 'connecting' | 'live' | 'stale' | 'offline'

/** Silence before the page calls itself late: something is asked every five seconds; a slow answer is no news. */
const PATIENCE_MS = 12_000

/** @param answeredAt time (ms) of the last answer, 0 before the first */
export function liveState(answeredAt: number, failing: boolean, now: number): LiveState {
  if (answeredAt === 0) return failing ? 'offline' : 'connecting'
  if (now - answeredAt <= PATIENCE_MS) return 'live'
  return failing ? 'offline' : 'stale'
}
