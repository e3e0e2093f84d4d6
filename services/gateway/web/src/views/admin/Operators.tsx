import { useState } from 'react'

import { patchJson } from '../../api/client'
import { agoText } from '../../i18n/ago'
import { useI18n } from '../../i18n/I18n'
import { useSession } from '../../operator/session'
import { Confirm } from '../parts/Confirm'
import { usePages } from '../parts/pages'
import { PagedTable } from '../parts/Table'
import { useAgencyNames } from '../parts/useAgencyNames'
import { useAreaNames } from '../parts/useAreaNames'
import { useMinute } from '../parts/useMinute'
import { Panel } from '../parts/View'
import { AdminView } from './AdminView'
import { OperatorForm } from './OperatorForm'
import { Secret } from './Secret'
import type { OperatorAccount } from './types'
import { useChange } from '../../api/useChange'

const OPERATORS_KEY = ['admin', 'operators'] as const
const OPERATORS_URL = '/v1/admin/operators'

/** What can be done to an account besides changing its fields. */
const DEEDS = ['newPassword', 'resetTotp', 'unlock', 'disable', 'enable'] as const
type Deed = (typeof DEEDS)[number]
const BODIES: Record<Deed, Record<string, boolean>> = {
  newPassword: { generatePassword: true },
  resetTotp: { resetTotp: true },
  unlock: { unlock: true },
  disable: { disabled: true },
  enable: { disabled: false },
}

/** Accounts of those who use the page. */
export function Operators() {
  const { t } = useI18n()
  const [form, setForm] = useState<{ account: OperatorAccount | null } | null>(null)
  const [deed, setDeed] = useState<{ account: OperatorAccount; deed: Deed } | null>(null)
  const [made, setMade] = useState<OperatorAccount | null>(null)
  const done = (account: OperatorAccount) => {
    setForm(null)
    setDeed(null)
    if (account.generatedPassword) setMade(account)
  }
  return (
    <AdminView
      section="operators"
      tools={
        <button type="button" className="button button-main" onClick={() => setForm({ account: null })}>
          {t('admin.newOperator')}
        </button>
      }
    >
      <OperatorList
        onEdit={(account) => setForm({ account })}
        onDeed={(account, one) => setDeed({ account, deed: one })}
      />
      {form && <OperatorForm account={form.account} onDone={done} onClose={() => setForm(null)} />}
      {deed && <DeedDialog {...deed} onDone={done} onClose={() => setDeed(null)} />}
      {made?.generatedPassword && (
        <Secret
          title={t('admin.passwordMade', { name: made.username })}
          hint={t('admin.shownOnce')}
          secret={made.generatedPassword}
          onClose={() => setMade(null)}
        />
      )}
    </AdminView>
  )
}

interface ListProps {
  onEdit: (account: OperatorAccount) => void
  onDeed: (account: OperatorAccount, deed: Deed) => void
}

function OperatorList({ onEdit, onDeed }: ListProps) {
  const { t, format } = useI18n()
  const { operator } = useSession()
  const now = useMinute()
  const areaNames = useAreaNames()
  const agencyNames = useAgencyNames()
  const pages = usePages<OperatorAccount>(OPERATORS_KEY, OPERATORS_URL)
  const isLocked = (one: OperatorAccount) => one.lockedUntil !== null && Date.parse(one.lockedUntil) > now

  function deedsOf(one: OperatorAccount): Deed[] {
    return DEEDS.filter((deed) =>
      deed === 'newPassword'
        ? one.password
        : deed === 'resetTotp'
          ? one.totp
          : deed === 'unlock'
            ? isLocked(one) || one.failedSignIns > 0
            : deed === 'disable'
              ? !one.disabled && one.username !== operator?.username
              : one.disabled,
    )
  }

  return (
    <Panel id="operators" title={t('admin.operators')}>
      <PagedTable
        pages={pages}
        emptyTitle={t('admin.noOperators')}
        label={t('admin.operators')}
        columns={[
          t('admin.operator'),
          t('admin.role'),
          [t('admin.scope'), 'col-wide'],
          [t('admin.lastSignIn'), 'col-wide'],
          t('things.state'),
        ]}
        acts
      >
        {(one) => (
          <tr key={one.username} data-testid="operator-row">
            <th scope="row">
              {one.displayName || one.username}
              <span className="hint block">{one.username}</span>
            </th>
            <td>{t(`role.${one.role}`)}</td>
            <td className="col-wide">
              {one.areaCodes.length === 0
                ? t('admin.wholeProvince')
                : one.areaCodes.map((code) => areaNames.get(code) ?? code).join(', ')}
              {one.agencies.length > 0 && (
                <span className="hint block">
                  {one.agencies.map((key) => agencyNames.get(key) ?? key).join(', ')}
                </span>
              )}
            </td>
            <td className="col-wide">
              {one.lastSignInAt ? agoText(one.lastSignInAt, now, { t, format }) : t('admin.neverSignedIn')}
            </td>
            <td>
              <span className="card-marks">
                {one.disabled && <span className="mark mark-warn">{t('admin.disabled')}</span>}
                {isLocked(one) && <span className="mark mark-warn">{t('admin.locked')}</span>}
                {!one.disabled && !isLocked(one) && <span className="mark">{t('admin.inUse')}</span>}
                <span className="mark">{t(one.totp ? 'admin.totpOn' : 'admin.totpOff')}</span>
              </span>
            </td>
            <td className="number col-acts">
              <span className="row-acts">
                <button type="button" className="button" onClick={() => onEdit(one)}>
                  {t('admin.edit')}
                </button>
                <select
                  className="field field-inline"
                  aria-label={t('admin.more', { name: one.username })}
                  value=""
                  onChange={(event) => onDeed(one, event.target.value as Deed)}
                >
                  <option value="">{t('admin.moreDeeds')}</option>
                  {deedsOf(one).map((deed) => (
                    <option key={deed} value={deed}>
                      {t(`admin.deed.${deed}`)}
                    </option>
                  ))}
                </select>
              </span>
            </td>
          </tr>
        )}
      </PagedTable>
    </Panel>
  )
}

interface DeedProps {
  account: OperatorAccount
  deed: Deed
  onDone: (account: OperatorAccount) => void
  onClose: () => void
}

function DeedDialog({ account, deed, onDone, onClose }: DeedProps) {
  const { t } = useI18n()
  const change = useChange(
    [OPERATORS_KEY],
    () =>
      patchJson<OperatorAccount>(`${OPERATORS_URL}/${account.username}`, BODIES[deed], {
        ifMatch: `"${account.version}"`,
      }),
    onDone,
  )
  return (
    <Confirm
      title={`${t(`admin.deed.${deed}`)}: ${account.username}`}
      action={t(`admin.deed.${deed}`)}
      grave={deed === 'disable' || deed === 'resetTotp'}
      pending={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <p>{t(`admin.deedHint.${deed}`)}</p>
    </Confirm>
  )
}
