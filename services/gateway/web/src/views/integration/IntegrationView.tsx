import { useId } from 'react'

import { useI18n } from '../../i18n/I18n'
import { mayManage, useSession } from '../../operator/session'
import { Loading, StateMessage } from '../../shell/StateMessage'
import { Keys, ownDoor } from '../admin/Keys'
import { usePages } from '../parts/pages'
import { Answer, View } from '../parts/View'
import { Imports } from './imports/Imports'
import { Sandbox } from './Sandbox'
import { INTEGRATION_TABS, type IntegrationSearch } from './search'
import type { ManagedProvider } from './types'
import { UsagePanel } from './UsagePanel'
import { Webhooks } from './Webhooks'

interface Props {
  search: IntegrationSearch
  onSearch: (change: Partial<IntegrationSearch>) => void
}

/** What a provider does itself: sees what it sends, keeps its keys, tries bodies, is told by webhooks. */
export function IntegrationView({ search, onSearch }: Props) {
  const { t } = useI18n()
  const { operator, settled } = useSession()
  const allowed = mayManage(operator)
  return (
    <View name="integration" title={t('integration.title')} lead={t('integration.lead')}>
      {!settled ? (
        <Loading />
      ) : allowed ? (
        <Managed search={search} onSearch={onSearch} />
      ) : (
        <section className="panel">
          <StateMessage
            title={t(operator ? 'errorForbidden' : 'errorAuth')}
            hint={t('integration.needsMember')}
          />
        </section>
      )}
    </View>
  )
}

function Managed({ search, onSearch }: Props) {
  const { t } = useI18n()
  const id = useId()
  const pages = usePages<ManagedProvider>(['provider', 'managed'], '/v1/provider')
  return (
    <Answer
      query={pages.query}
      empty={(items) => items.length === 0}
      emptyTitle={t('admin.noProviders')}
      emptyHint={t('integration.needsMember')}
    >
      {(items) => {
        const provider = items.find(({ key }) => key === search.provider) ?? items[0]
        if (!provider) return null
        return (
          <>
            <div className="integration-bar">
              <nav className="section-tabs" aria-label={t('integration.title')}>
                {INTEGRATION_TABS.map((tab) => (
                  <button
                    key={tab}
                    type="button"
                    className="tab"
                    aria-current={tab === search.tab ? 'page' : undefined}
                    onClick={() => onSearch({ tab, webhook: null, file: null })}
                  >
                    {t(`integration.tab.${tab}`)}
                  </button>
                ))}
              </nav>
              {items.length > 1 && (
                <div className="integration-whose">
                  <label htmlFor={id}>{t('admin.provider')}</label>
                  <select
                    id={id}
                    className="field"
                    value={provider.key}
                    onChange={(event) =>
                      onSearch({ provider: event.target.value, webhook: null, file: null })
                    }
                  >
                    {items.map((one) => (
                      <option key={one.key} value={one.key}>
                        {one.name} ({one.key})
                      </option>
                    ))}
                  </select>
                </div>
              )}
            </div>
            {search.tab === 'usage' && <UsagePanel key={provider.key} provider={provider} />}
            {search.tab === 'files' && (
              <Imports
                key={provider.key}
                provider={provider.key}
                chosen={numberOf(search.file)}
                onChoose={(file) => onSearch({ file: file === null ? null : String(file) })}
              />
            )}
            {search.tab === 'keys' && (
              <Keys key={provider.key} provider={provider.key} door={ownDoor(provider.key)} />
            )}
            {search.tab === 'sandbox' && <Sandbox key={provider.key} provider={provider.key} />}
            {search.tab === 'webhooks' && (
              <Webhooks
                key={provider.key}
                provider={provider.key}
                chosen={search.webhook}
                onChoose={(webhook) => onSearch({ webhook })}
              />
            )}
          </>
        )
      }}
    </Answer>
  )
}

/** What an address says may be anything. */
function numberOf(text: string | null): number | null {
  const number = Number(text)
  return text !== null && Number.isSafeInteger(number) && number > 0 ? number : null
}
