import { useId, useLayoutEffect, useRef, type ReactNode } from 'react'

import { useI18n } from '../i18n/I18n'

interface Props {
  title: string
  /** Beside the title: whose it is, which period. */
  subtitle?: ReactNode
  className: string
  onClose: () => void
  children: ReactNode
}

/**
 * A modal dialog, as a drawer or in the middle. The browser keeps the focus inside, closes it on Escape and gives the
 * focus back to where it was.
 */
export function Dialog({ title, subtitle, className, onClose, children }: Props) {
  const { t } = useI18n()
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()

  useLayoutEffect(() => {
    const element = dialog.current
    if (element && !element.open) {
      element.showModal()
      element.querySelector<HTMLElement>('[data-first]')?.focus()
    }
    return () => element?.close()
  }, [])

  return (
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        // React decides whether it is there: it goes away when the page no longer draws it.
        event.preventDefault()
        onClose()
      }}
      onMouseDown={(event) => {
        if (event.target === dialog.current) onClose()
      }}
    >
      <div className="dialog-box">
        <header className="dialog-head">
          <div className="dialog-titles">
            <h2 id={titleId}>{title}</h2>
            {subtitle}
          </div>
          <button
            type="button"
            className="icon-button"
            aria-label={t('close')}
            title={t('close')}
            onClick={onClose}
          >
            <span aria-hidden="true">×</span>
          </button>
        </header>
        {children}
      </div>
    </dialog>
  )
}
