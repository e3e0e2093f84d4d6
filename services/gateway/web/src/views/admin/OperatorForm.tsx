import { useId, useState } from 'react'

import { patchJson, postJson } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import type { Role } from '../../operator/session'
import { useAgencyNames } from '../parts/useAgencyNames'
import { useAreaNames } from '../parts/useAreaNames'
import { Field } from './Field'
import { FormDialog } from './FormDialog'
import type { OperatorAccount } from './types'
import { useChange } from '../../api/useChange'

const ROLES: readonly Role[] = ['integrator', 'viewer', 'operator', 'admin']
const URL = '/v1/admin/operators'

interface Props {
  /** Null makes a new one. */
  account: OperatorAccount | null
  onDone: (account: OperatorAccount) => void
  onClose: () => void
}

/** Name, role and scope. The password of a new account is made up and shown once: nobody invents one for another. */
export function OperatorForm({ account, onDone, onClose }: Props) {
  const { t, language } = useI18n()
  const areaNames = useAreaNames()
  const agencyNames = useAgencyNames()
  const id = useId()
  const [values, setValues] = useState({
    username: account?.username ?? '',
    displayName: account?.displayName ?? '',
    role: account?.role ?? 'operator',
    areaCodes: account?.areaCodes ?? [],
    agencies: account?.agencies.join(', ') ?? '',
  })
  const set = (change: Partial<typeof values>) => setValues((known) => ({ ...known, ...change }))
  const save = useChange(
    [['admin', 'operators']],
    () => {
      const { username, agencies, ...rest } = values
      const body = { ...rest, agencies: codesIn(agencies) }
      return account
        ? patchJson<OperatorAccount>(`${URL}/${username}`, body, { ifMatch: `"${account.version}"` })
        : postJson<OperatorAccount>(URL, { ...body, username, generatePassword: true })
    },
    onDone,
  )
  const named = codesIn(values.agencies).flatMap((code) => agencyNames.get(code) ?? [])
  const areas = [...areaNames].sort((a, b) => a[1].localeCompare(b[1], language))
  return (
    <FormDialog
      title={account ? account.username : t('admin.newOperator')}
      action={t(account ? 'admin.save' : 'admin.create')}
      pending={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      {!account && (
        <Field
          label={t('operatorName')}
          hint={t('admin.usernameHint')}
          required
          pattern="[a-z0-9][a-z0-9._@\-]{0,62}"
          autoCapitalize="none"
          spellCheck={false}
          data-first
          value={values.username}
          onChange={(username) => set({ username })}
        />
      )}
      <Field
        label={t('admin.displayName')}
        maxLength={200}
        value={values.displayName}
        onChange={(displayName) => set({ displayName })}
      />
      <fieldset className="checks">
        <legend>{t('admin.role')}</legend>
        {ROLES.map((role) => (
          <label key={role} className="check">
            <input
              type="radio"
              name={`${id}-role`}
              checked={values.role === role}
              onChange={() => set({ role })}
            />
            <span>
              {t(`role.${role}`)}
              <span className="hint block">{t(`admin.roleHint.${role}`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label htmlFor={`${id}-areas`}>{t('admin.areas')}</label>
      <select
        id={`${id}-areas`}
        className="field field-tall"
        multiple
        size={5}
        value={values.areaCodes}
        onChange={(event) =>
          set({ areaCodes: [...event.target.selectedOptions].map((option) => option.value) })
        }
      >
        {areas.map(([code, name]) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
      <p className="hint">{t('admin.areasHint', { n: values.areaCodes.length })}</p>
      <Field
        label={t('admin.agencies')}
        hint={named.join(', ') || t('admin.agenciesHint')}
        list={`${id}-agencies`}
        value={values.agencies}
        onChange={(agencies) => set({ agencies })}
      />
      <datalist id={`${id}-agencies`}>
        {[...agencyNames].map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </datalist>
      {!account && <p className="hint">{t('admin.passwordHint')}</p>}
    </FormDialog>
  )
}

function codesIn(text: string): string[] {
  return text
    .split(/[\n,]+/)
    .map((one) => one.trim())
    .filter(Boolean)
}
