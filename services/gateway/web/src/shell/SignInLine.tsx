import { Link, useRouter } from '@tanstack/react-router'
import { useState } from 'react'

import { useI18n } from '../i18n/I18n'
import { useSession } from '../operator/session'
import { SignIn } from '../operator/SignIn'
import { Icon } from './Icon'

/** Who is signed in and what they can do about it: lines of a menu. */
export function SignInLine({ onFollow }: { onFollow?: () => void }) {
  const { t } = useI18n()
  const { operator, signOut } = useSession()
  const { routesByPath } = useRouter()
  const [asking, setAsking] = useState(false)
  const [failed, setFailed] = useState(false)
  if (!operator)
    return (
      <>
        <button type="button" className="menu-link" onClick={() => setAsking(true)}>
          <Icon name="person" />
          {t('signIn')}
        </button>
        {asking && <SignIn onClose={() => setAsking(false)} />}
      </>
    )

  function leave() {
    setFailed(false)
    signOut().then(onFollow, () => setFailed(true))
  }

  return (
    <>
      <p className="menu-person">
        <b>{operator.displayName || operator.username}</b>
        <span className="hint">
          {operator.username} · {t(`role.${operator.role}`)}
        </span>
      </p>
      {'/account' in routesByPath && (
        <Link to={'/account' as '/'} className="menu-link" onClick={onFollow}>
          <Icon name="person" />
          {t('nav.account')}
        </Link>
      )}
      <button type="button" className="menu-link" onClick={leave}>
        <Icon name="back" />
        {t('signOut')}
      </button>
      {failed && (
        <p className="fault" role="alert">
          {t('signOutFailed')}
        </p>
      )}
    </>
  )
}
