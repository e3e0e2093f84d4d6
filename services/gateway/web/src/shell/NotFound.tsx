import { Link } from '@tanstack/react-router'

import { useI18n } from '../i18n/I18n'
import { StateMessage } from './StateMessage'

export function NotFound() {
  const { t } = useI18n()
  return (
    <main className="view view-empty" id="main" tabIndex={-1}>
      <StateMessage title={t('noSuchView')} hint={t('noSuchViewHint')}>
        <Link to="/" className="button">
          {t('nav.overview')}
        </Link>
      </StateMessage>
    </main>
  )
}
