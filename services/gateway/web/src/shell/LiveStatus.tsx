import { useEffect, useSyncExternalStore } from 'react'

import { useQuery } from '@tanstack/react-query'

import { currentAnswers, subscribeAnswers } from '../api/answers'
import { getJson } from '../api/client'
import { useI18n } from '../i18n/I18n'
import { liveMode, subscribeLiveMode } from '../live/pace'
import { useNow } from '../view/useNow'
import { liveState, type LiveState } from './liveState'

const HEARTBEAT_MS = 5_000
const CLOCK_MS = 1_000

export interface Live {
  state: LiveState
  /** Time (ms) of the last answer; 0 before the first. */
  answeredAt: number
}

/** Whether what the page shows is of now. */
export function useLiveState(): Live {
  const now = useNow(CLOCK_MS)
  const mode = useSyncExternalStore(subscribeLiveMode, liveMode)
  const { answeredAt, failing } = useSyncExternalStore(subscribeAnswers, currentAnswers)
  const streaming = mode === 'streaming' && !failing
  return { state: streaming ? 'live' : liveState(answeredAt, failing, now), answeredAt }
}

export function LiveStatus() {
  const { t, format } = useI18n()
  const { state, answeredAt } = useLiveState()
  const mode = useSyncExternalStore(subscribeLiveMode, liveMode)
  useHeartbeat(mode !== 'streaming')
  return (
    <p
      className="live"
      role="status"
      data-testid="live-state"
      data-state={state}
      data-mode={mode}
      title={state === 'live' ? t(mode === 'streaming' ? 'liveStreaming' : 'livePolling') : undefined}
    >
      <span className="live-dot" aria-hidden="true" />
      <span className="live-text">
        {state === 'connecting' && t('liveConnecting')}
        {state === 'live' && t('liveOn')}
        {state === 'stale' && t('liveStale', { time: format.clock(answeredAt) })}
        {state === 'offline' &&
          (answeredAt === 0 ? t('liveOfflineNever') : t('liveOffline', { time: format.clock(answeredAt) }))}
      </span>
    </p>
  )
}

/** Without a live connection something has to ask now and then, also on a view that shows nothing live. */
function useHeartbeat(needed: boolean) {
  const { refetch } = useQuery({
    queryKey: ['heartbeat'],
    queryFn: async ({ signal }) => {
      await getJson('/v1/session', { signal })
      return true
    },
    enabled: false,
    retry: false,
  })
  useEffect(() => {
    if (!needed) return undefined
    const timer = window.setInterval(() => {
      if (Date.now() - currentAnswers().answeredAt >= HEARTBEAT_MS) void refetch()
    }, HEARTBEAT_MS)
    return () => window.clearInterval(timer)
  }, [needed, refetch])
}
