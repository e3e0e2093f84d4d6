import { queryOptions, useQuery } from '@tanstack/react-query'
import { useMemo, useSyncExternalStore } from 'react'

import { currentAnswers, subscribeAnswers, type Answers } from '../api/answers'
import { getJson } from '../api/client'
import { useNow } from '../view/useNow'
import { outagesOf, type Outage } from './outages'
import type { PlatformStatus, ReadOnlyState } from './types'

export const STATUS_KEY = ['status'] as const
const STATUS = queryOptions({
  queryKey: STATUS_KEY,
  queryFn: ({ signal }) => getJson<PlatformStatus>('/v1/status', { signal }),
})
const CALM_MS = 10_000
/** While something is wrong. */
const WATCHFUL_MS = 4_000
const LONGEST_MS = 15_000
const CLOCK_MS = 1_000

/**
 * What is wrong with the platform now, the worst first.
 *
 * @param asks true in one place of the page: it asks, and is the page's heartbeat; the others look at what it learns
 */
export function useOutages({ asks = false }: { asks?: boolean } = {}): Outage[] {
  const now = useNow(CLOCK_MS)
  const answers = useSyncExternalStore(subscribeAnswers, currentAnswers)
  const online = useSyncExternalStore(subscribeOnline, isOnline)
  const { data } = useQuery({
    ...STATUS,
    enabled: asks,
    retry: false,
    staleTime: 0,
    refetchIntervalInBackground: true,
    refetchInterval: ({ state }) => pauseAfter(state.data, currentAnswers(), Date.now()),
  })
  const second = Math.floor(now / CLOCK_MS)
  return useMemo(() => outagesOf(data, answers, online, second * CLOCK_MS), [data, answers, online, second])
}

/** Why nothing may be changed now, as far as the page has been told; null: it may. */
export function useReadOnly(): ReadOnlyState | null {
  const { data } = useQuery({ ...STATUS, enabled: false })
  return data?.readOnly ?? null
}

/** How long (ms) to wait before the next question: the longer nothing is answered, the longer. */
export function pauseAfter(status: PlatformStatus | undefined, answers: Answers, now: number): number {
  if (answers.failing) return Math.min(Math.max(WATCHFUL_MS, (now - answers.failingSince) / 4), LONGEST_MS)
  const isWell = status?.parts.every(({ state }) => state === 'ok') ?? false
  return isWell ? CALM_MS : WATCHFUL_MS
}

function isOnline(): boolean {
  return navigator.onLine
}

function subscribeOnline(onChange: () => void): () => void {
  window.addEventListener('online', onChange)
  window.addEventListener('offline', onChange)
  return () => {
    window.removeEventListener('online', onChange)
    window.removeEventListener('offline', onChange)
  }
}
