import { useExplanations, useIndicators, type FigureName } from '../../api/indicatorQueries'
import type { ComponentItem, Explanation } from '../../api/indicatorTypes'
import { PROVINCE } from '../../indicators/subjects'

/** The whole index exists for the province; others have what follows from their own cases: groups 2 to 5. */
export const WHOLE = 'd766-total'
export const COMPUTED = 'd766-total-computed'
/** Points that the Decision gives each group (766/QĐ-TTg: 18, 20, 22, 22, 18). */
const GROUPS = ['d766-1', 'd766-2', 'd766-3', 'd766-4', 'd766-5'] as const

export function totalOf(subject: string): string {
  return subject === PROVINCE ? WHOLE : COMPUTED
}

export interface ScoreGroup extends ComponentItem {
  parts: readonly ComponentItem[]
}

export interface Scorecard {
  total: Explanation | null
  groups: readonly ScoreGroup[]
  /** The points that can be reached: 100 of the province, 82 of others. */
  maximum: number
  waiting: boolean
  /** The reader may not see it: some maxima are assumed, so the definitions are for operators. */
  hidden: boolean
  error: Error | null
  retry: () => void
}

/** Total, groups and parts of one subject in one period, as the explanations of the figures tell them. */
export function useScorecard(subject: string, period: string): Scorecard {
  const name = (indicator: string): FigureName => ({ indicator, subject, period })
  const groupIds = subject === PROVINCE ? GROUPS : GROUPS.slice(1)
  const indicators = useIndicators()
  const visible = indicators.data?.some((one) => one.id === totalOf(subject)) === true
  const [total, ...groups] = useExplanations([totalOf(subject), ...groupIds].map(name), visible)
  const components = componentsOf(total?.data)
  return {
    total: total?.data ?? null,
    groups: components.map((component) => ({
      ...component,
      parts: componentsOf(groups[groupIds.findIndex((id) => id === component.indicator)]?.data),
    })),
    maximum: components.reduce((sum, one) => sum + (one.maximum ?? 0), 0),
    waiting: total?.isPending === true && total.failureCount === 0 && !indicators.isError,
    hidden: indicators.data !== undefined && !visible,
    error: total?.data ? null : (total?.error ?? total?.failureReason ?? indicators.error),
    retry: () => void (visible ? total?.refetch() : indicators.refetch()),
  }
}

function componentsOf(explanation: Explanation | undefined): readonly ComponentItem[] {
  return explanation?.inputs.kind === 'components' ? explanation.inputs.items : []
}
