import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

import { fetchObservations } from '../api/queries'
import { useStanding, type Standing } from '../api/standing'
import { RANGE_MS, type RangeName } from '../view/viewState'
import { eased } from '../live/pace'
import type { Row } from '../datastreams/model'
import { mergeTail, toSeries, type Series } from './series'

const REFRESH_MS = 60_000
const RETRY_MS = 5_000
/** Clocks of sensors may run a little ahead of ours. */
const AHEAD_MS = 60_000

export interface SeriesState {
  standing: Standing<Series>
  retry: () => void
}

/**
 * Observations of a datastream over a range. At `until === null` the range ends now, and each new latest value
 * makes the page read again only what came after the last point it has.
 */
export function useSeries(row: Row, range: RangeName, until: number | null): SeriesState {
  const base = useQuery({
    queryKey: ['observations', row.id, range, until],
    queryFn: async ({ signal }) => {
      const to = until ?? Date.now() + AHEAD_MS
      const from = (until ?? Date.now()) - RANGE_MS[range]
      return toSeries(await fetchObservations({ datastream: row.id, from, to, granularity: 'auto' }, signal))
    },
    refetchInterval: (query) =>
      query.state.data === undefined && query.state.errorUpdateCount > 0
        ? eased(RETRY_MS)
        : until === null
          ? REFRESH_MS
          : false,
  })

  const granularity = base.data?.granularity ?? 'raw'
  const end = base.data?.points.at(-1)?.t ?? null
  const latest = row.latest
  const latestTime = latest ? Date.parse(latest.phenomenonTime) : null
  const stamp = latest ? `${latest.phenomenonTime} ${JSON.stringify(latest.result)}` : ''
  const tailFrom = end ?? (latestTime === null ? null : latestTime - REFRESH_MS)
  const tail = useQuery({
    queryKey: ['tail', row.id, granularity, tailFrom, stamp],
    queryFn: async ({ signal }) =>
      toSeries(
        await fetchObservations(
          { datastream: row.id, from: tailFrom ?? 0, to: Date.now() + AHEAD_MS, granularity },
          signal,
        ),
      ),
    enabled:
      until === null &&
      base.data !== undefined &&
      latestTime !== null &&
      tailFrom !== null &&
      latestTime >= tailFrom,
    retry: false,
    staleTime: Infinity,
    gcTime: 5_000,
    // While the next tail is on its way the last one stays, unless it belongs to something else.
    placeholderData: (last, query) =>
      query?.queryKey[1] === row.id && query.queryKey[2] === granularity ? last : undefined,
  })

  const standing = useStanding(base)
  const series = useMemo(
    () => (base.data ? mergeTail(base.data, until === null ? tail.data : undefined) : undefined),
    [base.data, tail.data, until],
  )
  return {
    standing: series ? { kind: 'ready', data: series } : standing,
    retry: () => void base.refetch(),
  }
}
