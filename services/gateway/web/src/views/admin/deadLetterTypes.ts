/** Shapes of `/v1/admin/dead-letters`, as the gateway's OpenAPI document describes them. */

/** What became of the last time it was sent again. */
export interface Replay {
  at: string
  by: string
  outcome: 'accepted' | 'refused'
  corrected: boolean
  reasons: { code: string; detail: string }[]
}

export interface DeadLetter {
  id: number
  receivedAt: string
  provider: string | null
  kind: 'observation' | 'service-event' | 'record'
  /** Where it came in and goes back to, with a form of its own; null: an observation or a service event. */
  door: string | null
  /** Stable name of the reason. */
  code: string
  /** The reason in words. */
  detail: string
  /** Whether it can be sent again in the name of its provider. */
  replayable: boolean
  replay: Replay | null
}

export interface DeadLetterDetail extends DeadLetter {
  /** What was sent, when it is JSON and was kept in whole. */
  payload: unknown
  /** Else its beginning, as far as it can be read. */
  payloadText: string | null
  payloadComplete: boolean
  /** How a correction is written. */
  payloadForm: 'json' | 'text'
  /** What was said beside it: precision, topic, headers. */
  context: Record<string, string>
}
