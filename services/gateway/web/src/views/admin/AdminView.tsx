import type { ReactNode } from 'react'

import { useI18n } from '../../i18n/I18n'
import { useSession } from '../../operator/session'
import { Loading, StateMessage } from '../../shell/StateMessage'
import { View } from '../parts/View'
import { ViewLink } from '../parts/ViewLink'

export const SECTIONS = [
  'providers',
  'operators',
  'names',
  'audit',
  'catalogue',
  'periods',
  'dead-letters',
] as const
export type Section = (typeof SECTIONS)[number]

/** A view of administration: its neighbours beside it, and nothing at all for who may not administer. */
export function AdminView({
  section,
  tools,
  children,
}: {
  section: Section
  tools?: ReactNode
  children: ReactNode
}) {
  const { t } = useI18n()
  const { operator, settled } = useSession()
  return (
    <View name="admin" title={t('admin.title')} lead={t(`admin.lead.${section}`)} tools={tools}>
      <nav className="section-tabs" aria-label={t('admin.title')}>
        {SECTIONS.map((one) => (
          <ViewLink key={one} to={`/admin/${one}`}>
            {t(`admin.${one}`)}
          </ViewLink>
        ))}
      </nav>
      {!settled ? (
        <Loading />
      ) : operator?.role === 'admin' ? (
        children
      ) : (
        <section className="panel">
          <StateMessage title={t(operator ? 'errorForbidden' : 'errorAuth')} hint={t('admin.needsAdmin')} />
        </section>
      )}
    </View>
  )
}
