import type { PeriodKind } from '../api/indicatorTypes'
import { ZONE_OFFSET_MS, type Translate } from '../i18n/format'
import type { Language } from '../i18n/messages'

const PERIOD = /^(\d{4})(?:-Q([1-4])|-(\d{2})(?:-(\d{2})(?:T(\d{2}))?)?)?$/
const ROMAN = ['I', 'II', 'III', 'IV']
const MONTHS_EN = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A period as people write it: "08–09h 21/11", "Tháng 11/2026", "Quý IV/2026". What it cannot read, it repeats. */
export function periodLabel(period: string, t: Translate, language: Language): string {
  const match = PERIOD.exec(period)
  if (!match) return period
  const [, year = '', quarter, month, day, hour] = match
  if (quarter) {
    return t('quarterLabel', {
      quarter: language === 'vi' ? (ROMAN[Number(quarter) - 1] ?? quarter) : quarter,
      year,
    })
  }
  if (!month) return t('yearLabel', { year })
  const monthText = language === 'vi' ? month : (MONTHS_EN[Number(month) - 1] ?? month)
  if (!day) return t('monthLabel', { month: monthText, year })
  const date = `${day}/${month}/${year}`
  if (!hour) return date
  // The year is left out: hours are of these days. The hour from 23:00 ends at 24:00 of the same day.
  return `${hour}–${String(Number(hour) + 1).padStart(2, '0')}h ${day}/${month}`
}

const PERIOD_KINDS: readonly PeriodKind[] = ['hour', 'day', 'month', 'quarter', 'year']

export function isPeriodKind(name: unknown): name is PeriodKind {
  return PERIOD_KINDS.some((kind) => kind === name)
}

/** The kind of a period that the API names so. */
export function kindOf(period: string): PeriodKind {
  const [, , quarter, month, day, hour] = PERIOD.exec(period) ?? []
  return hour ? 'hour' : day ? 'day' : month ? 'month' : quarter ? 'quarter' : 'year'
}

/** The period of that kind which a time (ms) lies in, as the API names it. */
export function periodAt(kind: PeriodKind, time: number): string {
  const local = new Date(time + ZONE_OFFSET_MS).toISOString()
  const [year, month] = [local.slice(0, 4), Number(local.slice(5, 7))]
  if (kind === 'quarter') return `${year}-Q${Math.ceil(month / 3)}`
  return local.slice(0, { hour: 13, day: 10, month: 7, year: 4 }[kind])
}
