import type { Card, Figure, FigureBand, MovingFigure, Subject, Text, Unit } from '../api/indicatorTypes'
import type { I18n } from '../i18n/I18n'
import type { Language } from '../i18n/messages'
import { kindOf, periodAt } from './period'

export function inLanguage(text: Text, language: Language): string {
  return text[language]
}

export function subjectName(subject: Subject, language: Language): string {
  return (language === 'en' ? subject.nameEn : subject.name) ?? subject.name ?? subject.key
}

/** The code behind an agency's or a procedure's name, for who has to look it up elsewhere; none where the code is shown. */
export function subjectCode({ kind, key, name }: Subject): string | undefined {
  return (kind === 'agency' || kind === 'procedure') && name !== null ? key : undefined
}

export function bandName(band: FigureBand, language: Language): string {
  return band.name ? inLanguage(band.name, language) : band.key
}

/** The value without its unit; without a value, why there is none. */
export function valueText(
  figure: Pick<Figure, 'value' | 'missing'>,
  decimals: number,
  { t, format }: I18n,
): string {
  if (figure.value !== null) return format.fixed(figure.value, decimals)
  return figure.missing ? t(`missing.${figure.missing}`) : '–'
}

/** What a card shows of a figure: its value, or that of the period before while the running one has none yet. */
export interface Shown {
  value: number | null
  period: string
  band: FigureBand | null
  /** Why the running period has no value, where that of the one before is shown. */
  before: Figure['missing']
}

const NOT_YET: readonly Figure['missing'][] = ['no-data', 'too-few-samples']

export function shownOf(figure: MovingFigure): Shown {
  const { value, period, band, previous, missing } = figure
  if (value !== null || previous === null || !NOT_YET.includes(missing))
    return { value, period, band, before: null }
  const before = periodAt(kindOf(period), Date.parse(figure.start) - 1)
  return { value: previous, period: before, band: null, before: missing }
}

/** The unit as written behind a value. A word ("hồ sơ") is translated, a symbol ("mm") is not. */
export function unitText(unit: Unit, language: Language): string {
  return unit.name && unit.symbol === unit.name.vi ? inLanguage(unit.name, language) : unit.symbol
}

export interface Change {
  /** With its sign, as displayed. */
  text: string
  towards: 'up' | 'down' | 'same'
  /** Whether that is good; null where the indicator says no direction. */
  better: boolean | null
}

/** The change since the period before, judged as it is displayed; null when there is nothing to compare with. */
export function changeOf(
  figure: MovingFigure & Pick<Card, 'decimals' | 'direction'>,
  { format }: I18n,
): Change | null {
  if (figure.change === null) return null
  const unit = 10 ** figure.decimals
  const rounded = Math.round(figure.change * unit) / unit
  if (rounded === 0) return { text: '0', towards: 'same', better: null }
  const up = rounded > 0
  return {
    text: format.signed(rounded, figure.decimals),
    towards: up ? 'up' : 'down',
    better: figure.direction === 'none' ? null : up === (figure.direction === 'higher-is-better'),
  }
}

/** Whether a whole further period has gone by without a figure. */
export function isOutdated(figure: Pick<Figure, 'start' | 'end'>, now: number): boolean {
  const [start, end] = [Date.parse(figure.start), Date.parse(figure.end)]
  return now > end + (end - start)
}
