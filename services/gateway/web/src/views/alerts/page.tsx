import { useI18n } from '../../i18n/I18n'
import { useOverlays } from '../../view/overlays'
import { useTitle } from '../../view/useTitle'
import { useAddress } from '../parts/address'
import { AlertsView } from './AlertsView'
import { NO_FILTER } from './search'

const STEPS = ['tab'] as const

export function AlertsPage() {
  const { t } = useI18n()
  const { openAlert } = useOverlays()
  const [search, change] = useAddress(NO_FILTER, STEPS)
  useTitle(t('alerts'))
  return <AlertsView search={search} onSearch={change} onAlert={openAlert} />
}
