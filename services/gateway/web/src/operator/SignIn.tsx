import { useId, useState, type FormEvent } from 'react'

import { ApiError } from '../api/client'
import { useI18n } from '../i18n/I18n'
import { Dialog } from '../shell/Dialog'
import { useSession } from './session'

/** Asks for an operator's name and password; closes itself once they are found good. */
export function SignIn({ onClose }: { onClose: () => void }) {
  const { t } = useI18n()
  const { signIn } = useSession()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string | null>(null)
  const id = useId()

  async function submit(event: FormEvent) {
    event.preventDefault()
    setBusy(true)
    setFault(null)
    try {
      await signIn(name.trim(), password)
      onClose()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setFault(faultText(error))
      setBusy(false)
    }
  }

  function faultText(error: ApiError): string {
    if (error.status === 401) return t('signInWrong')
    if (error.status === 429) return error.detail ?? t('signInWait')
    if (error.status === 0) return t('errorNetwork')
    return error.detail ?? t('errorOther', { status: error.status })
  }

  return (
    <Dialog className="dialog-small" title={t('signIn')} onClose={onClose}>
      <form className="sign-in" onSubmit={(event) => void submit(event)}>
        <p className="hint">{t('signInHint')}</p>
        <label htmlFor={`${id}-name`}>{t('operatorName')}</label>
        <input
          id={`${id}-name`}
          className="field"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          data-first
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
