import { Outlet, useLocation } from '@tanstack/react-router'
import { Suspense, useEffect, useRef, useState } from 'react'

import { useI18n } from '../i18n/I18n'
import { OutageNotice } from '../outage/OutageNotice'
import { useOverlays } from '../view/overlays'
import { AlertNotifier } from '../views/alerts/AlertNotifier'
import { CommandSearch } from './CommandSearch'
import { Header } from './Header'
import { BottomNavigation } from './Navigation'
import { Loading } from './StateMessage'

/** Header, navigation, and the view between them. */
export function Shell() {
  const { t } = useI18n()
  const [searching, setSearching] = useState(false)
  useSearchKeys(() => setSearching(true))
  const main = useFocusOnArrival()
  const { openAlert } = useOverlays()

  return (
    <div className="shell">
      <a className="skip" href="#main" onClick={() => main.current?.focus()}>
        {t('skipToMain')}
      </a>
      <Header onSearch={() => setSearching(true)} />
      <OutageNotice />
      <main className="view" id="main" ref={main} tabIndex={-1}>
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
      <BottomNavigation onSearch={() => setSearching(true)} />
      <AlertNotifier onAlert={openAlert} />
      {searching && <CommandSearch onClose={() => setSearching(false)} />}
    </div>
  )
}

/** After going to another view the focus is at its beginning, as after loading a page. */
function useFocusOnArrival() {
  const main = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  const before = useRef(pathname)
  useEffect(() => {
    if (before.current === pathname) return
    before.current = pathname
    main.current?.focus({ preventScroll: true })
  }, [pathname])
  return main
}

/** "/" or Ctrl+K opens the search, unless somebody is writing. */
function useSearchKeys(open: () => void) {
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      const writing = (event.target as HTMLElement).closest(
        'input, textarea, select, dialog, [contenteditable]',
      )
      const wanted =
        (event.key === 'k' && (event.ctrlKey || event.metaKey)) ||
        (event.key === '/' && !writing && !event.ctrlKey && !event.metaKey && !event.altKey)
      if (!wanted) return
      event.preventDefault()
      open()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [open])
}
