import { createRoute, lazyRouteComponent } from '@tanstack/react-router'

import { rootRoute, shellRoute } from './routes.root'
import { secondBareRoutes, secondShellRoutes } from './routes.second'
import { overviewSearch } from './views/overview/search'

const overviewRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/',
  validateSearch: overviewSearch,
  component: lazyRouteComponent(() => import('./views/overview/Overview'), 'Overview'),
})

export const routeTree = rootRoute.addChildren([
  shellRoute.addChildren([overviewRoute, ...secondShellRoutes]),
  ...secondBareRoutes,
])
