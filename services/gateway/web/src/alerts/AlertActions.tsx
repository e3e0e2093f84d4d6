import { useId, useState } from 'react'

import { useAlertStep, type AlertAction } from '../api/alertQueries'
import type { AlertDetail } from '../api/alertTypes'
import { ApiError } from '../api/client'
import { useI18n } from '../i18n/I18n'

/** Acknowledge, comment, resolve: each with a note, on the version that the operator sees. */
export function AlertActions({ alert }: { alert: AlertDetail }) {
  const { t } = useI18n()
  const [note, setNote] = useState('')
  const [noteMissing, setNoteMissing] = useState(false)
  const step = useAlertStep(alert.id)
  const id = useId()

  function act(action: AlertAction) {
    const text = note.trim()
    const missing = action === 'comment' && text === ''
    setNoteMissing(missing)
    if (missing) return
    step.mutate({ action, note: text, version: alert.version }, { onSuccess: () => setNote('') })
  }

  return (
    <section className="drawer-section act" aria-label={t('act')}>
      <label htmlFor={`${id}-note`}>{t('note')}</label>
      <textarea
        id={`${id}-note`}
        className="field"
        rows={2}
        maxLength={4000}
        placeholder={t('notePlaceholder')}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      <div className="act-buttons">
        {alert.state === 'open' && (
          <button
            type="button"
            className="button button-main"
            disabled={step.isPending}
            onClick={() => act('acknowledge')}
          >
            {t('acknowledge')}
          </button>
        )}
        <button type="button" className="button" disabled={step.isPending} onClick={() => act('comment')}>
          {t('comment')}
        </button>
        <button
          type="button"
          className="button"
          title={t('resolveHint')}
          disabled={step.isPending}
          onClick={() => act('resolve')}
        >
          {t('resolve')}
        </button>
        {step.isPending && (
          <span className="hint" role="status">
            {t('sending')}
          </span>
        )}
      </div>
      {noteMissing && (
        <p className="fault" role="alert">
          {t('noteNeeded')}
        </p>
      )}
      {step.isError && !step.isPending && (
        <p className="fault" role="alert">
          {faultText(step.error)}
        </p>
      )}
    </section>
  )

  function faultText(error: Error): string {
    if (!(error instanceof ApiError)) return error.message
    if (error.status === 401) return t('signInWrong')
    if (error.status === 409 || error.status === 412) return t('alertChanged')
    if (error.status === 0) return t('alertFailed')
    return error.detail ?? t('errorOther', { status: error.status })
  }
}
