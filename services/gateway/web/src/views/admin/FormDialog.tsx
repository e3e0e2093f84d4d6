import type { ReactNode } from 'react'

import { useI18n } from '../../i18n/I18n'
import { Dialog } from '../../shell/Dialog'
import { Fault } from '../parts/Fault'

interface Props {
  title: string
  action: string
  pending: boolean
  error: Error | null
  onSubmit: () => void
  onClose: () => void
  children: ReactNode
}

/** A form in the middle of the page; it stays open, with what was typed, until the server has taken it. */
export function FormDialog({ title, action, pending, error, onSubmit, onClose, children }: Props) {
  const { t } = useI18n()
  return (
    <Dialog className="dialog-small dialog-form" title={title} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault()
          onSubmit()
        }}
      >
        {children}
        <Fault error={error} />
        <div className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>
            {t('cancel')}
          </button>
          <button type="submit" className="button button-main" disabled={pending}>
            {pending ? t('sending') : action}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
