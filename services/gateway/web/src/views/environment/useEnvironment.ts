import { useQueries, type UseQueryResult } from '@tanstack/react-query'
import { useMemo } from 'react'

import { explanationAddress, subjectReference, useCards, useRanking } from '../../api/indicatorQueries'
import type { Explanation, MovingFigure, Ranking } from '../../api/indicatorTypes'
import { address, getJson } from '../../api/client'
import type { Areas, Row } from '../../datastreams/model'
import { useProvince } from '../../indicators/subjects'
import { parseLevels, type AlarmLevels } from './levels'
import { LAYER_INDICATORS, stationsOf, type Layer, type Station } from './stations'

/** Gauges whose levels are looked up in their explanation, because they state none themselves. */
const MAX_LOOKED_UP = 40
const LEVELS_REFRESH_MS = 10 * 60_000

export interface LayerData {
  stations: Station[]
  rankings: UseQueryResult<Ranking>[]
  /** Newest figures of the province, by indicator. */
  province: ReadonlyMap<string, MovingFigure>
}

/** The stations of a layer with their figures. Every layer asks for the same number of rankings, as hooks must. */
export function useLayer(layer: Layer, rows: readonly Row[], areas: Areas): LayerData {
  const [first = null, second = null, third = null, fourth = null] = LAYER_INDICATORS[layer]
  const one = useRanking(first, { by: 'thing' })
  const two = useRanking(second, { by: 'thing' })
  const three = useRanking(third, { by: 'thing' })
  const four = useRanking(fourth, { by: 'thing' })
  const data = [one.data, two.data, three.data, four.data]
  const stations = useMemo(() => stationsOf(layer, rows, data, areas), [layer, rows, areas, ...data])
  const cards = useCards(useProvince() || null)
  const province = useMemo(
    () => new Map((cards.data ?? []).map((card) => [card.indicator, card] as const)),
    [cards.data],
  )
  return { stations, rankings: [one, two, three, ...(fourth ? [four] : [])], province }
}

/** Alarm levels by key of the gauge: its own, or those of the official table, which its explanation tells. */
export function useLevels(stations: readonly Station[]): ReadonlyMap<string, AlarmLevels> {
  const stated = useMemo(
    () =>
      new Map(
        stations.flatMap((station) => {
          const levels = parseLevels(station.streams[0]?.datastream.thing.properties?.['alarmLevels'])
          return levels ? [[station.key, levels] as const] : []
        }),
      ),
    [stations],
  )
  const wanted = stations
    .filter((station) => !stated.has(station.key))
    .flatMap((station) => {
      const figure = station.figures.get('river-alarm-level')
      return figure ? [{ key: station.key, figure }] : []
    })
    .slice(0, MAX_LOOKED_UP)
  const looked = useQueries({
    queries: wanted.map(({ key, figure }) => ({
      queryKey: ['alarm-levels', key],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const name = {
          indicator: figure.indicator,
          subject: subjectReference(figure.subject),
          period: figure.period,
        }
        const { details } = await getJson<Explanation>(address(explanationAddress(name), { limit: 1 }), {
          signal,
        })
        return { key, levels: parseLevels(details['levels']) }
      },
      staleTime: LEVELS_REFRESH_MS,
      refetchInterval: LEVELS_REFRESH_MS,
    })),
    combine: (results) =>
      results.flatMap(({ data }) => (data?.levels ? [[data.key, data.levels] as const] : [])),
  })
  return useMemo(() => new Map([...stated, ...looked]), [stated, looked])
}
