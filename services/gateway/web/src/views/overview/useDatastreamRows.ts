import { useMemo } from 'react'

import { LATEST_LIMIT, useDatastreams, useLatest } from '../../api/queries'
import type { AreaProperties } from '../../api/types'
import { buildThings, describeDatastreams, firstChoice, withLatest } from '../../datastreams/model'
import { useI18n } from '../../i18n/I18n'

/** Every datastream with its newest value, and the things on the map. */
export function useDatastreamRows(areas: readonly AreaProperties[], chosenKey: string | null, now: number) {
  const { language } = useI18n()
  const catalogue = useDatastreams()
  const polledIds = useMemo(() => {
    const all = catalogue.data ?? []
    // The chosen datastream is always among the polled ones, however many there are.
    const wanted = all.filter((one) => one.key === chosenKey)
    const others = all.filter((one) => one.key !== chosenKey)
    const ids = [...wanted, ...others].slice(0, LATEST_LIMIT).map((one) => one.id)
    return all.length > LATEST_LIMIT ? ids : all.map((one) => one.id)
  }, [catalogue.data, chosenKey])
  const latest = useLatest(polledIds)

  const areaIndex = useMemo(() => new Map(areas.map((area) => [area.code, area])), [areas])
  // Freshness is told in hours: a minute's pace is enough to work it out again.
  const minute = Math.floor(now / 60_000) * 60_000
  const descriptions = useMemo(
    () => describeDatastreams(catalogue.data ?? [], areaIndex, language),
    [catalogue.data, areaIndex, language],
  )
  const rows = useMemo(
    () => withLatest(descriptions, latest.items, minute),
    [descriptions, latest.items, minute],
  )
  // The map shows states, not values: it need not be drawn again for every new value.
  const states = rows.map((row) => row.state).join()
  const things = useMemo(() => buildThings(rows, areaIndex), [descriptions, areaIndex, states])
  const initial = useMemo(() => firstChoice(rows)?.key ?? null, [rows.length > 0])
  const chosen = rows.find((row) => row.key === (chosenKey ?? initial)) ?? null
  return { catalogue, descriptions, rows, things, chosen }
}

export type DatastreamRows = ReturnType<typeof useDatastreamRows>
