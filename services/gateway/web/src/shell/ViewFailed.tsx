import type { ErrorComponentProps } from '@tanstack/react-router'
import { useEffect } from 'react'

import { useI18n } from '../i18n/I18n'
import { StateMessage } from './StateMessage'

/** A view that cannot be drawn or fetched: the header stays, and the reader can try again or go elsewhere. */
export function ViewFailed({ error }: ErrorComponentProps) {
  const { t } = useI18n()
  useEffect(() => console.error('A view failed', error), [error])
  return (
    <div role="alert" className="state-alert">
      <StateMessage title={t('viewFailed')} hint={t('viewFailedHint')}>
        <button type="button" className="button" onClick={() => window.location.reload()}>
          {t('reload')}
        </button>
      </StateMessage>
    </div>
  )
}
