import type { RankBy } from '../../api/indicatorQueries'
import type { PeriodKind } from '../../api/indicatorTypes'
import { textOf, timeOf, wordOf, type RawSearch } from '../../view/search'

export const PERIOD_KINDS: readonly PeriodKind[] = ['hour', 'day', 'month', 'quarter', 'year']
export const RANK_BY: readonly RankBy[] = ['area', 'agency', 'procedure']

/** What the reader has chosen about one indicator; what is left out has its default. */
export interface IndicatorSearch {
  /** As the API names it; the province by default. */
  subject?: string | undefined
  period?: PeriodKind | undefined
  /** Dates, both inside. */
  from?: string | undefined
  to?: string | undefined
  /** What was known at that time. */
  asOf?: string | undefined
  /** The period that is looked at; the newest by default. */
  at?: string | undefined
  /** The period that it is compared with; the one before by default. */
  with?: string | undefined
  by?: RankBy | undefined
  show?: 'table' | undefined
}

const DATE = /^\d{4}-\d{2}-\d{2}$/
const PERIOD = /^\d{4}(-Q[1-4]|-\d{2}(-\d{2}(T\d{2})?)?)?$/

export function indicatorSearch(raw: RawSearch): IndicatorSearch {
  const like = (name: string, pattern: RegExp) => {
    const text = textOf(raw, name)
    return text !== undefined && pattern.test(text) ? text : undefined
  }
  return {
    subject: textOf(raw, 'subject'),
    period: wordOf(raw, 'period', PERIOD_KINDS),
    from: like('from', DATE),
    to: like('to', DATE),
    asOf: timeOf(raw, 'asOf'),
    at: like('at', PERIOD),
    with: like('with', PERIOD),
    by: wordOf(raw, 'by', RANK_BY),
    show: wordOf(raw, 'show', ['table'] as const),
  }
}
