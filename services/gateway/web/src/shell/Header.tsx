import { useI18n } from '../i18n/I18n'
import { LANGUAGES, type Language } from '../i18n/messages'
import type { Freshness } from '../datastreams/freshness'
import { StateMark } from '../datastreams/StateMark'
import type { LiveState } from './liveState'

interface Props {
  counts: { things: number; datastreams: number; states: Record<Freshness, number> } | null
  sample: boolean
  live: LiveState
  answeredAt: number
  onLanguage: (language: Language) => void
}

const COUNT_TEXTS = { fresh: 'countFresh', stale: 'countStale', none: 'countNone' } as const

export function Header({ counts, sample, live, answeredAt, onLanguage }: Props) {
  const { t, format, language } = useI18n()
  return (
    <header className="header">
      <div className="brand">
        <svg className="brand-mark" viewBox="0 0 32 24" width="32" height="24" aria-hidden="true">
          <path className="brand-ridge" d="M1 23 12 4l6 9 4-5 9 15z" />
          <path className="brand-snow" d="m12 4 4 6-2.6 2.4-2.2-1.8-2.7 1.6z" />
        </svg>
        <h1 className="brand-name">Fansipan</h1>
        <p className="brand-place">
          {t('province')}
          <span className="brand-tagline"> · {t('tagline')}</span>
        </p>
      </div>
      {counts && (
        <ul className="counts">
          <li>{t('countThings', { n: format.count(counts.things) })}</li>
          <li>{t('countDatastreams', { n: format.count(counts.datastreams) })}</li>
          {(['fresh', 'stale', 'none'] as const)
            .filter((state) => counts.states[state] > 0)
            .map((state) => (
              <li key={state} className="count-state">
                <StateMark state={state} />
                {t(COUNT_TEXTS[state], { n: format.count(counts.states[state]) })}
              </li>
            ))}
        </ul>
      )}
      <div className="header-end">
        {sample && (
          <span className="badge badge-sample" title={t('sampleHint')}>
            {t('sample')}
          </span>
        )}
        <p className="live" role="status" data-testid="live-state" data-state={live}>
          <span className="live-dot" aria-hidden="true" />
          {live === 'connecting' && t('liveConnecting')}
          {live === 'live' && t('liveOn')}
          {live === 'stale' && t('liveStale', { time: format.clock(answeredAt) })}
          {live === 'offline' &&
            (answeredAt === 0 ? t('liveOfflineNever') : t('liveOffline', { time: format.clock(answeredAt) }))}
        </p>
        <div className="languages" role="group" aria-label={t('language')} data-testid="language-switch">
          {LANGUAGES.map((one) => (
            <button
              key={one}
              type="button"
              lang={one}
              aria-pressed={one === language}
              aria-label={one === 'vi' ? 'VI – Tiếng Việt' : 'EN – English'}
              data-language={one}
              onClick={() => onLanguage(one)}
            >
              {one.toUpperCase()}
            </button>
          ))}
        </div>
      </div>
    </header>
  )
}
