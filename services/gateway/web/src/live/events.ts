import type { QueryClient } from '@tanstack/react-query'

/** What is announced within this time is read together: a batch of readings changes many figures at once. */
const GATHER_MS = 250
/** Pages of a whole office must not all ask in the same instant. */
const SPREAD_MS = 500

export interface ValuesEvent {
  indicator: string
  version: number
  figures: { subject: string; period: string; value: number | null; revision: number }[]
  computedAt: string
}

export interface AlertAnnouncement {
  id?: number
}

/** First members of the query keys that follow the figures of an indicator. */
const FIGURE_QUERIES = ['ranking', 'figures', 'explanation', 'definition']
/** … and those that show many indicators of one subject. */
const SUBJECT_QUERIES = ['cards', 'scorecard']

/**
 * What to do about announcements: figures and alerts are read again, so that bands, changes against the period before
 * and rights are those that the gateway says.
 */
export class Announcements {
  readonly #client: QueryClient
  readonly #indicators = new Set<string>()
  readonly #subjects = new Set<string>()
  #alerts = false
  #timer: number | null = null

  constructor(client: QueryClient) {
    this.#client = client
  }

  values(event: ValuesEvent): void {
    this.#indicators.add(event.indicator)
    for (const { subject } of event.figures) this.#subjects.add(subject.replace(/^area:/, ''))
    this.#gather()
  }

  alert(_event: AlertAnnouncement): void {
    this.#alerts = true
    this.#gather()
  }

  /** What was missed is not known: everything that shows is read again. */
  reset(): void {
    void this.#client.invalidateQueries()
  }

  stop(): void {
    if (this.#timer !== null) window.clearTimeout(this.#timer)
    this.#timer = null
  }

  #gather(): void {
    this.#timer ??= window.setTimeout(() => this.#readAgain(), GATHER_MS + Math.random() * SPREAD_MS)
  }

  #readAgain(): void {
    this.#timer = null
    const indicators = new Set(this.#indicators)
    const subjects = new Set(this.#subjects)
    const alerts = this.#alerts
    this.#indicators.clear()
    this.#subjects.clear()
    this.#alerts = false
    void this.#client.invalidateQueries({
      predicate: ({ queryKey: [kind, about] }) => {
        if (alerts && (kind === 'alerts' || kind === 'alert')) return true
        if (typeof kind !== 'string' || typeof about !== 'string') return false
        if (FIGURE_QUERIES.includes(kind)) return indicators.has(about)
        return SUBJECT_QUERIES.includes(kind) && subjects.has(about)
      },
    })
  }
}
