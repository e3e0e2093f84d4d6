import { useInfiniteQuery, useQuery, type UseQueryResult } from '@tanstack/react-query'

import { address, getJson, getPages, onOwnHost, type Caller } from './client'
import type { Card, Explanation, Figure, IndicatorSummary, Ranking } from './indicatorTypes'

/** Figures follow the data within two seconds; an answer that has not changed costs a 304. */
export const FIGURES_POLL_MS = 5_000
const DEFINITIONS_REFRESH_MS = 60_000
const EXPLAINED_INPUTS = 20

/** What is asked for and by whom: operators see more than the public, so their answers are kept apart. */
export type Asker = Pick<Caller, 'authorization'>

export function useIndicators({ authorization }: Asker): UseQueryResult<IndicatorSummary[]> {
  return useQuery({
    queryKey: ['indicators', authorization ?? ''],
    queryFn: async ({ signal }) =>
      (await getJson<{ items: IndicatorSummary[] }>('/v1/indicators', { signal, authorization })).items,
    refetchInterval: (query) => (query.state.data?.length ? DEFINITIONS_REFRESH_MS : FIGURES_POLL_MS),
  })
}

/** The newest figure of each indicator of a subject, `null` while none is known. */
export function useCards(subject: string | null, { authorization }: Asker): UseQueryResult<Card[]> {
  return useQuery({
    queryKey: ['cards', subject, authorization ?? ''],
    queryFn: async ({ signal }) =>
      (
        await getJson<{ items: Card[] }>(
          address('/v1/indicators/latest', { subject: subject ?? undefined }),
          {
            signal,
            authorization,
          },
        )
      ).items,
    enabled: subject !== null,
    refetchInterval: FIGURES_POLL_MS,
  })
}

/** The newest figure of each commune by one indicator. */
export function useRanking(indicator: string | null, { authorization }: Asker): UseQueryResult<Ranking> {
  return useQuery({
    queryKey: ['ranking', indicator, authorization ?? ''],
    queryFn: ({ signal }) =>
      getPages<Ranking>(address(`/v1/indicators/${indicator}/latest`, { by: 'area' }), {
        signal,
        authorization,
      }),
    enabled: indicator !== null,
    refetchInterval: FIGURES_POLL_MS,
  })
}

/** Which figure is to be explained. */
export interface FigureName {
  indicator: string
  /** As the API names it: `02671`, `thing:<provider>/<thing>` … */
  subject: string
  period: string
}

export function subjectReference({ kind, key }: Figure['subject']): string {
  return kind === 'area' ? key : `${kind}:${key}`
}

export function explanationAddress({ indicator, subject, period }: FigureName): string {
  return `/v1/indicators/${indicator}/values/${encodeURIComponent(subject)}/${period}/explain`
}

/** Why a figure is what it is, with as many pages of its inputs as were asked for. */
export function useExplanation(name: FigureName, { authorization }: Asker) {
  return useInfiniteQuery({
    queryKey: ['explanation', name.indicator, name.subject, name.period, authorization ?? ''],
    queryFn: ({ pageParam, signal }) => getJson<Explanation>(pageParam, { signal, authorization }),
    initialPageParam: address(explanationAddress(name), { limit: EXPLAINED_INPUTS }),
    getNextPageParam: (page) => (page.next === null ? null : onOwnHost(page.next)),
    // Every page that was opened is asked for again: more slowly than what is always on the screen.
    refetchInterval: FIGURES_POLL_MS * 2,
  })
}
