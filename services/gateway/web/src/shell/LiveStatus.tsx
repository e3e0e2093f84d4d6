import { useSyncExternalStore } from 'react'

import { currentAnswers, subscribeAnswers } from '../api/answers'
import { useI18n } from '../i18n/I18n'
import { liveMode, subscribeLiveMode } from '../live/pace'
import { holdsBack } from '../outage/outages'
import { useOutages } from '../outage/useOutages'
import { useNow } from '../view/useNow'
import { liveState, type LiveState } from './liveState'

const CLOCK_MS = 1_000

interface Live {
  state: LiveState
  /** Time (ms) of the last answer; 0 before the first. */
  answeredAt: number
}

/** Whether what the page shows is of now. */
function useLiveState(): Live {
  const now = useNow(CLOCK_MS)
  const mode = useSyncExternalStore(subscribeLiveMode, liveMode)
  const { answeredAt, failing } = useSyncExternalStore(subscribeAnswers, currentAnswers)
  const held = useOutages().find(holdsBack)
  // The gateway answers, with what it remembers.
  if (held?.kind === 'database') return { state: 'stale', answeredAt: held.since ?? answeredAt }
  const streaming = mode === 'streaming' && !failing
  return { state: streaming ? 'live' : liveState(answeredAt, failing, now), answeredAt }
}

export function LiveStatus() {
  const { t, format } = useI18n()
  const { state, answeredAt } = useLiveState()
  const mode = useSyncExternalStore(subscribeLiveMode, liveMode)
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
