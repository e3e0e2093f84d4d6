import { createRouter, type RouterHistory } from '@tanstack/react-router'

import { routeTree } from './routes'
import { Loading } from './shell/StateMessage'
import { ViewFailed } from './shell/ViewFailed'
import { parseSearch, stringifySearch } from './view/search'

/** @param history where the address lives; the browser's own by default */
export function createPageRouter(history?: RouterHistory) {
  return createRouter({
    routeTree,
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPendingComponent: Loading,
    defaultErrorComponent: ViewFailed,
    scrollRestoration: true,
    ...(history ? { history } : {}),
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPageRouter>
  }
}
