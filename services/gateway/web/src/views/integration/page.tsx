import { useI18n } from '../../i18n/I18n'
import { useTitle } from '../../view/useTitle'
import { useAddress } from '../parts/address'
import { IntegrationView } from './IntegrationView'
import type { IntegrationSearch } from './search'

const DEFAULTS: IntegrationSearch = { tab: 'usage', provider: null, webhook: null, file: null }
const STEPS = ['tab', 'webhook', 'file'] as const

export function IntegrationPage() {
  const { t } = useI18n()
  const [search, change] = useAddress(DEFAULTS, STEPS)
  useTitle(t('integration.title'))
  return <IntegrationView search={search} onSearch={change} />
}
