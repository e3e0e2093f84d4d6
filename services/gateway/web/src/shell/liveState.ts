import { POLL_MS } from '../api/queries'

export type LiveState = 'connecting' | 'live' | 'stale' | 'offline'

/** Missed polls before the page calls itself late; a slow answer now and then is no news. */
const PATIENCE_MS = POLL_MS * 4

/** @param answeredAt time (ms) of the last answer, 0 before the first */
export function liveState(answeredAt: number, failing: boolean, now: number): LiveState {
  if (answeredAt === 0) return failing ? 'offline' : 'connecting'
  if (now - answeredAt <= PATIENCE_MS) return 'live'
  return failing ? 'offline' : 'stale'
}
