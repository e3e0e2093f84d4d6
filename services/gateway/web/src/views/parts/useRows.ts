import type { UseQueryResult } from '@tanstack/react-query'
import { useMemo } from 'react'

import { LATEST_LIMIT, useAreas, useDatastreams, useLatest } from '../../api/queries'
import type { AreaCollection, AreaProperties, Datastream } from '../../api/types'
import { areaName, describeDatastreams, withLatest, type Areas, type Row } from '../../datastreams/model'
import { useI18n } from '../../i18n/I18n'
import { useMinute } from './useMinute'

export interface Rows {
  rows: Row[]
  catalogue: UseQueryResult<Datastream[]>
  areas: UseQueryResult<AreaCollection>
  areaIndex: Areas
  areaList: readonly AreaProperties[]
  /** In the reader's language, by code. */
  areaNames: ReadonlyMap<string, string>
  /** To the minute. */
  now: number
}

const NONE: readonly AreaProperties[] = []

/** Every datastream with its newest value; beyond LATEST_LIMIT the values come with the catalogue, once a minute. */
export function useRows(): Rows {
  const { language } = useI18n()
  const now = useMinute()
  const areas = useAreas()
  const catalogue = useDatastreams()
  const ids = useMemo(
    () => (catalogue.data ?? []).slice(0, LATEST_LIMIT).map((one) => one.id),
    [catalogue.data],
  )
  const latest = useLatest(ids)
  const areaList = useMemo(() => areas.data?.features.map((one) => one.properties) ?? NONE, [areas.data])
  const areaIndex = useMemo(() => new Map(areaList.map((area) => [area.code, area])), [areaList])
  const areaNames = useMemo(
    () => new Map(areaList.map((area) => [area.code, areaName(area, language)])),
    [areaList, language],
  )
  const descriptions = useMemo(
    () => describeDatastreams(catalogue.data ?? [], areaIndex, language),
    [catalogue.data, areaIndex, language],
  )
  const rows = useMemo(() => withLatest(descriptions, latest.items, now), [descriptions, latest.items, now])
  return { rows, catalogue, areas, areaIndex, areaList, areaNames, now }
}
