import { Outlet, useSearch } from '@tanstack/react-router'

import { I18nProvider } from '../i18n/I18n'
import { LiveConnection } from '../live/LiveConnection'
import { SessionProvider } from '../operator/session'
import { storedLanguage } from '../view/language'
import { Overlays } from './Overlays'

/** What every view stands on. */
export function Root() {
  const { lang } = useSearch({ from: '__root__' })
  return (
    <I18nProvider language={lang ?? storedLanguage()}>
      <SessionProvider>
        <LiveConnection>
          <Outlet />
          <Overlays />
        </LiveConnection>
      </SessionProvider>
    </I18nProvider>
  )
}
