import { noteAnswer, noteTrouble } from './answers'
import type { Page } from './types'

const TIMEOUT_MS = 15_000
const MAX_PAGES = 50

/** A refused or failed request. `status` is 0 when no answer came at all (network, timeout). */
export class ApiError extends Error {
  readonly status: number
  readonly detail: string | null
  /** Stable name of what is wrong, as the problem gives it: `totp-required`. */
  readonly code: string | null
  /** Seconds after which to try again, where the answer says so. */
  readonly retryAfter: number | null

  constructor(
    status: number,
    title: string,
    detail: string | null = null,
    code: string | null = null,
    retryAfter: number | null = null,
  ) {
    super(title)
    this.name = 'ApiError'
    this.status = status
    this.detail = detail
    this.code = code
    this.retryAfter = retryAfter
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

export interface Caller {
  signal?: AbortSignal | undefined
}

export interface Change extends Caller {
  /** The version that was seen: 412 when it has changed since. */
  ifMatch?: string
}

let csrfToken: string | null = null

/** What every change has to carry while an operator is signed in; the session knows it. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token
}

/** GET a JSON document. Throws ApiError; an abort by the signal passes through as it is. */
export function getJson<T>(url: string, caller: Caller = {}): Promise<T> {
  return request<T>(url, {}, caller)
}

/** POST a JSON document. Throws ApiError. It is never sent twice by itself. */
export function postJson<T>(url: string, body: unknown, change: Change = {}): Promise<T> {
  return changeJson<T>('POST', url, body, change)
}

/** POST a text as it is; the answer is JSON. */
export function postText<T>(url: string, body: string, caller: Caller = {}): Promise<T> {
  const headers: Record<string, string> = { 'Content-Type': 'text/plain; charset=utf-8' }
  if (csrfToken) headers['X-CSRF-Token'] = csrfToken
  return request<T>(url, { method: 'POST', headers, body }, caller)
}

/** PUT bytes as they are, a piece of a file. */
export function putBytes<T>(url: string, body: Blob, caller: Caller = {}): Promise<T> {
  const headers: Record<string, string> = { 'Content-Type': 'application/octet-stream' }
  if (csrfToken) headers['X-CSRF-Token'] = csrfToken
  return request<T>(url, { method: 'PUT', headers, body }, caller)
}

export function putJson<T>(url: string, body: unknown, change: Change = {}): Promise<T> {
  return changeJson<T>('PUT', url, body, change)
}

export function patchJson<T>(url: string, body: unknown, change: Change = {}): Promise<T> {
  return changeJson<T>('PATCH', url, body, change)
}

export function deleteJson<T = undefined>(url: string, body?: unknown, change: Change = {}): Promise<T> {
  return changeJson<T>('DELETE', url, body, change)
}

function changeJson<T>(method: string, url: string, body: unknown, { ifMatch, ...caller }: Change) {
  const headers: Record<string, string> = {}
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  if (csrfToken) headers['X-CSRF-Token'] = csrfToken
  if (ifMatch) headers['If-Match'] = ifMatch
  return request<T>(
    url,
    { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) },
    caller,
  )
}

async function request<T>(url: string, init: RequestInit, { signal }: Caller): Promise<T> {
  const deadline = AbortSignal.timeout(TIMEOUT_MS)
  let response: Response
  try {
    response = await fetch(url, {
      ...init,
      headers: {
        Accept: 'application/json, application/geo+json, application/problem+json',
        ...init.headers,
      },
      // Always ask, but let the browser send If-None-Match and reuse the body it has on 304.
      cache: 'no-cache',
      credentials: 'same-origin',
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    noteAnswer(false)
    throw new ApiError(0, deadline.aborted ? 'timeout' : 'network')
  }
  // A refusal is an answer too; what stands in front of a server that is away says 502 to 504, but states no problem.
  noteAnswer(response.status < 502 || isProblem(response))
  if (response.status === 503 || response.headers.get('warning')?.startsWith('110')) noteTrouble()
  if (!response.ok) throw await problemOf(response)
  if (response.status === 204) return undefined as T
  try {
    return (await response.json()) as T
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new ApiError(0, 'unreadable answer')
  }
}

function isProblem(response: Response): boolean {
  return (response.headers.get('content-type') ?? '').startsWith('application/problem+json')
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
  const seconds = Number.parseInt(response.headers.get('retry-after') ?? '', 10)
  const retryAfter = Number.isNaN(seconds) ? null : seconds
  if (!(response.headers.get('content-type') ?? '').includes('json'))
    return new ApiError(response.status, title, null, null, retryAfter)
  try {
    const problem = (await response.json()) as Record<string, unknown>
    const text = (name: string) => (typeof problem[name] === 'string' ? problem[name] : null)
    return new ApiError(response.status, text('title') ?? title, text('detail'), text('code'), retryAfter)
  } catch {
    // The body broke off or is not JSON after all; the status still says what happened.
    return new ApiError(response.status, title, null, null, retryAfter)
  }
}
