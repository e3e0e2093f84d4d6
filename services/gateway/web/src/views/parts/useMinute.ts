import { useNow } from '../../view/useNow'

const MINUTE = 60_000

/** The time (ms) to the minute: enough for ages, and nothing is drawn again in between. */
export function useMinute(): number {
  return Math.floor(useNow(5_000) / MINUTE) * MINUTE
}
