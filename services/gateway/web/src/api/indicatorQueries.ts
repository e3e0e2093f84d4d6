import { useInfiniteQuery, useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query'

import { eased, paced } from '../live/pace'
import { address, getJson, getPages, onOwnHost, postJson } from './client'
import type { Page } from './types'
import type {
  Card,
  Explanation,
  Figure,
  IndicatorDetail,
  IndicatorSummary,
  PeriodKind,
  Ranking,
  WhatIfAnswer,
} from './indicatorTypes'
import { useChange } from './useChange'

/** Figures follow the data within two seconds; an answer that has not changed costs a 304. */
export const FIGURES_POLL_MS = 5_000
const DEFINITIONS_REFRESH_MS = 60_000
const EXPLAINED_INPUTS = 20

export function useIndicators(): UseQueryResult<IndicatorSummary[]> {
  return useQuery({
    queryKey: ['indicators'],
    queryFn: async ({ signal }) =>
      (await getJson<{ items: IndicatorSummary[] }>('/v1/indicators', { signal })).items,
    refetchInterval: (query) => eased(query.state.data?.length ? DEFINITIONS_REFRESH_MS : FIGURES_POLL_MS),
  })
}

/** The newest figure of each indicator of a subject; null or empty while none is known. */
export function useCards(subject: string | null): UseQueryResult<Card[]> {
  return useQuery({
    queryKey: ['cards', subject],
    queryFn: async ({ signal }) =>
      (
        await getJson<{ items: Card[] }>(
          address('/v1/indicators/latest', { subject: subject ?? undefined }),
          { signal },
        )
      ).items,
    enabled: subject !== null && subject !== '',
    refetchInterval: () => paced(FIGURES_POLL_MS),
  })
}

export type RankBy = 'area' | 'agency' | 'procedure' | 'thing'

export interface RankingChoice {
  by?: RankBy
  period?: PeriodKind | undefined
  /** What was known at that time, RFC 3339. */
  asOf?: string | undefined
}

/** The newest figure of each commune (or agency …) by one indicator, best first. */
export function useRanking(
  indicator: string | null,
  { by = 'area', period, asOf }: RankingChoice = {},
): UseQueryResult<Ranking> {
  return useQuery({
    queryKey: ['ranking', indicator, by, period ?? null, asOf ?? null],
    queryFn: ({ signal }) =>
      getPages<Ranking>(address(`/v1/indicators/${indicator}/latest`, { by, period, asOf }), {
        signal,
      }),
    enabled: indicator !== null,
    refetchInterval: () => paced(FIGURES_POLL_MS),
  })
}

/** One indicator: law, formula in words, versions, what is disputed. */
export function useDefinition(indicator: string): UseQueryResult<IndicatorDetail> {
  return useQuery({
    queryKey: ['definition', indicator],
    queryFn: ({ signal }) => getJson<IndicatorDetail>(`/v1/indicators/${indicator}`, { signal }),
    staleTime: DEFINITIONS_REFRESH_MS,
  })
}

export interface FiguresChoice {
  /** As the API names it. */
  subject: string
  period?: PeriodKind | undefined
  /** Periods or times; without them the API's own range. */
  from?: string | undefined
  to?: string | undefined
  /** What was known at that time, RFC 3339. */
  asOf?: string | undefined
}

export function figuresQuery({ subject, period, from, to, asOf }: FiguresChoice) {
  return { subject, period, from, to, asOf }
}

/** Figures of one subject in the order of time. */
export function useFigures(
  indicator: string,
  choice: FiguresChoice,
  enabled = true,
): UseQueryResult<Figure[]> {
  return useQuery({
    queryKey: ['figures', indicator, figuresQuery(choice)],
    queryFn: async ({ signal }) =>
      (
        await getPages<Page<Figure>>(
          address(`/v1/indicators/${indicator}/values`, figuresQuery(choice)),
          { signal },
          10,
        )
      ).items,
    enabled,
    refetchInterval: () => paced(FIGURES_POLL_MS * 2),
  })
}

/** What several figures are made of, in the order asked for: the total of a score and its groups. */
export function useExplanations(names: readonly FigureName[], enabled = true): UseQueryResult<Explanation>[] {
  return useQueries({
    queries: names.map((name) => ({
      queryKey: ['scorecard', name.subject, name.indicator, name.period],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        getJson<Explanation>(address(explanationAddress(name), { limit: 100 }), { signal }),
      enabled,
      refetchInterval: () => paced(FIGURES_POLL_MS * 2),
    })),
  })
}

export type Finish = { open: true } | { overdue: true }

export function useWhatIf() {
  return useChange([], ({ indicator, subject, period, finish }: FigureName & { finish: Finish }) =>
    postJson<WhatIfAnswer>(`/v1/indicators/${indicator}/what-if`, { subject, period, finish }),
  )
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
export function useExplanation(name: FigureName) {
  return useInfiniteQuery({
    queryKey: ['explanation', name.indicator, name.subject, name.period],
    queryFn: ({ pageParam, signal }) => getJson<Explanation>(pageParam, { signal }),
    initialPageParam: address(explanationAddress(name), { limit: EXPLAINED_INPUTS }),
    getNextPageParam: (page) => (page.next === null ? null : onOwnHost(page.next)),
    // Every page that was opened is asked for again: more slowly than what is always on the screen.
    refetchInterval: () => paced(FIGURES_POLL_MS * 2),
  })
}
