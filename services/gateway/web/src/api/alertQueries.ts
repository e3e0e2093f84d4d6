import { useQuery, type UseQueryResult } from '@tanstack/react-query'

import { address, getJson, getPages, postJson } from './client'
import type { Alert, AlertDetail } from './alertTypes'
import { paced } from '../live/pace'
import type { Page } from './types'
import { useChange } from './useChange'

export const ALERTS_POLL_MS = 5_000

/** Alerts that need somebody: open and acknowledged ones. */
export function useActiveAlerts(): UseQueryResult<Alert[]> {
  return useQuery({
    queryKey: ['alerts', 'active'],
    queryFn: async ({ signal }) =>
      (
        await getPages<Page<Alert>>(
          address('/v1/alerts', { state: ['open', 'acknowledged'], limit: 1_000 }),
          { signal },
        )
      ).items,
    refetchInterval: () => paced(ALERTS_POLL_MS),
  })
}

export function alertAddress(id: number): string {
  return `/v1/alerts/${id}`
}

/** One alert with its history, ended or not. */
export function useAlert(id: number): UseQueryResult<AlertDetail> {
  return useQuery({
    queryKey: ['alert', id],
    queryFn: ({ signal }) => getJson<AlertDetail>(alertAddress(id), { signal }),
    refetchInterval: () => paced(ALERTS_POLL_MS),
  })
}

export type AlertAction = 'acknowledge' | 'comment' | 'resolve'

export interface AlertStep {
  action: AlertAction
  note: string
  /** The version that the operator has seen: 412 when somebody changed the alert since. */
  version: number
}

/** What is read again once something was done to an alert. */
export function alertKeys(id: number) {
  return [['alert', id], ['alerts']] as const
}

/** Does something to an alert. */
export function useAlertStep(id: number) {
  return useChange(alertKeys(id), ({ action, note, version }: AlertStep) =>
    postJson<AlertDetail>(`${alertAddress(id)}/${action}`, { note }, { ifMatch: `"${version}"` }),
  )
}
