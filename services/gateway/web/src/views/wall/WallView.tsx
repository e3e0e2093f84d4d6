import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useRef } from 'react'

import { useI18n } from '../../i18n/I18n'
import { TIME_ZONE } from '../../i18n/format'
import { OutageNotice } from '../../outage/OutageNotice'
import { Brand } from '../../shell/Brand'
import { Icon, type IconName } from '../../shell/Icon'
import { LiveStatus } from '../../shell/LiveStatus'
import { useNow } from '../../view/useNow'
import { useTitle } from '../../view/useTitle'
import { DEFAULT_SECONDS, pagesOf } from './search'
import { useRotation } from './useRotation'
import { useWakeLock } from './useWakeLock'
import { WallAlerts } from './WallAlerts'
import { WallEnvironment } from './WallEnvironment'
import { WallOverview } from './WallOverview'
import { WallServices } from './WallServices'

const route = getRouteApi('/wall')
const AGES_MS = 5_000

/** For a screen on the wall: large figures, one page after the other, without a hand on it. */
export function WallView() {
  const { t } = useI18n()
  const search = route.useSearch()
  const navigate = useNavigate()
  const pages = pagesOf(search.pages)
  const seconds = Number(search.every ?? DEFAULT_SECONDS)
  const { at, running, step, toggle } = useRotation(pages.length, seconds)
  const page = pages[at] ?? 'overview'
  const root = useRef<HTMLDivElement>(null)
  const now = useNow(AGES_MS)
  useTitle(t('nav.wall'))
  useWakeLock()

  const fullScreen = useCallback(() => {
    const done = document.fullscreenElement ? document.exitFullscreen() : root.current?.requestFullscreen()
    done?.catch((error: unknown) => console.warn('No full screen', error))
  }, [])
  const leave = useCallback(() => void navigate({ to: '/' }), [navigate])

  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      const onButton = (event.target as HTMLElement).closest('button, a') !== null
      if (event.key === 'ArrowRight') step(1)
      else if (event.key === 'ArrowLeft') step(-1)
      else if (event.key === ' ' && !onButton) toggle()
      else if (event.key === 'f') fullScreen()
      else if (event.key === 'Escape' && !document.fullscreenElement) leave()
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [step, toggle, fullScreen, leave])

  return (
    <div className="wall" ref={root} data-testid="wall" data-page={page}>
      <header className="wall-head">
        <Brand />
        <h1>{t(`wall.${page}`)}</h1>
        <LiveStatus />
        <Clock />
      </header>
      <OutageNotice />
      <main className="wall-page" key={page}>
        {page === 'overview' && <WallOverview shade={search.shade ?? null} now={now} />}
        {page === 'services' && <WallServices now={now} />}
        {page === 'environment' && <WallEnvironment now={now} />}
        {page === 'alerts' && <WallAlerts now={now} />}
      </main>
      <footer className="wall-foot">
        <p className="visually-hidden" role="status">
          {t('wallPage', { n: at + 1, total: pages.length, name: t(`wall.${page}`) })}
        </p>
        <WallButton icon="back" text={t('wallBack')} onPress={() => step(-1)} />
        <WallButton
          icon={running ? 'pause' : 'play'}
          text={t(running ? 'wallPause' : 'wallPlay')}
          onPress={toggle}
        />
        <WallButton icon="next" text={t('wallNext')} onPress={() => step(1)} />
        <ol className="wall-dots" aria-hidden="true">
          {pages.map((one, index) => (
            <li key={one} data-now={index === at}>
              {index === at && running && pages.length > 1 && (
                <span style={{ animationDuration: `${seconds}s` }} />
              )}
            </li>
          ))}
        </ol>
        {!running && <span className="mark mark-warn">{t('wallPaused')}</span>}
        <span className="wall-keys">{t('wallKeys')}</span>
        <WallButton icon="wall" text={t('wallFull')} onPress={fullScreen} />
        <button type="button" className="bar-button" onClick={leave}>
          {t('wallLeave')}
        </button>
      </footer>
    </div>
  )
}

function WallButton({ icon, text, onPress }: { icon: IconName; text: string; onPress: () => void }) {
  return (
    <button type="button" className="bar-button bar-icon" aria-label={text} title={text} onClick={onPress}>
      <Icon name={icon} size={18} />
    </button>
  )
}

function Clock() {
  const { language } = useI18n()
  const now = useNow(1_000)
  const locale = language === 'vi' ? 'vi-VN' : 'en-GB'
  const text = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone: TIME_ZONE, ...options }).format(now)
  return (
    <p className="wall-clock">
      <time>
        <b>{text({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })}</b>
        <span>{text({ weekday: 'long', day: '2-digit', month: '2-digit', year: 'numeric' })}</span>
      </time>
    </p>
  )
}
