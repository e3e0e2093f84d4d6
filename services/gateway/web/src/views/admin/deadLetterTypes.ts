/** Shapes of `/v1/admin/dead-letters`. */

export interface DeadLetter {
  id: number
  receivedAt: string
  provider: string | null
  kind: 'observation' | 'service-event' | 'record'
  /** Stable name of the reason. */
  code: string
  /** The reason in words. */
  detail: string
  replayedAt: string | null
  replayedBy: string | null
}

export interface DeadLetterDetail extends DeadLetter {
  payload: string
  payloadFormat: 'json' | 'base64'
  /** False: it was too long to be kept in whole, so it cannot be sent again. */
  payloadComplete: boolean
  replayOutcome: Record<string, unknown> | null
}
