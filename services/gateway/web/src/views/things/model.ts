import type { Row } from '../../datastreams/model'
import { freshest, type Freshness } from '../../datastreams/freshness'
import { matches } from '../../datastreams/search'

/** A thing with its datastreams, as the list shows it. */
export interface ThingRow {
  id: string
  /** `<provider>/<thing>`, as indicators name it. */
  key: string
  provider: string
  name: string
  areaCode: string | null
  areaName: string
  streams: Row[]
  /** Time (ms) of its newest reading; null before the first. */
  lastSeen: number | null
  state: Freshness
  sample: boolean
  folded: string
}

export const THING_ORDERS = ['name', 'lastSeen', 'completeness'] as const
export type ThingOrder = (typeof THING_ORDERS)[number]

/** What the reader looks for in the list. */
export interface ThingsSearch {
  q: string
  state: Freshness | null
  property: string | null
  area: string | null
  by: 'things' | 'datastreams'
  order: ThingOrder
}

export const EVERYTHING: ThingsSearch = {
  q: '',
  state: null,
  property: null,
  area: null,
  by: 'things',
  order: 'name',
}

/** Rows of datastreams come in the order of their things. */
export function thingRows(rows: readonly Row[]): ThingRow[] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const id = String(row.datastream.thing.id)
    const group = groups.get(id)
    if (group) group.push(row)
    else groups.set(id, [row])
  }
  return [...groups].map(([id, streams]) => {
    const [first] = streams as [Row, ...Row[]]
    const times = streams.flatMap((row) => (row.latest ? [Date.parse(row.latest.phenomenonTime)] : []))
    const [provider = '', thing = ''] = first.key.split('/')
    return {
      id,
      key: `${provider}/${thing}`,
      provider,
      name: first.thingName,
      areaCode: first.datastream.thing.areaCode,
      areaName: first.areaName,
      streams,
      lastSeen: times.length > 0 ? Math.max(...times) : null,
      state: freshest(streams.map((row) => row.state)),
      sample: first.sample,
      folded: streams.map((row) => row.folded).join(' '),
    }
  })
}

type Filter = Pick<ThingsSearch, 'q' | 'state' | 'property' | 'area'>

export function filterThings(things: readonly ThingRow[], { q, state, property, area }: Filter): ThingRow[] {
  return things.filter(
    (thing) =>
      (!state || thing.state === state) &&
      (!area || thing.areaCode === area) &&
      (!property || thing.streams.some((row) => row.datastream.observedProperty.key === property)) &&
      matches(thing.folded, q),
  )
}

export function filterStreams(rows: readonly Row[], { q, state, property, area }: Filter): Row[] {
  return rows.filter(
    (row) =>
      (!state || row.state === state) &&
      (!area || row.datastream.thing.areaCode === area) &&
      (!property || row.datastream.observedProperty.key === property) &&
      matches(row.folded, q),
  )
}

/** What is worst comes first: silent longest, least complete. What is not known comes before what is well. */
export function orderThings(
  things: readonly ThingRow[],
  order: ThingOrder,
  completeness: ReadonlyMap<string, number | null>,
): ThingRow[] {
  if (order === 'name') return [...things]
  const weight = (thing: ThingRow) =>
    order === 'lastSeen' ? (thing.lastSeen ?? -Infinity) : (completeness.get(thing.key) ?? -Infinity)
  return [...things].sort((a, b) => compare(weight(a), weight(b)))
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}

export function countStates(states: readonly { state: Freshness }[]): Record<Freshness, number> {
  const counts = { fresh: 0, stale: 0, none: 0 }
  for (const { state } of states) counts[state] += 1
  return counts
}
