import { useI18n } from '../../i18n/I18n'
import { useOverlays } from '../../view/overlays'
import { useTitle } from '../../view/useTitle'
import { useAddress } from '../parts/address'
import { EnvironmentView, type EnvironmentSearch } from './EnvironmentView'

const DEFAULTS: EnvironmentSearch = { layer: 'air', station: null, range: '24h' }
const STEPS = ['layer', 'station'] as const

export function EnvironmentPage() {
  const { t } = useI18n()
  const { askWhy } = useOverlays()
  const [search, change] = useAddress(DEFAULTS, STEPS)
  useTitle(t('env.title'))
  return <EnvironmentView search={search} onSearch={change} onWhy={askWhy} />
}
