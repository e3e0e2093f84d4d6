import { createRoute, lazyRouteComponent } from '@tanstack/react-router'

import { rootRoute, shellRoute } from './routes.root'
import { secondBareRoutes, secondShellRoutes } from './routes.second'
import { indicatorSearch } from './views/indicator/search'
import { overviewSearch } from './views/overview/search'
import { servicesSearch } from './views/services/search'
import { wallSearch } from './views/wall/search'

const overviewRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/',
  validateSearch: overviewSearch,
  component: lazyRouteComponent(() => import('./views/overview/Overview'), 'Overview'),
})

const indicatorRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/indicators/$id',
  validateSearch: indicatorSearch,
  component: lazyRouteComponent(() => import('./views/indicator/IndicatorView'), 'IndicatorView'),
})

const servicesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/services',
  validateSearch: servicesSearch,
  component: lazyRouteComponent(() => import('./views/services/ServicesView'), 'ServicesView'),
})

const wallRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/wall',
  validateSearch: wallSearch,
  component: lazyRouteComponent(() => import('./views/wall/WallView'), 'WallView'),
})

export const routeTree = rootRoute.addChildren([
  shellRoute.addChildren([overviewRoute, indicatorRoute, servicesRoute, ...secondShellRoutes]),
  wallRoute,
  ...secondBareRoutes,
])
