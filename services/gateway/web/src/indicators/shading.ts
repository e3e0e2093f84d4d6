import type { IndicatorSummary, Ranking } from '../api/indicatorTypes'
import type { I18n } from '../i18n/I18n'
import type { Language } from '../i18n/messages'
import { bandName, inLanguage, unitText, valueText } from './cardText'
import { groupOrder } from './groups'
import { periodLabel } from './period'

export const NO_SHADE = 'none'
const STEPS = 5

export interface Shade {
  /** A CSS colour; null where there is no value. */
  colour: string | null
  /** Value, band and period in words. */
  text: string
}

/** How the map colours its communes. */
export interface Shading {
  title: string
  /** By code of the commune. */
  shades: ReadonlyMap<string, Shade>
  legend: readonly { colour: string; label: string; range: string }[]
}

/** Indicators that communes have figures of, as they stand in the choice. */
export function shadeable(indicators: readonly IndicatorSummary[]): IndicatorSummary[] {
  return indicators
    .filter((one) => one.subjects.includes('commune'))
    .sort(
      (a, b) =>
        groupOrder(a.group) - groupOrder(b.group) || a.id.localeCompare(b.id, 'en', { numeric: true }),
    )
}

/** The air of this hour where it is measured, else the first indicator with named bands. */
export function defaultShade(indicators: readonly IndicatorSummary[]): IndicatorSummary | null {
  const banded = indicators.filter((one) => one.bands.length > 0)
  return (
    banded.find((one) => one.group === 'environment' && one.periods[0] === 'hour') ??
    banded[0] ??
    indicators[0] ??
    null
  )
}

/** Colours by the bands of the definition; without bands, by five equal steps between the smallest and largest value. */
export function shadingOf(indicator: IndicatorSummary, ranking: Ranking, i18n: I18n): Shading {
  const { language, t } = i18n
  const values = ranking.items.flatMap((item) => (item.value === null ? [] : [item.value]))
  const steps = indicator.bands.length > 0 ? null : equalSteps(values)
  const shades = new Map<string, Shade>()
  for (const item of ranking.items) {
    const number = valueText(item, indicator.decimals, i18n)
    const text = [
      item.value === null ? number : withUnit(number, indicator, language),
      item.band && bandName(item.band, language),
      periodLabel(item.period, t, language),
    ]
    const colour =
      item.value === null ? null : steps ? stepColour(steps, item.value) : (item.band?.colour ?? null)
    shades.set(item.subject.key, { colour, text: text.filter(Boolean).join(' · ') })
  }
  return {
    title: inLanguage(indicator.names, language),
    shades,
    legend: steps ? stepLegend(steps, indicator, i18n) : bandLegend(indicator, i18n),
  }
}

function withUnit(number: string, { unit }: IndicatorSummary, language: Language): string {
  const text = unitText(unit, language)
  if (text === '%') return `${number}%`
  return text ? `${number} ${text}` : number
}

function bandLegend({ bands, decimals }: IndicatorSummary, { t, language, format }: I18n) {
  return bands.map((band) => {
    const name = inLanguage(band.name, language)
    const bound = band.upTo ?? band.from ?? null
    const range =
      bound === null
        ? name
        : t(band.upTo === null || band.upTo === undefined ? 'bandFrom' : 'bandUpTo', {
            name,
            bound: format.fixed(bound, Number.isInteger(bound) ? 0 : decimals),
          })
    return { colour: band.colour, label: name, range }
  })
}

interface Steps {
  from: number
  width: number
}

function equalSteps(values: readonly number[]): Steps | null {
  if (values.length === 0) return null
  const [from, to] = [Math.min(...values), Math.max(...values)]
  return { from, width: (to - from) / STEPS }
}

function stepColour({ from, width }: Steps, value: number): string {
  const step = width === 0 ? STEPS - 1 : Math.min(STEPS - 1, Math.floor((value - from) / width))
  return `var(--ramp-${step + 1})`
}

function stepLegend({ from, width }: Steps, { decimals }: IndicatorSummary, { format }: I18n) {
  const number = (value: number) => format.fixed(value, decimals)
  if (width === 0) return [{ colour: `var(--ramp-${STEPS})`, label: number(from), range: number(from) }]
  return Array.from({ length: STEPS }, (_, step) => {
    const range = `${number(from + step * width)} – ${number(from + (step + 1) * width)}`
    return { colour: `var(--ramp-${step + 1})`, label: range, range }
  })
}
