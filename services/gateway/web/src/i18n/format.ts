import type { Result } from '../api/types'
import type { Language, MessageKey } from './messages'

export type Translate = (key: MessageKey, values?: Record<string, string | number>) => string

/** Times are shown as in Việt Nam wherever the reader sits: hours and days are those of the province. */
export const TIME_ZONE = 'Asia/Ho_Chi_Minh'
/** Việt Nam has had no daylight saving since 1975. */
export const ZONE_OFFSET_MS = 7 * 3_600_000

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Texts of numbers, values, ages and times in one language. */
export interface Formats {
  /** At most two decimals, fewer for large numbers, more for very small ones: 78,96 · 1.234,5 · 0,0042. */
  number(value: number): string
  count(value: number): string
  /** With exactly so many decimals, as an indicator's definition asks for: 97,75. */
  fixed(value: number, decimals: number): string
  /** The same with its sign: +1,20 · −0,50; zero after rounding has none. */
  signed(value: number, decimals: number): string
  /** A share between 0 and 1: 93,4%. */
  percent(share: number): string
  value(result: Result): string
  /** How long before `now` the time was, short: "5 phút". A time in the future counts as now. */
  age(time: string | number, now: number): string
  clock(time: number): string
  /** Date and time to the minute. */
  dateTime(time: string | number): string
  /** The date alone. */
  date(time: string | number): string
  /** Date and time to the second, or just the date for whole days. */
  exact(time: number, step: 'second' | 'minute' | 'day'): string
}

export function createFormats(language: Language, t: Translate): Formats {
  const locale = language === 'vi' ? 'vi-VN' : 'en-GB'
  const numbers = [0, 1, 2].map((digits) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits }))
  const tiny = new Intl.NumberFormat(locale, { maximumSignificantDigits: 2, maximumFractionDigits: 20 })
  const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 })
  const zone = { timeZone: TIME_ZONE, hourCycle: 'h23' } as const
  const date = { day: '2-digit', month: '2-digit', year: 'numeric' } as const
  const minute = { hour: '2-digit', minute: '2-digit' } as const
  const clock = new Intl.DateTimeFormat(locale, { ...zone, ...minute, second: '2-digit' })
  const clockMinute = new Intl.DateTimeFormat(locale, { ...zone, ...minute })
  const day = new Intl.DateTimeFormat(locale, { ...zone, ...date })

  function number(value: number): string {
    if (!Number.isFinite(value)) return '–'
    const size = Math.abs(value)
    if (size > 0 && size < 0.01) return tiny.format(value)
    const format = numbers[size >= 10_000 ? 0 : size >= 1_000 ? 1 : 2]
    return (format as Intl.NumberFormat).format(Object.is(value, -0) ? 0 : value)
  }

  const byDecimals = new Map<string, Intl.NumberFormat>()
  function decimalFormat(decimals: number, sign: 'auto' | 'exceptZero'): Intl.NumberFormat {
    const key = `${sign} ${decimals}`
    const known = byDecimals.get(key)
    if (known) return known
    const made = new Intl.NumberFormat(locale, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
      signDisplay: sign === 'auto' ? 'negative' : sign,
    })
    byDecimals.set(key, made)
    return made
  }

  function value(result: Result): string {
    if (result === null) return '–'
    if (typeof result === 'number') return number(result)
    if (typeof result === 'boolean') return t(result ? 'yes' : 'no')
    return typeof result === 'string' ? result : JSON.stringify(result)
  }

  function age(time: string | number, now: number): string {
    const passed = now - new Date(time).getTime()
    if (passed < 5 * SECOND) return t('ageNow')
    if (passed < MINUTE) return t('ageSeconds', { n: Math.floor(passed / SECOND) })
    if (passed < HOUR) return t('ageMinutes', { n: Math.floor(passed / MINUTE) })
    if (passed < 2 * DAY) return t('ageHours', { n: Math.floor(passed / HOUR) })
    if (passed < 60 * DAY) return t('ageDays', { n: Math.floor(passed / DAY) })
    if (passed < 730 * DAY) return t('ageMonths', { n: Math.floor(passed / (30.44 * DAY)) })
    return t('ageYears', { n: Math.floor(passed / (365.25 * DAY)) })
  }

  function exact(time: number, step: 'second' | 'minute' | 'day'): string {
    if (step === 'day') return day.format(time)
    return `${(step === 'second' ? clock : clockMinute).format(time)} ${day.format(time)}`
  }

  return {
    number,
    count: (value) => (numbers[0] as Intl.NumberFormat).format(value),
    fixed: (value, decimals) => decimalFormat(decimals, 'auto').format(value),
    signed: (value, decimals) => decimalFormat(decimals, 'exceptZero').format(value).replace('-', '−'),
    percent: (share) => percents.format(share),
    value,
    age,
    clock: (time) => clock.format(time),
    date: (time) => exact(new Date(time).getTime(), 'day'),
    dateTime: (time) => exact(new Date(time).getTime(), 'minute'),
    exact,
  }
}
