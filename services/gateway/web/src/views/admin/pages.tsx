import { useI18n } from '../../i18n/I18n'
import { useTitle } from '../../view/useTitle'
import { useAddress } from '../parts/address'
import { Audit, type AuditSearch } from './Audit'
import { Catalogue, type CatalogueSearch } from './Catalogue'
import { DeadLetters, type DeadLettersSearch } from './DeadLetters'
import { Names, type NamesSearch } from './Names'
import { Operators } from './Operators'
import { Periods, type PeriodsSearch } from './Periods'
import { Providers, type ProvidersSearch } from './Providers'

const NO_PROVIDER: ProvidersSearch = { provider: null }
const ALL_AGENCIES: NamesSearch = { of: 'agencies', q: '', unnamed: false }
const ALL_EVENTS: AuditSearch = { actor: '', action: '', object: '', from: '', to: '' }
const ALL_DEFINITIONS: CatalogueSearch = { q: '' }
const NO_PERIOD: PeriodsSearch = { period: null }
const ALL_LETTERS: DeadLettersSearch = { code: '', provider: '', from: '', to: '', letter: null }
const PROVIDER_STEPS = ['provider'] as const
const PERIOD_STEPS = ['period'] as const
const LETTER_STEPS = ['letter'] as const

export function ProvidersPage() {
  const { t } = useI18n()
  const [search, change] = useAddress(NO_PROVIDER, PROVIDER_STEPS)
  useTitle(t('admin.providers'))
  return <Providers search={search} onSearch={change} />
}

export function OperatorsPage() {
  const { t } = useI18n()
  useTitle(t('admin.operators'))
  return <Operators />
}

export function NamesPage() {
  const { t } = useI18n()
  const [search, change] = useAddress(ALL_AGENCIES)
  useTitle(t('admin.names'))
  return <Names search={search} onSearch={change} />
}

export function AuditPage() {
  const { t } = useI18n()
  const [search, change] = useAddress(ALL_EVENTS)
  useTitle(t('admin.audit'))
  return <Audit search={search} onSearch={change} />
}

export function CataloguePage() {
  const { t } = useI18n()
  const [search, change] = useAddress(ALL_DEFINITIONS)
  useTitle(t('admin.catalogue'))
  return <Catalogue search={search} onSearch={change} />
}

export function PeriodsPage() {
  const { t } = useI18n()
  const [search, change] = useAddress(NO_PERIOD, PERIOD_STEPS)
  useTitle(t('admin.periods'))
  return <Periods search={search} onSearch={change} />
}

export function DeadLettersPage() {
  const { t } = useI18n()
  const [search, change] = useAddress(ALL_LETTERS, LETTER_STEPS)
  useTitle(t('admin.dead-letters'))
  return <DeadLetters search={search} onSearch={change} />
}
