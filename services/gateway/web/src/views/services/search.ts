import type { RankBy } from '../../api/indicatorQueries'
import type { PeriodKind } from '../../api/indicatorTypes'
import { textOf, wordOf, type RawSearch } from '../../view/search'

/** Lengths of time that Decision 766 scores. */
export const SCORED_KINDS = ['month', 'quarter', 'year'] as const satisfies readonly PeriodKind[]
export type ScoredKind = (typeof SCORED_KINDS)[number]

/** What the reader has chosen about the scorecard; what is left out has its default. */
export interface ServicesSearch {
  /** As the API names it; the province by default. */
  subject?: string | undefined
  kind?: ScoredKind | undefined
  /** The period; the running one by default. */
  period?: string | undefined
  /** Id of the group that is opened: `d766-3`. */
  group?: string | undefined
  /** Who is ranked. */
  by?: RankBy | undefined
}

export function servicesSearch(raw: RawSearch): ServicesSearch {
  const period = textOf(raw, 'period')
  const group = textOf(raw, 'group')
  return {
    subject: textOf(raw, 'subject'),
    kind: wordOf(raw, 'kind', SCORED_KINDS),
    period: period && /^\d{4}(-Q[1-4]|-\d{2})?$/.test(period) ? period : undefined,
    group: group && /^d766-[1-5]$/.test(group) ? group : undefined,
    by: wordOf(raw, 'by', ['area', 'agency', 'procedure'] as const),
  }
}
