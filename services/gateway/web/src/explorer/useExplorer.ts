import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'

import { fetchObservations } from '../api/queries'
import type { Granularity } from '../api/types'
import { toSeries, type Series } from '../chart/series'
import {
  DETAIL_POINTS,
  detailSpan,
  marksOf,
  needsDetail,
  OVERVIEW_POINTS,
  stretches,
  type Mark,
  type Span,
} from './model'

const REFRESH_MS = 60_000
/** While the reader still turns the wheel, nothing is asked. */
const SETTLE_MS = 180

export interface Explored {
  overview: UseQueryResult<Series>
  parts: Mark[][]
  /** Of what is looked at. */
  granularity: Granularity | null
  /** A finer answer is on its way. */
  refining: boolean
  detailFailed: boolean
}

/**
 * The whole range coarsely, and what is looked at as finely as the screen can show: at most DETAIL_POINTS points come,
 * whether the range holds a thousand readings or ten million.
 */
export function useExplorer(datastream: number | string, whole: Span, shown: Span): Explored {
  const settled = useSettled(shown)
  const overview = useQuery({
    queryKey: ['explore', datastream, whole.from, whole.to, 'overview'],
    queryFn: async ({ signal }) =>
      toSeries(
        await fetchObservations(
          { datastream, ...whole, granularity: 'auto', maxPoints: OVERVIEW_POINTS },
          signal,
        ),
      ),
    refetchInterval: REFRESH_MS,
    staleTime: REFRESH_MS,
    placeholderData: (last, query) => (query?.queryKey[1] === datastream ? last : undefined),
  })
  const span = useMemo(() => detailSpan(whole, settled), [whole, settled])
  const wanted = needsDetail(whole, settled, overview.data)
  const detail = useQuery({
    queryKey: ['explore', datastream, span.from, span.to, 'detail'],
    queryFn: async ({ signal }) => ({
      span,
      series: toSeries(
        await fetchObservations(
          { datastream, ...span, granularity: 'auto', maxPoints: DETAIL_POINTS },
          signal,
        ),
      ),
    }),
    enabled: wanted,
    staleTime: REFRESH_MS,
    placeholderData: keepPreviousData,
  })
  const used = wanted ? detail.data : undefined
  const overviewMarks = useMemo(() => (overview.data ? marksOf(overview.data) : []), [overview.data])
  const parts = useMemo(
    () => stretches(overviewMarks, used ? marksOf(used.series) : null, used?.span ?? null),
    [overviewMarks, used],
  )
  return {
    overview,
    parts,
    granularity: (used?.series ?? overview.data)?.granularity ?? null,
    refining: detail.isFetching,
    detailFailed: wanted && detail.isError,
  }
}

function useSettled(shown: Span): Span {
  const [settled, setSettled] = useState(shown)
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(shown), SETTLE_MS)
    return () => window.clearTimeout(timer)
  }, [shown])
  return settled
}
