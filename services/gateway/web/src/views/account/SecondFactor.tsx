import { useState } from 'react'

import { deleteJson, postJson, putJson } from '../../api/client'
import { useChange } from '../../api/useChange'
import { useI18n } from '../../i18n/I18n'
import { useSession, type Operator } from '../../operator/session'
import { Field } from '../admin/Field'
import { CopyButton } from '../parts/CopyButton'
import { Fault } from '../parts/Fault'
import { QrCode } from './QrCode'

const URL = '/v1/session/totp'

interface Offered {
  secret: string
  /** otpauth:// address for the QR code. */
  uri: string
}

/** Codes of an authenticator app besides the password: setting them up, and ending them. */
export function SecondFactor({ operator }: { operator: Operator }) {
  return operator.totp ? <TurnOff /> : <SetUp />
}

function SetUp() {
  const { t } = useI18n()
  const { refresh } = useSession()
  const [code, setCode] = useState('')
  const offer = useChange([], () => postJson<Offered>(URL, {}))
  const confirm = useChange([], () => putJson(URL, { code: digits(code) }), refresh)
  if (!offer.data)
    return (
      <div className="form pad">
        <p>{t('acc.totpOff')}</p>
        <Fault error={offer.error} />
        <div className="dialog-foot">
          <button
            type="button"
            className="button button-main"
            disabled={offer.isPending}
            onClick={() => offer.mutate()}
          >
            {t(offer.isPending ? 'sending' : 'acc.setUp')}
          </button>
        </div>
      </div>
    )
  return (
    <form
      className="form pad"
      onSubmit={(event) => {
        event.preventDefault()
        confirm.mutate()
      }}
    >
      <ol className="steps">
        <li>{t('acc.scan')}</li>
        <li>{t('acc.typeCode')}</li>
      </ol>
      <div className="totp">
        <QrCode text={offer.data.uri} label={t('acc.qr')} />
        <div>
          <p className="hint">{t('acc.orType')}</p>
          <p className="secret">{offer.data.secret.replace(/(.{4})/g, '$1 ').trim()}</p>
          <CopyButton text={offer.data.secret} />
        </div>
      </div>
      <CodeField value={code} onChange={setCode} />
      <Fault error={confirm.error} />
      <div className="dialog-foot">
        <button type="button" className="button" onClick={() => offer.reset()}>
          {t('cancel')}
        </button>
        <button type="submit" className="button button-main" disabled={confirm.isPending}>
          {t(confirm.isPending ? 'sending' : 'acc.confirm')}
        </button>
      </div>
    </form>
  )
}

function TurnOff() {
  const { t } = useI18n()
  const { refresh } = useSession()
  const [asked, setAsked] = useState(false)
  const [code, setCode] = useState('')
  const end = useChange([], () => deleteJson(URL, { code: digits(code) }), refresh)
  return (
    <form
      className="form pad"
      onSubmit={(event) => {
        event.preventDefault()
        end.mutate()
      }}
    >
      <p className="good">✓ {t('acc.totpOn')}</p>
      {asked && <CodeField value={code} onChange={setCode} />}
      <Fault error={end.error} />
      <div className="dialog-foot">
        {asked ? (
          <button type="submit" className="button button-grave" disabled={end.isPending}>
            {t(end.isPending ? 'sending' : 'acc.turnOff')}
          </button>
        ) : (
          <button type="button" className="button" onClick={() => setAsked(true)}>
            {t('acc.turnOff')}
          </button>
        )}
      </div>
    </form>
  )
}

function CodeField({ value, onChange }: { value: string; onChange: (code: string) => void }) {
  const { t } = useI18n()
  return (
    <Field
      label={t('acc.code')}
      inputMode="numeric"
      autoComplete="one-time-code"
      pattern="[0-9 ]{6,8}"
      required
      value={value}
      onChange={onChange}
    />
  )
}

function digits(code: string): string {
  return code.replace(/\D/g, '')
}
