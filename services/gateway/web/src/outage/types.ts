/** What /v1/status gives. */

export type PartName = 'database' | 'redis' | 'ingest' | 'analytics'

export interface PartStatus {
  part: PartName
  state: 'ok' | 'unready' | 'away' | 'unknown'
  /** When it was last found well; null: not since the gateway began. */
  okAt: string | null
}

export interface PlatformStatus {
  checkedAt: string | null
  parts: PartStatus[]
  newestReadingAt: string | null
  unusuallyQuiet: boolean
  /** Why nothing may be changed now; null: it may. */
  readOnly: ReadOnlyState | null
}

export interface ReadOnlyState {
  since: string
  /** null: until somebody ends it. */
  until: string | null
  reason: string
}
