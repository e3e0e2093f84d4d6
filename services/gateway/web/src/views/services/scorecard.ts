import { useExplanations, useFigures, useIndicators, type FigureName } from '../../api/indicatorQueries'
import type { ComponentItem, Explanation } from '../../api/indicatorTypes'
import { kindOf } from '../../indicators/period'
import { useProvince } from '../../indicators/subjects'

/** The whole index exists for the province; others have what follows from their own cases: groups 2 to 5. */
export const WHOLE = 'd766-total'
export const COMPUTED = 'd766-total-computed'

export interface Scorecard {
  /** Id of the indicator that is the total of this subject. */
  id: string
  total: Explanation | null
  groups: readonly ComponentItem[]
  /** What the opened group is made of. */
  parts: readonly ComponentItem[]
  /** The points that can be reached: 100 of the province, 82 of others. */
  maximum: number
  /** Nobody has computed it yet: there were no dossiers. */
  empty: boolean
  /** The reader may not see it: some maxima are assumed, so the definitions are for operators. */
  hidden: boolean
  error: Error | null
  retry: () => void
}

/**
 * Total and groups of one subject (none while that is empty) in one period, and the parts of the opened group, as the explanations of the figures
 * tell them. A figure that nobody has computed has no explanation: whether there is one is looked up first.
 */
export function useScorecard(subject: string, period: string, opened: string | null = null): Scorecard {
  const id = subject === useProvince() ? WHOLE : COMPUTED
  const indicators = useIndicators()
  const visible = indicators.data?.some((one) => one.id === id) === true
  const figures = useFigures(
    id,
    { subject, period: kindOf(period), from: period, to: period },
    visible && subject !== '',
  )
  const exists = figures.data !== undefined && figures.data.length > 0
  const name = (indicator: string): FigureName => ({ indicator, subject, period })
  const [total] = useExplanations([name(id)], exists)
  const groups = componentsOf(total?.data)
  const isOpened = groups.some((one) => one.indicator === opened && !one.missing && !one.hidden)
  const [group] = useExplanations(isOpened && opened !== null ? [name(opened)] : [])
  return {
    id,
    total: total?.data ?? null,
    groups,
    parts: componentsOf(group?.data),
    maximum: groups.reduce((sum, one) => sum + (one.maximum ?? 0), 0),
    empty: figures.data?.length === 0,
    hidden: indicators.data !== undefined && !visible,
    error: total?.data ? null : (total?.error ?? total?.failureReason ?? figures.error ?? indicators.error),
    retry: () => void (exists ? total?.refetch() : visible ? figures.refetch() : indicators.refetch()),
  }
}

function componentsOf(explanation: Explanation | undefined): readonly ComponentItem[] {
  return explanation?.inputs.kind === 'components' ? explanation.inputs.items : []
}
