/**
 * What the reader has chosen lives in the address, so that a link shows another person the same view. All members are
 * texts there; each route says what it makes of them and forgives nonsense.
 */

import type { FigureName } from '../api/indicatorQueries'
import { LANGUAGES, type Language } from '../i18n/messages'

export type RawSearch = Record<string, unknown>

export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text))
}

/** In the order of the members; what is not chosen is left out. */
export function stringifySearch(search: RawSearch): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') params.set(name, String(value))
  }
  const text = params.toString()
  return text ? `?${text}` : ''
}

/** A text member, or undefined. */
export function textOf(raw: RawSearch, name: string): string | undefined {
  const value = raw[name]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** One of the given words, or undefined. */
export function wordOf<Word extends string>(
  raw: RawSearch,
  name: string,
  words: readonly Word[],
): Word | undefined {
  return words.find((word) => word === raw[name])
}

/** An RFC 3339 time, or undefined. */
export function timeOf(raw: RawSearch, name: string): string | undefined {
  const text = textOf(raw, name)
  return text !== undefined && !Number.isNaN(Date.parse(text)) ? text : undefined
}

/** Every view has these: the language, and what lies open above the view. */
export interface SharedSearch {
  lang?: Language | undefined
  /** The figure that is explained; see `whyText`. */
  why?: string | undefined
  /** Id of the alert that is open. */
  alert?: string | undefined
}

export function sharedSearch(raw: RawSearch): SharedSearch {
  const why = textOf(raw, 'why')
  const alert = textOf(raw, 'alert')
  return {
    lang: wordOf(raw, 'lang', LANGUAGES),
    why: why && parseWhy(why) ? why : undefined,
    alert: alert && /^\d{1,15}$/.test(alert) ? alert : undefined,
  }
}

/** Subject last: it alone may hold any character. */
const WHY = /^([a-z0-9.-]+)~([0-9TQ-]+)~(.+)$/

export function parseWhy(text: string | undefined): FigureName | null {
  const match = WHY.exec(text ?? '')
  return match ? { indicator: match[1] ?? '', period: match[2] ?? '', subject: match[3] ?? '' } : null
}

export function whyText({ indicator, period, subject }: FigureName): string {
  return `${indicator}~${period}~${subject}`
}
