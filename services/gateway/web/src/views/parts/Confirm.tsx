import { useId, useState, type ReactNode } from 'react'

import { useI18n } from '../../i18n/I18n'
import { Dialog } from '../../shell/Dialog'
import { Fault } from './Fault'

interface Props {
  title: string
  children: ReactNode
  /** What the button says: the deed itself, not "OK". */
  action: string
  /** The deed cannot be undone, or takes something away. */
  grave?: boolean
  /** What must be typed first, for what cannot be undone. */
  phrase?: string
  pending: boolean
  error: Error | null
  onConfirm: () => void
  onClose: () => void
}

/** Asks before something is done. It stays open until the server has answered, and says what the server said. */
export function Confirm({
  title,
  children,
  action,
  grave,
  phrase,
  pending,
  error,
  onConfirm,
  onClose,
}: Props) {
  const { t } = useI18n()
  const [typed, setTyped] = useState('')
  const id = useId()
  return (
    <Dialog className="dialog-small" title={title} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault()
          onConfirm()
        }}
      >
        <div className="form-text">{children}</div>
        {phrase !== undefined && (
          <>
            <label htmlFor={id}>{t('typeToConfirm', { phrase })}</label>
            <input
              id={id}
              className="field"
              autoComplete="off"
              spellCheck={false}
              data-first
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          </>
        )}
        <Fault error={error} />
        <div className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>
            {t('cancel')}
          </button>
          <button
            type="submit"
            className={grave ? 'button button-grave' : 'button button-main'}
            disabled={pending || (phrase !== undefined && typed.trim() !== phrase)}
          >
            {pending ? t('sending') : action}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
