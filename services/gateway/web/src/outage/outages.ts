import type { Answers } from '../api/answers'
import type { PartName, PlatformStatus } from './types'

/** Silence of the gateway after which the page says so: one lost answer is no outage. */
const GRACE_MS = 4_000

export type OutageKind =
  /** The browser says that this device has no network, and nothing is answered. */
  | 'offline'
  /** The gateway does not answer. */
  | 'server'
  | 'database'
  | 'redis'
  /** It does not answer. */
  | 'ingest'
  /** It answers, and takes no readings. */
  | 'ingestRefuses'
  | 'analytics'
  /** Everything answers, but no readings come though they usually do. */
  | 'quiet'

export interface Outage {
  kind: OutageKind
  /** Time (ms) of the last that is known to be good; null: not known. */
  since: number | null
}

/**
 * What is wrong, the worst first. What follows from something worse is left out: without the database ingest and
 * analytics say that they are not ready, and without the gateway nothing is known of the others.
 */
export function outagesOf(
  status: PlatformStatus | undefined,
  answers: Answers,
  online: boolean,
  now: number,
): Outage[] {
  const since = answers.answeredAt || null
  if (answers.failing && !online) return [{ kind: 'offline', since }]
  if (answers.failing && now - answers.failingSince >= GRACE_MS) return [{ kind: 'server', since }]
  if (!status) return []
  const found: Outage[] = []
  const stateOf = (name: PartName) => status.parts.find(({ part }) => part === name)
  const add = (kind: OutageKind, okAt: string | null) =>
    found.push({ kind, since: okAt === null ? null : Date.parse(okAt) })
  const database = stateOf('database')
  const isGone = database?.state === 'away' || database?.state === 'unready'
  if (database && isGone) add('database', database.okAt)
  const ingest = stateOf('ingest')
  if (ingest?.state === 'away') add('ingest', ingest.okAt)
  else if (ingest?.state === 'unready' && !isGone) add('ingestRefuses', ingest.okAt)
  const analytics = stateOf('analytics')
  if (analytics && (analytics.state === 'away' || (analytics.state === 'unready' && !isGone)))
    add('analytics', analytics.okAt)
  const redis = stateOf('redis')
  // That figures are still new would not be true without the database.
  if (redis?.state === 'away' && !isGone) add('redis', redis.okAt)
  if (found.length === 0 && status.unusuallyQuiet) add('quiet', status.newestReadingAt)
  return found
}

/** While one of these lasts, nothing new can be read: what shows is what was known before. */
export function holdsBack({ kind }: Outage): boolean {
  return kind === 'offline' || kind === 'server' || kind === 'database'
}
