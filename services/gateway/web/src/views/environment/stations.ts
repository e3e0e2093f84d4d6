import type { Ranking, RankedFigure } from '../../api/indicatorTypes'
import type { Areas, Row } from '../../datastreams/model'
import { thingRows, type ThingRow } from '../things/model'

export const LAYERS = ['air', 'river', 'rain'] as const
export type Layer = (typeof LAYERS)[number]

/** What a layer shows: the figures of its stations, the first one on the map; and what its stations measure. */
export const LAYER_INDICATORS: Record<Layer, readonly string[]> = {
  air: ['vn-aqi-hourly', 'vn-aqi-daily', 'pm2-5-24h'],
  river: ['river-alarm-level', 'river-stage', 'river-rise'],
  rain: ['rainfall-risk', 'rain-1h', 'rain-24h', 'rain-72h'],
}
const LAYER_PROPERTIES: Record<Layer, ReadonlySet<string>> = {
  air: new Set(['pm2_5', 'pm10', 'so2', 'no2', 'co', 'o3']),
  river: new Set(['water_level']),
  rain: new Set(['rain']),
}

/** A thing that measures air, a river or rain, with its newest figures. */
export interface Station extends ThingRow {
  /** Longitude, latitude; null when not even its commune is known. */
  position: readonly [number, number] | null
  /** The datastreams of the layer. */
  measured: Row[]
  /** By indicator. */
  figures: ReadonlyMap<string, RankedFigure>
}

export function stationsOf(
  layer: Layer,
  rows: readonly Row[],
  rankings: readonly (Ranking | undefined)[],
  areas: Areas,
): Station[] {
  const figures = new Map<string, Map<string, RankedFigure>>()
  for (const ranking of rankings) {
    for (const figure of ranking?.items ?? []) {
      const known = figures.get(figure.subject.key) ?? new Map<string, RankedFigure>()
      figures.set(figure.subject.key, known.set(figure.indicator, figure))
    }
  }
  const properties = LAYER_PROPERTIES[layer]
  return thingRows(rows).flatMap((thing) => {
    const measured = thing.streams.filter((row) => properties.has(row.datastream.observedProperty.key))
    const own = figures.get(thing.key)
    if (measured.length === 0 && !own) return []
    const source = thing.streams[0]?.datastream.thing
    const label = thing.areaCode ? areas.get(thing.areaCode)?.label : undefined
    const position =
      source && source.longitude !== null && source.latitude !== null
        ? ([source.longitude, source.latitude] as const)
        : (label ?? null)
    return [{ ...thing, position, measured, figures: own ?? new Map<string, RankedFigure>() }]
  })
}

/** The gravest first; without a figure last. */
export function byWeight(stations: readonly Station[], layer: Layer): Station[] {
  const keys =
    layer === 'river'
      ? ['river-alarm-level', 'river-rise']
      : layer === 'rain'
        ? ['rainfall-risk', 'rain-24h', 'rain-1h']
        : ['vn-aqi-hourly', 'pm2-5-24h']
  const weight = (station: Station, key: string) => station.figures.get(key)?.value ?? -Infinity
  return [...stations].sort((a, b) => {
    for (const key of keys) {
      const [one, other] = [weight(a, key), weight(b, key)]
      if (one !== other) return one < other ? 1 : -1
    }
    return a.name.localeCompare(b.name, 'vi', { numeric: true })
  })
}
