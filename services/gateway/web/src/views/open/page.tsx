import { useParams } from '@tanstack/react-router'

import { useI18n } from '../../i18n/I18n'
import { useTitle } from '../../view/useTitle'
import { useAddress } from '../parts/address'
import { EmbedCard } from './EmbedCard'
import { OpenView, type OpenSearch } from './OpenView'

const EVERYTHING: OpenSearch = { q: '', group: null }

export function OpenPage() {
  const { t } = useI18n()
  const [search, change] = useAddress(EVERYTHING)
  useTitle(t('od.title'))
  return <OpenView search={search} onSearch={change} />
}

export function EmbedPage() {
  const { indicator = '' } = useParams({ strict: false }) as { indicator?: string }
  return <EmbedCard indicator={indicator} />
}
