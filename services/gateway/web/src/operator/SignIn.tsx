import { useId, useState, type FormEvent } from 'react'

import { address, ApiError } from '../api/client'
import { useI18n } from '../i18n/I18n'
import { Dialog } from '../shell/Dialog'
import { useSession } from './session'

/** Asks for an operator's name and password, then for a code where one is set up; closes itself once they are good. */
export function SignIn({ onClose }: { onClose: () => void }) {
  const { t } = useI18n()
  const { signIn, offered } = useSession()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [codeAsked, setCodeAsked] = useState(false)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string | null>(null)
  const id = useId()

  async function submit(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    setFault(null)
    try {
      await signIn(name.trim(), password, codeAsked ? code.replace(/\s/g, '') : undefined)
      onClose()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setBusy(false)
      if (error.code === 'totp-required') setCodeAsked(true)
      else setFault(faultText(error))
    }
  }

  function faultText(error: ApiError): string {
    if (error.code === 'wrong-code') return t('codeWrong')
    if (error.status === 401) return t('signInWrong')
    if (error.status === 429)
      return error.retryAfter === null ? t('signInWait') : t('signInWaitSeconds', { n: error.retryAfter })
    if (error.status === 0) return t('errorNetwork')
    return error.detail ?? t('errorOther', { status: error.status })
  }

  const returnTo = window.location.pathname + window.location.search
  return (
    <Dialog className="dialog-small" title={t('signIn')} onClose={onClose}>
      <form className="sign-in" onSubmit={(event) => void submit(event)}>
        {codeAsked ? (
          <>
            <p className="hint">{t('codeHint', { name: name.trim() })}</p>
            <label htmlFor={`${id}-code`}>{t('code')}</label>
            <input
              id={`${id}-code`}
              className="field field-code"
              name="code"
              inputMode="numeric"
              autoComplete="one-time-code"
              pattern="[0-9 ]{6,9}"
              required
              autoFocus
              value={code}
              onChange={(event) => setCode(event.target.value)}
            />
          </>
        ) : (
          <>
            <p className="hint">{t('signInHint')}</p>
            {offered.openIdConnect && (
              <>
                <a
                  className="button button-wide"
                  href={address(offered.openIdConnect.start, { returnTo })}
                  data-first
                >
                  {t('signInWith', { name: offered.openIdConnect.name })}
                </a>
                <p className="or" aria-hidden="true">
                  {t('or')}
                </p>
              </>
            )}
            <label htmlFor={`${id}-name`}>{t('operatorName')}</label>
            <input
              id={`${id}-name`}
              className="field"
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              {...(offered.openIdConnect ? {} : { 'data-first': true })}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
            <label htmlFor={`${id}-password`}>{t('password')}</label>
            <input
              id={`${id}-password`}
              className="field"
              type="password"
              name="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </>
        )}
        {fault && (
          <p className="fault" role="alert">
            {fault}
          </p>
        )}
        <div className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>
            {t('cancel')}
          </button>
          <button type="submit" className="button button-main" disabled={busy}>
            {t(busy ? 'signingIn' : 'signIn')}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
