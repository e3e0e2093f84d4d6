import { SEVERITIES, type Alert, type AlertState, type Severity } from '../../api/alertTypes'

export const SHOWN_STATES = ['active', 'open', 'acknowledged', 'ended', 'all'] as const
export type ShownState = (typeof SHOWN_STATES)[number]

/** Which alerts the reader wants to see. */
export interface AlertsSearch {
  tab: 'alerts' | 'maintenance'
  state: ShownState
  severity: Severity | null
  rule: string | null
  /** Code of a commune. */
  area: string | null
  /** Only those that were given to the reader. */
  mine: boolean
}

export const NO_FILTER: AlertsSearch = {
  tab: 'alerts',
  state: 'active',
  severity: null,
  rule: null,
  area: null,
  mine: false,
}

const STATES: Record<ShownState, AlertState[]> = {
  active: ['open', 'acknowledged'],
  open: ['open'],
  acknowledged: ['acknowledged'],
  ended: ['resolved', 'withdrawn'],
  all: [],
}

/** The query of `/v1/alerts`. */
export function alertsQuery({ state, severity, rule, area, mine }: AlertsSearch, username: string | null) {
  return {
    state: STATES[state],
    severity: severity ?? undefined,
    rule: rule ?? undefined,
    area: area ?? undefined,
    assignee: (mine && username) || undefined,
    limit: 200,
  }
}

/** How many of each severity, in their order. */
export function countSeverities(alerts: readonly Alert[]): [Severity, number][] {
  return SEVERITIES.map((severity) => [severity, alerts.filter((one) => one.severity === severity).length])
}
