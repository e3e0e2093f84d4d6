/** What the addresses of these views may say; see view/search.ts. What is left out has its default. */

import { SEVERITIES } from '../api/alertTypes'
import { textOf, wordOf, type RawSearch } from '../view/search'
import { RANGES } from '../view/viewState'
import { SHOWN_STATES } from './alerts/search'
import { LAYERS } from './environment/stations'
import { INTEGRATION_TABS } from './integration/search'
import { THING_ORDERS } from './things/model'

export const environmentSearch = (raw: RawSearch) => ({
  layer: wordOf(raw, 'layer', LAYERS),
  station: textOf(raw, 'station'),
  range: wordOf(raw, 'range', RANGES),
})

export const thingsSearch = (raw: RawSearch) => ({
  q: textOf(raw, 'q'),
  state: wordOf(raw, 'state', ['fresh', 'stale', 'none'] as const),
  property: textOf(raw, 'property'),
  area: textOf(raw, 'area'),
  by: wordOf(raw, 'by', ['things', 'datastreams'] as const),
  order: wordOf(raw, 'order', THING_ORDERS),
})

export const thingSearch = (raw: RawSearch) => ({
  datastream: textOf(raw, 'datastream'),
  range: wordOf(raw, 'range', RANGES),
})

export const alertsSearch = (raw: RawSearch) => ({
  tab: wordOf(raw, 'tab', ['alerts', 'maintenance'] as const),
  state: wordOf(raw, 'state', SHOWN_STATES),
  severity: wordOf(raw, 'severity', SEVERITIES),
  rule: textOf(raw, 'rule'),
  area: textOf(raw, 'area'),
  mine: wordOf(raw, 'mine', ['1'] as const),
})

export const providersSearch = (raw: RawSearch) => ({ provider: textOf(raw, 'provider') })

export const namesSearch = (raw: RawSearch) => ({
  of: wordOf(raw, 'of', ['agencies', 'procedures'] as const),
  q: textOf(raw, 'q'),
  unnamed: wordOf(raw, 'unnamed', ['1'] as const),
})

export const auditSearch = (raw: RawSearch) => ({
  actor: textOf(raw, 'actor'),
  action: textOf(raw, 'action'),
  object: textOf(raw, 'object'),
  from: dayOf(raw, 'from'),
  to: dayOf(raw, 'to'),
})

export const catalogueSearch = (raw: RawSearch) => ({ q: textOf(raw, 'q') })

export const periodsSearch = (raw: RawSearch) => ({ period: textOf(raw, 'period') })

export const deadLettersSearch = (raw: RawSearch) => ({
  code: textOf(raw, 'code'),
  provider: textOf(raw, 'provider'),
  from: dayOf(raw, 'from'),
  to: dayOf(raw, 'to'),
  letter: textOf(raw, 'letter'),
})

export const integrationSearch = (raw: RawSearch) => ({
  tab: wordOf(raw, 'tab', INTEGRATION_TABS),
  provider: textOf(raw, 'provider'),
  webhook: textOf(raw, 'webhook'),
})

export const openSearch = (raw: RawSearch) => ({ q: textOf(raw, 'q'), group: textOf(raw, 'group') })

function dayOf(raw: RawSearch, name: string): string | undefined {
  const text = textOf(raw, name)
  return text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : undefined
}
