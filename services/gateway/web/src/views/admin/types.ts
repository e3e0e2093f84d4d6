/** Shapes of `/v1/admin` and `/v1/periods`, as the gateway's OpenAPI document describes them. */

import type { Reason } from '../../api/indicatorTypes'
import type { Role } from '../../operator/session'

/** How much ingest takes; null: any amount. */
export interface ProviderLimits {
  observationsPerDay: number | null
  bytesPerDay: number | null
  requestsPerMinute: number | null
}

export interface Member {
  username: string
  displayName: string
  role: Role
}

export interface Provider {
  key: string
  name: string
  contact: string
  autoRegister: boolean
  limits: ProviderLimits
  disabled: boolean
  disabledAt: string | null
  createdAt: string
  activeKeys: number
  things: number
  /** For If-Match. */
  version: string
}

export type Scope = 'read' | 'write' | 'manage'

export interface ApiKey {
  id: string
  provider: string
  name: string
  scopes: Scope[]
  datastreamPrefixes: string[]
  state: 'active' | 'expired' | 'revoked'
  createdAt: string
  createdBy: string
  expiresAt: string | null
  revokedAt: string | null
  revokedBy: string | null
}

/** `key` is shown this once. */
export interface NewApiKey extends ApiKey {
  key: string
}

export interface OperatorAccount {
  username: string
  displayName: string
  role: Role
  areaCodes: string[]
  agencies: string[]
  disabled: boolean
  disabledAt: string | null
  /** Whether there is one; it is never shown. */
  password: boolean
  openIdConnect: string | null
  totp: boolean
  failedSignIns: number
  lockedUntil: string | null
  lastSignInAt: string | null
  passwordChangedAt: string | null
  createdAt: string
  version: string
  /** Only in the answer to a change that made one up. */
  generatedPassword?: string | null
}

export interface AuditEvent {
  id: number
  at: string
  actor: string
  action: string
  object: string
  details: Record<string, unknown>
  client: string
}

export interface Close {
  period: string
  kind: 'day' | 'month' | 'quarter' | 'year'
  start: string
  end: string
  closedAt: string
  closedBy: string
  note: string
  values: number
  restatements: number
  previous: string
  digest: string
}

export interface Verification {
  period: string
  ok: boolean
  values: number
  digest: string
  broken: {
    what: string
    detail: string
    ordinal: number | null
    indicator: string | null
    version: number | null
    subject: string | null
  } | null
}

export interface Restatement {
  indicator: string
  version: number
  subject: { kind: string; key: string; name: string | null; nameEn: string | null }
  closedValue: number | null
  closedRevision: number | null
  value: number | null
  revision: number
  reason: Reason
  at: string
}
