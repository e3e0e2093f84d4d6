import { createRootRoute, createRoute, lazyRouteComponent, retainSearchParams } from '@tanstack/react-router'

import { Crash } from './shell/CrashBoundary'
import { Root } from './shell/Root'
import { NotFound } from './shell/NotFound'
import { sharedSearch, type SharedSearch } from './view/search'

/** Language, session and live connection: above everything, with or without the header. */
export const rootRoute = createRootRoute({
  validateSearch: (raw: Record<string, unknown>): SharedSearch => sharedSearch(raw),
  search: { middlewares: [retainSearchParams(['lang'])] },
  component: Root,
  errorComponent: Crash,
  notFoundComponent: NotFound,
})

/** Views with header and navigation. Those without them (wall, embedded card) hang on the root. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  component: lazyRouteComponent(() => import('./shell/Shell'), 'Shell'),
})
