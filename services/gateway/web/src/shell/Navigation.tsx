import { Link } from '@tanstack/react-router'
import { useState } from 'react'

import { useActiveAlerts } from '../api/alertQueries'
import { useI18n } from '../i18n/I18n'
import { Dialog } from './Dialog'
import { Icon } from './Icon'
import { LanguageSwitch } from './LanguageSwitch'
import { useEntries, type Entry } from './navigation'
import { SignInLine } from './SignInLine'
import { ThemeButton } from './ThemeButton'

/** Links of the views in the header. */
export function TopNavigation() {
  const { t } = useI18n()
  const entries = useEntries()
  return (
    <nav className="nav-top" aria-label={t('views')}>
      {entries.map((entry) => (
        <EntryLink key={entry.path} entry={entry} />
      ))}
    </nav>
  )
}

/** On a phone: the most used views under the thumb, the others behind "more". */
export function BottomNavigation({ onSearch }: { onSearch: () => void }) {
  const { t } = useI18n()
  const entries = useEntries()
  const [open, setOpen] = useState(false)
  const close = () => setOpen(false)
  return (
    <nav className="nav-bottom" aria-label={t('views')}>
      {entries
        .filter((entry) => entry.atBottom)
        .map((entry) => (
          <EntryLink key={entry.path} entry={entry} icon />
        ))}
      <button type="button" aria-expanded={open} onClick={() => setOpen(true)}>
        <Icon name="menu" />
        {t('nav.more')}
      </button>
      {open && (
        <Dialog className="drawer drawer-menu" title={t('nav.more')} onClose={close}>
          <div className="menu-body">
            <button
              type="button"
              className="menu-link"
              onClick={() => {
                close()
                onSearch()
              }}
            >
              <Icon name="search" />
              {t('searchEverything')}
            </button>
            {entries.map((entry) => (
              <EntryLink key={entry.path} entry={entry} icon className="menu-link" onFollow={close} />
            ))}
            <WallLink className="menu-link" onFollow={close} />
            <GuideLink className="menu-link" onFollow={close} />
            <div className="menu-line">
              <span>{t('language')}</span>
              <LanguageSwitch />
            </div>
            <div className="menu-line">
              <span>{t('theme')}</span>
              <ThemeButton />
            </div>
            <SignInLine onFollow={close} />
          </div>
        </Dialog>
      )}
    </nav>
  )
}

export function WallLink({ className, onFollow }: { className: string; onFollow?: () => void }) {
  const { t } = useI18n()
  return (
    <Link to={'/wall' as '/'} className={className} onClick={onFollow}>
      <Icon name="wall" />
      {t('nav.wall')}
    </Link>
  )
}

/** The guide is a page of its own, in the reader's language. */
export function GuideLink({ className, onFollow }: { className: string; onFollow?: () => void }) {
  const { t, language } = useI18n()
  return (
    <a
      href={`/guide/${language}.html`}
      target="_blank"
      rel="noreferrer"
      className={className}
      onClick={onFollow}
    >
      <Icon name="help" />
      {t('nav.guide')}
    </a>
  )
}

interface EntryProps {
  entry: Entry
  icon?: boolean
  className?: string
  onFollow?: () => void
}

function EntryLink({ entry: { path, text, icon: iconName }, icon = false, className, onFollow }: EntryProps) {
  const { t } = useI18n()
  return (
    <Link
      to={path as '/'}
      activeOptions={{ exact: path === '/', includeSearch: false }}
      onClick={onFollow}
      {...(className ? { className } : {})}
    >
      {icon && <Icon name={iconName} />}
      <span>{t(text)}</span>
      {path === '/alerts' && <WaitingCount />}
    </Link>
  )
}

/** How many alerts nobody has taken on. */
function WaitingCount() {
  const { t, format } = useI18n()
  const { data } = useActiveAlerts()
  const waiting = data?.filter((alert) => alert.state === 'open').length ?? 0
  if (waiting === 0) return null
  return (
    <span className="nav-count" title={t('alertsOpen', { n: format.count(waiting) })}>
      {format.count(waiting)}
      <span className="visually-hidden"> {t('alertsOpen', { n: format.count(waiting) })}</span>
    </span>
  )
}
