import { QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { vi } from 'vitest'

import { createQueryClient } from '../src/api/queries'
import { I18nProvider } from '../src/i18n/I18n'
import { SessionProvider } from '../src/operator/session'
import { createPageRouter } from '../src/router'
import { COLLECTION } from './data'
import { sessionAnswer } from './session'

/** A part of the page with what every part stands on; links lead nowhere. */
export function renderPart(content: ReactNode) {
  const root = createRootRoute({
    component: () => (
      <I18nProvider language="vi">
        <SessionProvider>{content}</SessionProvider>
      </I18nProvider>
    ),
  })
  const indicator = createRoute({ getParentRoute: () => root, path: '/indicators/$id' })
  const router = createRouter({ routeTree: root.addChildren([indicator]), history: createMemoryHistory() })
  return render(
    <QueryClientProvider client={createQueryClient()}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  )
}

/** The whole page at an address. */
export function renderPage(address: string) {
  const history = createMemoryHistory({ initialEntries: [address] })
  const router = createPageRouter(history)
  render(
    <QueryClientProvider client={createQueryClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  )
  return { router, address: () => history.location.href }
}

export interface Sent {
  method: string
  url: URL
  body: unknown
  headers: Record<string, string>
}

type Answer = (sent: Sent) => unknown

/**
 * A gateway that answers by path. What a function returns is the body; a Response goes out as it is. What is not
 * named is 404, the session is nobody's, lists are empty.
 */
export function stubGateway(answers: Record<string, unknown>) {
  const sent: Sent[] = []
  const known: Record<string, unknown> = {
    '/v1/session': sessionAnswer(),
    '/v1/alerts': { items: [], next: null },
    '/v1/indicators': { items: [] },
    '/v1/areas': COLLECTION,
    ...answers,
  }
  vi.stubGlobal('fetch', (text: string, init: RequestInit = {}) => {
    const url = new URL(text, 'http://page.example')
    const request: Sent = {
      method: init.method ?? 'GET',
      url,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : null,
      headers: { ...(init.headers as Record<string, string>) },
    }
    sent.push(request)
    const answer = known[decodeURIComponent(url.pathname)]
    const body = typeof answer === 'function' ? (answer as Answer)(request) : answer
    if (body instanceof Response) return Promise.resolve(body.clone())
    if (body === undefined)
      return Promise.resolve(Response.json({ title: 'Not found', code: 'not-found' }, { status: 404 }))
    return Promise.resolve(Response.json(body))
  })
  return sent
}
