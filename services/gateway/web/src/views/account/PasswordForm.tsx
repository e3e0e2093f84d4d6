import { useState, type FormEvent } from 'react'

import { putJson } from '../../api/client'
import { useChange } from '../../api/useChange'
import { useI18n } from '../../i18n/I18n'
import { useSession } from '../../operator/session'
import { Field } from '../admin/Field'
import { Fault } from '../parts/Fault'

/** As the gateway asks for. */
export const SHORTEST_PASSWORD = 12
const EMPTY = { current: '', next: '', again: '' }

export function PasswordForm() {
  const { t } = useI18n()
  const { operator, refresh } = useSession()
  const [values, setValues] = useState(EMPTY)
  const [differ, setDiffer] = useState(false)
  const change = useChange(
    [],
    () => putJson('/v1/session/password', { current: values.current, new: values.next }),
    async () => {
      setValues(EMPTY)
      // The session gets a new token with the new password.
      await refresh()
    },
  )
  const set = (part: Partial<typeof values>) => setValues((known) => ({ ...known, ...part }))

  function submit(event: FormEvent) {
    event.preventDefault()
    change.reset()
    const wrong = values.next !== values.again
    setDiffer(wrong)
    if (!wrong) change.mutate()
  }

  return (
    <form className="form pad" onSubmit={submit}>
      <input
        type="hidden"
        name="username"
        autoComplete="username"
        value={operator?.username ?? ''}
        readOnly
      />
      <Field
        label={t('acc.current')}
        type="password"
        autoComplete="current-password"
        required
        value={values.current}
        onChange={(current) => set({ current })}
      />
      <Field
        label={t('acc.new')}
        hint={t('acc.newHint', { n: SHORTEST_PASSWORD })}
        type="password"
        autoComplete="new-password"
        required
        minLength={SHORTEST_PASSWORD}
        value={values.next}
        onChange={(next) => set({ next })}
      />
      <Field
        label={t('acc.again')}
        type="password"
        autoComplete="new-password"
        required
        value={values.again}
        onChange={(again) => set({ again })}
      />
      {differ && (
        <p className="fault" role="alert">
          {t('acc.differ')}
        </p>
      )}
      <Fault error={change.error} />
      {change.isSuccess && (
        <p className="good" role="status">
          ✓ {t('acc.changed')}
        </p>
      )}
      <div className="dialog-foot">
        <button type="submit" className="button button-main" disabled={change.isPending}>
          {t(change.isPending ? 'sending' : 'acc.change')}
        </button>
      </div>
    </form>
  )
}
