import type { Page } from './types'

const TIMEOUT_MS = 15_000
const MAX_PAGES = 50

/** A refused or failed request. `status` is 0 when no answer came at all (network, timeout). */
export class ApiError extends Error {
  readonly status: number
  readonly detail: string | null

  constructor(status: number, title: string, detail: string | null = null) {
    super(title)
    this.name = 'ApiError'
    this.status = status
    this.detail = detail
  }

  /** Whether the same request may succeed later without a change by the user. */
  get transient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

export type Query = Record<string, string | number | readonly (string | number)[] | undefined>

export function address(path: string, query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) params.append(name, String(one))
  }
  const text = params.toString()
  return text ? `${path}?${text}` : path
}

/** Who asks, when it is not the browser's own credential. */
export interface Caller {
  /** Value of the Authorization header. */
  authorization?: string | undefined
  signal?: AbortSignal | undefined
}

/** GET a JSON document. Throws ApiError; an abort by the signal passes through as it is. */
export function getJson<T>(url: string, caller: Caller = {}): Promise<T> {
  return request<T>(url, {}, caller)
}

/** POST a JSON document. Throws ApiError. It is never sent twice by itself. */
export function postJson<T>(url: string, body: unknown, caller: Caller & { ifMatch?: string }): Promise<T> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' }
  if (caller.ifMatch) headers['If-Match'] = caller.ifMatch
  return request<T>(url, { method: 'POST', body: JSON.stringify(body), headers }, caller)
}

async function request<T>(url: string, init: RequestInit, { signal, authorization }: Caller): Promise<T> {
  const deadline = AbortSignal.timeout(TIMEOUT_MS)
  let response: Response
  try {
    response = await fetch(url, {
      ...init,
      headers: {
        Accept: 'application/json, application/geo+json, application/problem+json',
        ...(authorization ? { Authorization: authorization } : {}),
        ...init.headers,
      },
      // Always ask, but let the browser send If-None-Match and reuse the body it has on 304.
      cache: 'no-cache',
      // Without credentials of its own, the browser opens no dialog when those of the page are refused.
      credentials: authorization ? 'omit' : 'same-origin',
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new ApiError(0, deadline.aborted ? 'timeout' : 'network')
  }
  if (!response.ok) throw await problemOf(response)
  try {
    return (await response.json()) as T
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new ApiError(0, 'unreadable answer')
  }
}

/** The address on our own host: `next` may name another one, when a proxy stands in front. */
export function onOwnHost(next: string): string {
  const { pathname, search } = new URL(next, window.location.href)
  return pathname + search
}

/** Follow `next` to the end. */
export async function getPages<P extends Page<unknown>>(
  url: string,
  caller: Caller = {},
  maxPages = MAX_PAGES,
): Promise<P> {
  const first = await getJson<P>(url, caller)
  const items = [...first.items]
  let next = first.next
  for (let page = 1; next !== null && page < maxPages; page += 1) {
    const following = await getJson<P>(onOwnHost(next), caller)
    items.push(...following.items)
    next = following.next
  }
  return { ...first, items, next }
}

async function problemOf(response: Response): Promise<ApiError> {
  const title = response.statusText || `HTTP ${response.status}`
  if (!(response.headers.get('content-type') ?? '').includes('json'))
    return new ApiError(response.status, title)
  try {
    const problem = (await response.json()) as { title?: unknown; detail?: unknown }
    return new ApiError(
      response.status,
      typeof problem.title === 'string' ? problem.title : title,
      typeof problem.detail === 'string' ? problem.detail : null,
    )
  } catch {
    // The body broke off or is not JSON after all; the status still says what happened.
    return new ApiError(response.status, title)
  }
}
