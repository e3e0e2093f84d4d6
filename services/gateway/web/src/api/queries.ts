import { QueryClient, useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query'

import { eased, isHeldBack } from '../live/pace'
import { address, ApiError, getJson, getPages } from './client'
import type {
  AreaCollection,
  Datastream,
  Granularity,
  LatestItem,
  ObservationPage,
  Page,
  ServiceSummary,
} from './types'

export const POLL_MS = 2_000
const CATALOGUE_REFRESH_MS = 60_000
const SUMMARY_REFRESH_MS = 60_000
const SUMMARY_DAYS = 30
export const MAX_POINTS = 1_000
/** Datastreams that one /v1/latest call may name. */
export const LATEST_BATCH = 500
/** Datastreams polled every two seconds; the others follow with the catalogue. */
export const LATEST_LIMIT = 1_000

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // A city's network may have no internet: "online" as the browser sees it says nothing about the gateway.
        networkMode: 'always',
        retry: (failures, error) =>
          failures < 2 && !isHeldBack() && error instanceof ApiError && error.transient,
        staleTime: POLL_MS,
        refetchOnWindowFocus: true,
      },
    },
  })
}

export function useAreas(): UseQueryResult<AreaCollection> {
  return useQuery({
    queryKey: ['areas'],
    queryFn: ({ signal }) => getJson<AreaCollection>('/v1/areas', { signal }),
    staleTime: Infinity,
    // Without boundaries the map is empty: keep asking until they are there.
    refetchInterval: (query) => (query.state.data ? false : eased(10_000)),
  })
}

export function useDatastreams(): UseQueryResult<Datastream[]> {
  return useQuery({
    queryKey: ['datastreams'],
    queryFn: async ({ signal }) =>
      (await getPages<Page<Datastream>>(address('/v1/datastreams', { limit: 1000 }), { signal })).items,
    // As long as there is nothing to show, the first thing to come should show at once.
    refetchInterval: (query) => eased(query.state.data?.length ? CATALOGUE_REFRESH_MS : 5_000),
  })
}

export interface LatestAnswer {
  items: readonly LatestItem[]
  /** Time (ms) of the last answer; 0 before the first. */
  answeredAt: number
  failing: boolean
}

/** Latest values of the given datastream ids, asked every two seconds in calls of at most LATEST_BATCH. */
export function useLatest(ids: readonly (number | string)[]): LatestAnswer {
  const batches: (number | string)[][] = []
  for (let start = 0; start < ids.length; start += LATEST_BATCH) {
    batches.push(ids.slice(start, start + LATEST_BATCH))
  }
  return useQueries({
    queries: batches.map((batch) => ({
      queryKey: ['latest', batch.join(',')],
      queryFn: async ({ signal }: { signal: AbortSignal }) =>
        (await getJson<{ items: LatestItem[] }>(address('/v1/latest', { datastream: batch }), { signal }))
          .items,
      refetchInterval: () => eased(POLL_MS),
      retry: false,
      staleTime: 0,
      gcTime: POLL_MS * 5,
    })),
    combine: combineLatest,
  })
}

function combineLatest(results: UseQueryResult<LatestItem[]>[]): LatestAnswer {
  return {
    items: results.flatMap((result) => result.data ?? []),
    answeredAt: results.length === 0 ? 0 : Math.min(...results.map((result) => result.dataUpdatedAt)),
    failing: results.some((result) => result.isError),
  }
}

export interface ObservationRequest {
  datastream: number | string
  from: number
  /** Exclusive. */
  to: number
  granularity: 'auto' | Granularity
  /** Of `auto`. */
  maxPoints?: number
}

export function fetchObservations(
  request: ObservationRequest,
  signal?: AbortSignal,
): Promise<ObservationPage> {
  const url = address('/v1/observations', {
    datastream: request.datastream,
    from: new Date(request.from).toISOString(),
    to: new Date(request.to).toISOString(),
    granularity: request.granularity,
    maxPoints: request.granularity === 'auto' ? (request.maxPoints ?? MAX_POINTS) : undefined,
    limit: 10_000,
  })
  return getPages<ObservationPage>(url, { signal }, 10)
}

/** For operators only: others are refused. */
export function useServiceSummary(enabled: boolean): UseQueryResult<ServiceSummary> {
  return useQuery({
    enabled,
    queryKey: ['service-summary', 'agency'],
    queryFn: ({ signal }) => {
      const hour = 3_600_000
      const to = Math.ceil(Date.now() / hour) * hour
      const from = to - SUMMARY_DAYS * 24 * hour
      return getJson<ServiceSummary>(
        address('/v1/service-events/summary', {
          groupBy: 'agency',
          from: new Date(from).toISOString(),
          to: new Date(to).toISOString(),
        }),
        { signal },
      )
    },
    refetchInterval: (query) => eased(query.state.data ? SUMMARY_REFRESH_MS : 10_000),
  })
}
