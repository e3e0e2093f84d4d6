import { useCallback, useSyncExternalStore } from 'react'

import type { FigureName } from '../api/indicatorQueries'
import { LANGUAGES, type Language } from '../i18n/messages'

export const RANGES = ['6h', '24h', '7d', '30d', '1y'] as const
export type RangeName = (typeof RANGES)[number]

const HOUR = 3_600_000
export const RANGE_MS: Record<RangeName, number> = {
  '6h': 6 * HOUR,
  '24h': 24 * HOUR,
  '7d': 7 * 24 * HOUR,
  '30d': 30 * 24 * HOUR,
  '1y': 365 * 24 * HOUR,
}

/** What the reader has chosen. It lives in the address, so that a link shows another person the same view. */
export interface View {
  language: Language
  /** Key of the chosen datastream. */
  datastream: string | null
  range: RangeName
  /** End of the shown time (ms); null means now, live. */
  until: number | null
  search: string
  /** Key of an observed property. */
  property: string | null
  /** Code of a commune. */
  area: string | null
  /** Id of a thing. */
  thing: string | null
  /** Group of indicators that alone is shown. */
  group: string | null
  /** Id of the indicator that colours the map, `none`, or null for the default. */
  shade: string | null
  /** The figure that is explained. */
  why: FigureName | null
  /** Id of the alert that is open. */
  alert: number | null
}

/** Subject last: it alone may hold any character. */
const WHY = /^([a-z0-9.-]+)~([0-9TQ-]+)~(.+)$/

const LANGUAGE_STORE = 'fansipan.language'
const CHANGED = 'fansipan:view'

export function parseView(search: string, fallbackLanguage: Language): View {
  const params = new URLSearchParams(search)
  const language = params.get('lang')
  const range = params.get('range')
  const until = Date.parse(params.get('until') ?? '')
  const why = WHY.exec(params.get('why') ?? '')
  const alert = /^\d{1,15}$/.exec(params.get('alert') ?? '')
  return {
    language: LANGUAGES.find((one) => one === language) ?? fallbackLanguage,
    datastream: params.get('datastream'),
    range: RANGES.find((one) => one === range) ?? '24h',
    until: Number.isNaN(until) ? null : until,
    search: params.get('q') ?? '',
    property: params.get('property'),
    area: params.get('area'),
    thing: params.get('thing'),
    group: params.get('group'),
    shade: params.get('shade'),
    why: why ? { indicator: why[1] ?? '', period: why[2] ?? '', subject: why[3] ?? '' } : null,
    alert: alert ? Number(alert[0]) : null,
  }
}

export function viewSearch(view: View): string {
  const params = new URLSearchParams()
  if (view.language !== 'vi') params.set('lang', view.language)
  if (view.datastream) params.set('datastream', view.datastream)
  if (view.range !== '24h') params.set('range', view.range)
  if (view.until !== null) params.set('until', new Date(view.until).toISOString())
  if (view.search) params.set('q', view.search)
  if (view.property) params.set('property', view.property)
  if (view.area) params.set('area', view.area)
  if (view.thing) params.set('thing', view.thing)
  if (view.group) params.set('group', view.group)
  if (view.shade) params.set('shade', view.shade)
  if (view.why) params.set('why', `${view.why.indicator}~${view.why.period}~${view.why.subject}`)
  if (view.alert !== null) params.set('alert', String(view.alert))
  const text = params.toString()
  return text ? `?${text}` : ''
}

function storedLanguage(): Language {
  try {
    const stored = window.localStorage.getItem(LANGUAGE_STORE)
    return LANGUAGES.find((one) => one === stored) ?? 'vi'
  } catch {
    // Storage is blocked by the browser's settings: the page then starts in Vietnamese each time.
    return 'vi'
  }
}

function storeLanguage(language: Language): void {
  try {
    window.localStorage.setItem(LANGUAGE_STORE, language)
  } catch {
    // See storedLanguage: the address still carries the choice.
  }
}

let parsed: { search: string; view: View } | null = null

function currentView(): View {
  const search = window.location.search
  if (parsed?.search !== search) parsed = { search, view: parseView(search, storedLanguage()) }
  return parsed.view
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('popstate', onChange)
  window.addEventListener(CHANGED, onChange)
  return () => {
    window.removeEventListener('popstate', onChange)
    window.removeEventListener(CHANGED, onChange)
  }
}

export function useView(): [View, (change: Partial<View>) => void] {
  const view = useSyncExternalStore(subscribe, currentView)
  const update = useCallback((change: Partial<View>) => {
    const next = { ...currentView(), ...change }
    if (change.language) storeLanguage(change.language)
    const address = window.location.pathname + viewSearch(next) + window.location.hash
    // Choosing a datastream or opening a drawer is a step that "back" undoes; typing in a filter is not.
    if (change.datastream || change.why || change.alert) window.history.pushState(null, '', address)
    else window.history.replaceState(null, '', address)
    parsed = null
    window.dispatchEvent(new Event(CHANGED))
  }, [])
  return [view, update]
}
