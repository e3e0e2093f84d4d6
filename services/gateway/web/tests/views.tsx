import { QueryClientProvider } from '@tanstack/react-query'
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { vi } from 'vitest'

import { createQueryClient } from '../src/api/queries'
import { I18nProvider } from '../src/i18n/I18n'
import type { Language } from '../src/i18n/messages'
import { SessionProvider, type Operator } from '../src/operator/session'
import { sessionAnswer } from './session'

// jsdom has no layout: it knows neither media queries nor sizes, and does not scroll.
window.scrollTo = () => undefined
window.matchMedia ??= ((query: string) => ({
  matches: false,
  media: query,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
})) as unknown as typeof window.matchMedia
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
}

export interface Sent {
  method: string
  /** Path with search. */
  url: string
  body: unknown
  headers: Record<string, string>
}

type Answer = { status?: number; body?: unknown }
type Answers = Record<string, unknown>

/**
 * Stands in for the gateway. Keys are "METHOD /path" or "/path" (GET), without the search; a value is the answer's body, or
 * a function of what was sent that gives status and body. What nobody has written down is answered with 404.
 */
export function fakeGateway(answers: Answers, who: Operator | null = null): Sent[] {
  const sent: Sent[] = []
  const known: Answers = { '/v1/session': sessionAnswer(who), ...answers }
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const method = init.method ?? 'GET'
    const request: Sent = {
      method,
      url,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
      headers: (init.headers ?? {}) as Record<string, string>,
    }
    sent.push(request)
    const [path = ''] = url.split('?')
    const answer = known[method === 'GET' ? path : `${method} ${path}`]
    if (answer === undefined) return Promise.resolve(problem({ status: 404, body: { title: `no ${path}` } }))
    if (typeof answer !== 'function') return Promise.resolve(Response.json(answer))
    return Promise.resolve(problem((answer as (request: Sent) => Answer)(request)))
  })
  return sent
}

function problem({ status = 200, body }: Answer): Response {
  if (status === 204) return new Response(null, { status })
  const type = status >= 400 ? 'application/problem+json' : 'application/json'
  return new Response(JSON.stringify(body ?? {}), { status, headers: { 'content-type': type } })
}

/** Draws a view under everything that it stands on, with an address of its own. */
export function showView(content: ReactNode, language: Language = 'vi') {
  const router = createRouter({
    routeTree: createRootRoute({
      component: () => (
        <I18nProvider language={language}>
          <SessionProvider>{content}</SessionProvider>
        </I18nProvider>
      ),
    }),
    history: createMemoryHistory({ initialEntries: ['/'] }),
  })
  return render(
    <QueryClientProvider client={createQueryClient()}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  )
}

export const page = <Item,>(items: Item[]) => ({ items, next: null })
