import { useParams } from '@tanstack/react-router'

import { useI18n } from '../../i18n/I18n'
import { useOverlays } from '../../view/overlays'
import { useTitle } from '../../view/useTitle'
import { useAddress } from '../parts/address'
import { EVERYTHING } from './model'
import { ThingsView } from './ThingsView'
import { ThingView, type ThingSearch } from './ThingView'

const NEWEST: ThingSearch = { datastream: null, range: '24h' }
const STEPS = ['datastream'] as const

export function ThingsPage() {
  const { t } = useI18n()
  const [search, change] = useAddress(EVERYTHING)
  useTitle(t('things.title'))
  return <ThingsView search={search} onSearch={change} />
}

export function ThingPage() {
  const { t } = useI18n()
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const { askWhy } = useOverlays()
  const [search, change] = useAddress(NEWEST, STEPS)
  useTitle(t('things.thing'))
  return <ThingView id={id} search={search} onSearch={change} onWhy={askWhy} />
}
