import { useEffect, useId, useRef, useState } from 'react'

import { useI18n } from '../i18n/I18n'
import { useSession } from '../operator/session'
import { SignIn } from '../operator/SignIn'
import { Icon } from './Icon'
import { GuideLink, WallLink } from './Navigation'
import { SignInLine } from './SignInLine'

/** Sign in, or the menu of who is signed in. */
export function AccountMenu() {
  const { t } = useI18n()
  const { operator, settled } = useSession()
  const [open, setOpen] = useState(false)
  const [asking, setAsking] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const id = useId()
  const close = () => setOpen(false)

  useEffect(() => {
    if (!open) return undefined
    function onDown(event: Event) {
      if (!box.current?.contains(event.target as Node)) setOpen(false)
    }
    function onKey(event: KeyboardEvent) {
      if (event.key !== 'Escape') return
      setOpen(false)
      box.current?.querySelector('button')?.focus()
    }
    document.addEventListener('pointerdown', onDown)
    document.addEventListener('keydown', onKey)
    return () => {
      document.removeEventListener('pointerdown', onDown)
      document.removeEventListener('keydown', onKey)
    }
  }, [open])

  return (
    <div className="account" ref={box}>
      {operator || !settled ? null : (
        <button type="button" className="bar-button account-sign-in" onClick={() => setAsking(true)}>
          {t('signIn')}
        </button>
      )}
      <button
        type="button"
        className="bar-button bar-icon account-button"
        aria-expanded={open}
        aria-controls={id}
        aria-label={
          operator ? t('accountOf', { name: operator.displayName || operator.username }) : t('menu')
        }
        onClick={() => setOpen(!open)}
      >
        {operator ? (
          <span className="account-initials" aria-hidden="true">
            {initials(operator.displayName || operator.username)}
          </span>
        ) : (
          <Icon name="menu" size={18} />
        )}
      </button>
      {open && (
        <div className="account-menu" id={id}>
          {operator && <SignInLine onFollow={close} />}
          <WallLink className="menu-link" onFollow={close} />
          <GuideLink className="menu-link" onFollow={close} />
        </div>
      )}
      {asking && <SignIn onClose={() => setAsking(false)} />}
    </div>
  )
}

/** Vietnamese names end in the given name: "Nguyễn Thị Mai" is M. */
function initials(name: string): string {
  return (name.trim().split(/\s+/).at(-1) ?? '').slice(0, 1).toUpperCase()
}
