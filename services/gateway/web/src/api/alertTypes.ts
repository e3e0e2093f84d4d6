/** Shapes of the gateway's answers about alerts, as its OpenAPI document describes them. */

import type { Text } from './indicatorTypes'

export const SEVERITIES = ['critical', 'serious', 'warning', 'info'] as const
export type Severity = (typeof SEVERITIES)[number]
export type AlertState = 'open' | 'acknowledged' | 'resolved' | 'withdrawn'
export type AlertChangeKind =
  'opened' | 'raised' | 'acknowledged' | 'commented' | 'assigned' | 'escalated' | 'resolved' | 'withdrawn'

export interface Alert {
  id: number
  rule: string
  ruleNames: Text
  subject: string
  subjectKind: string
  subjectName: string
  areaCode: string | null
  severity: Severity
  state: AlertState
  summary: Text
  cause: Record<string, unknown>
  /** When it was noticed; `startedAt` is when the cause began, by the time of the data. */
  openedAt: string
  startedAt: string
  acknowledgedAt: string | null
  /** Names and notes are shown to operators only. */
  acknowledgedBy: string | null
  assignee: string | null
  escalationLevel: number
  escalateAt: string | null
  endedAt: string | null
  silenced: boolean
  version: number
}

export interface AlertEvent {
  id: number
  at: string
  kind: AlertChangeKind
  actor: string | null
  note: string | null
  details: Record<string, unknown>
}

export interface AlertNotification {
  receiver: string
  channel: 'webhook' | 'email'
  event: number
  attempts: number
  nextAttemptAt: string | null
  deliveredAt: string | null
  failedAt: string | null
  lastError: string | null
}

export interface AlertDetail extends Alert {
  history: AlertEvent[]
  notifications: AlertNotification[]
}
