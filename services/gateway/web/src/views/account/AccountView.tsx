import { useState } from 'react'

import { useI18n } from '../../i18n/I18n'
import { useSession, type Operator } from '../../operator/session'
import { SignIn } from '../../operator/SignIn'
import { Loading, StateMessage } from '../../shell/StateMessage'
import { useAreaNames } from '../parts/useAreaNames'
import { Panel, View } from '../parts/View'
import { PasswordForm } from './PasswordForm'
import { SecondFactor } from './SecondFactor'
import { SignOutEverywhere } from './SignOutEverywhere'

/** Who I am here, and how I prove it. */
export function AccountView() {
  const { t } = useI18n()
  const { operator, settled } = useSession()
  const [asking, setAsking] = useState(false)
  return (
    <View name="account" title={t('acc.title')}>
      {!settled ? (
        <Loading />
      ) : operator ? (
        <div className="account-layout">
          <Person operator={operator} />
          <Panel id="password" title={t('acc.password')}>
            <PasswordForm />
          </Panel>
          <Panel id="second-factor" title={t('acc.totp')}>
            <SecondFactor operator={operator} />
          </Panel>
          <Panel id="sessions" title={t('acc.sessions')}>
            <SignOutEverywhere />
          </Panel>
        </div>
      ) : (
        <section className="panel">
          <StateMessage title={t('errorAuth')}>
            <button type="button" className="button button-main" onClick={() => setAsking(true)}>
              {t('signIn')}
            </button>
          </StateMessage>
        </section>
      )}
      {asking && <SignIn onClose={() => setAsking(false)} />}
    </View>
  )
}

function Person({ operator }: { operator: Operator }) {
  const { t, format } = useI18n()
  const { expiresAt } = useSession()
  const areaNames = useAreaNames()
  const facts: [string, string][] = [
    [t('admin.displayName'), operator.displayName || operator.username],
    [t('operatorName'), operator.username],
    [t('admin.role'), t(`role.${operator.role}`)],
    [
      t('admin.areas'),
      operator.areaCodes.length === 0
        ? t('admin.wholeProvince')
        : operator.areaCodes.map((code) => areaNames.get(code) ?? code).join(', '),
    ],
    [
      t('admin.agencies'),
      operator.agencies.length === 0 ? t('acc.allAgencies') : operator.agencies.join(', '),
    ],
  ]
  if (expiresAt) facts.push([t('acc.until'), format.dateTime(expiresAt)])
  return (
    <Panel id="person" title={t('acc.person')}>
      <dl className="facts pad">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className="hint pad">{t('acc.personHint')}</p>
    </Panel>
  )
}
