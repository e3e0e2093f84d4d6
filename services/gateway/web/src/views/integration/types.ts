/** Shapes of `/v1/provider`, as the gateway's OpenAPI document describes them. */

export interface Limits {
  observationsPerDay: number | null
  bytesPerDay: number | null
  requestsPerMinute: number | null
}

export interface ManagedProvider {
  key: string
  name: string
  disabled: boolean
  limits: Limits
  things: number
  datastreams: number
}

export interface DayOfKey {
  /** Local day. */
  day: string
  keyId: string
  keyName: string | null
  requests: number
  accepted: number
  bytes: number
  /** By code. */
  refused: Record<string, number>
  lastUsedAt: string
}

export interface Usage {
  today: string
  limits: Limits
  items: DayOfKey[]
}

export interface Report {
  accepted: number
  refused: number
  rejected: { index: number; code: string; detail: string }[]
  reasonsLeftOut: number
  datastreams: {
    datastream: string
    registered: boolean
    observationType: string
    unit: string | null
    items: number
  }[]
}

export const EVENTS = ['indicator-values', 'alerts'] as const
export type WebhookEvent = (typeof EVENTS)[number]

export interface Webhook {
  id: string
  name: string
  url: string
  events: WebhookEvent[]
  indicators: string[]
  areas: string[]
  bands: string[]
  severities: string[]
  state: 'active' | 'failing' | 'disabled'
  failingSince: string | null
  disabledAt: string | null
  disabledReason: string | null
  waiting: number
  failed: number
  lastDeliveredAt: string | null
}

export interface NewWebhook extends Webhook {
  secret: string
}

export interface Delivery {
  id: number
  type: string
  subject: string
  test: boolean
  state: 'waiting' | 'delivered' | 'failed'
  attempts: number
  createdAt: string
  deliveredAt: string | null
  nextAttemptAt: string | null
  lastStatus: number | null
  lastError: string | null
}
