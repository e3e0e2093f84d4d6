import type { AreaProperties, Datastream, LatestItem, Reading, Thing } from '../api/types'
import type { Language } from '../i18n/messages'
import { freshest, freshness, type Freshness } from './freshness'
import { englishName, localName, shortName } from './naming'
import { fold, matches } from './search'

/** What of a datastream does not change from poll to poll. */
export interface Description {
  id: number | string
  key: string
  datastream: Datastream
  /** Names in the reader's language; the short name leaves out the thing. */
  name: string
  shortName: string
  thingName: string
  unit: string
  areaName: string
  sample: boolean
  /** Everything that the search looks at, in both languages. */
  folded: string
}

/** A datastream as the page shows it: with its commune, its newest value and how old that is. */
export interface Row extends Description {
  latest: Reading | null
  state: Freshness
}

export interface ThingMark {
  thing: Thing
  /** In the reader's language. */
  name: string
  areaName: string
  /** Longitude, latitude; the label point of the commune when the thing has no location of its own. */
  position: [number, number]
  state: Freshness
  sample: boolean
}

export interface Filter {
  search: string
  property: string | null
  area: string | null
  /** Id of a thing: its key is unique only within a provider. */
  thing: string | null
}

export type Areas = ReadonlyMap<string, AreaProperties>

const UNIT_TYPES_EN: Record<string, string> = { phường: 'Ward', xã: 'Commune', 'đặc khu': 'Special Zone' }

export function areaName(area: AreaProperties, language: Language): string {
  if (language === 'en') return `${area.nameEn} ${UNIT_TYPES_EN[area.unitType] ?? ''}`.trim()
  return `${area.unitType.charAt(0).toUpperCase()}${area.unitType.slice(1)} ${area.name}`
}

export function isSample(thing: Thing): boolean {
  return thing.properties?.['sample'] === true
}

/** Symbols that say "no unit": UCUM writes "1", some providers a dash. */
export function unitSymbol(datastream: Datastream): string {
  const symbol = datastream.unitOfMeasurement?.symbol ?? ''
  return symbol === '1' || symbol === '-' ? '' : symbol
}

/** The newer of what the catalogue brought and what the last poll brought. */
export function newest(known: Reading | null, polled: LatestItem | undefined): Reading | null {
  if (!polled) return known
  if (!known) return polled
  return Date.parse(polled.phenomenonTime) >= Date.parse(known.phenomenonTime) ? polled : known
}

/** In reading order: by thing, then by name, numbers inside names counted as numbers. */
export function describeDatastreams(
  datastreams: readonly Datastream[],
  areas: Areas,
  language: Language,
): Description[] {
  const collator = new Intl.Collator(language, { numeric: true, sensitivity: 'base' })
  return datastreams
    .map((datastream): Description => {
      const { thing, observedProperty } = datastream
      const area = thing.areaCode ? areas.get(thing.areaCode) : undefined
      return {
        id: datastream.id,
        key: datastream.key,
        datastream,
        name: localName(datastream, language),
        shortName: shortName(datastream, language),
        thingName: localName(thing, language),
        unit: unitSymbol(datastream),
        areaName: area ? areaName(area, language) : '',
        sample: isSample(thing),
        folded: fold(
          [
            datastream.key,
            observedProperty.name,
            ...[datastream, thing].flatMap((named) => [named.name, englishName(named) ?? '']),
            ...(area ? [areaName(area, 'vi'), areaName(area, 'en')] : []),
          ].join(' '),
        ),
      }
    })
    .sort(
      (a, b) =>
        collator.compare(a.thingName, b.thingName) ||
        collator.compare(a.datastream.thing.key, b.datastream.thing.key) ||
        collator.compare(a.shortName, b.shortName),
    )
}

export function withLatest(
  descriptions: readonly Description[],
  polled: readonly LatestItem[],
  now: number,
): Row[] {
  const byKey = new Map(polled.map((item) => [item.datastream, item]))
  return descriptions.map((description) => {
    const latest = newest(description.datastream.latest, byKey.get(description.key))
    return { ...description, latest, state: freshness(latest, now) }
  })
}

export function filterRows(rows: readonly Row[], filter: Filter): Row[] {
  return rows.filter(
    ({ datastream, folded }) =>
      (!filter.property || datastream.observedProperty.key === filter.property) &&
      (!filter.area || datastream.thing.areaCode === filter.area) &&
      (!filter.thing || String(datastream.thing.id) === filter.thing) &&
      matches(folded, filter.search),
  )
}

export function buildThings(rows: readonly Row[], areas: Areas): ThingMark[] {
  const grouped = new Map<string, Row[]>()
  for (const row of rows) {
    const id = String(row.datastream.thing.id)
    const group = grouped.get(id)
    if (group) group.push(row)
    else grouped.set(id, [row])
  }
  const marks: ThingMark[] = []
  for (const group of grouped.values()) {
    const [{ datastream, thingName, areaName, sample }] = group as [Row, ...Row[]]
    const { thing } = datastream
    const label = thing.areaCode ? areas.get(thing.areaCode)?.label : undefined
    const position: [number, number] | undefined =
      thing.longitude !== null && thing.latitude !== null ? [thing.longitude, thing.latitude] : label
    if (position) {
      const state = freshest(group.map((row) => row.state))
      marks.push({ thing, name: thingName, areaName, position, state, sample })
    }
  }
  return marks
}

/** The datastream to show when the reader has chosen none: a number that is fresh, else any number. */
export function firstChoice(rows: readonly Row[]): Row | null {
  const numeric = rows.filter((row) => typeof row.latest?.result === 'number')
  return numeric.find((row) => row.state === 'fresh') ?? numeric[0] ?? rows[0] ?? null
}
