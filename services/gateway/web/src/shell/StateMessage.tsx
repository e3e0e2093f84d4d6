import type { ReactNode } from 'react'

import { ApiError } from '../api/client'
import { useI18n } from '../i18n/I18n'

/** What stands in a panel instead of its content: nothing there, or not there yet. */
export function StateMessage({
  title,
  hint,
  children,
}: {
  title: string
  hint?: string
  children?: ReactNode
}) {
  return (
    <div className="state-message">
      <p className="state-title">{title}</p>
      {hint && <p className="state-hint">{hint}</p>}
      {children}
    </div>
  )
}

export function Loading() {
  const { t } = useI18n()
  return (
    <div className="state-message" role="status">
      <span className="loading-bar" aria-hidden="true" />
      <p className="state-hint">{t('loading')}</p>
    </div>
  )
}

export function ErrorMessage({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useI18n()
  const status = error instanceof ApiError ? error.status : 0
  const detail = error instanceof ApiError ? error.detail : null
  const [title, hint] =
    status === 0
      ? [t('errorNetwork'), t('errorNetworkHint')]
      : status === 401
        ? [t('errorAuth'), t('errorAuthHint')]
        : status === 403
          ? [t('errorForbidden'), detail]
          : status === 404
            ? [t('errorNotFound'), detail]
            : status === 429 || status === 503
              ? [t('errorBusy'), detail ?? t('errorNetworkHint')]
              : [t('errorOther', { status }), detail]
  return (
    <div role="alert" className="state-alert">
      <StateMessage title={title} {...(hint ? { hint } : {})}>
        <button type="button" className="button" onClick={onRetry}>
          {t('retry')}
        </button>
      </StateMessage>
    </div>
  )
}
