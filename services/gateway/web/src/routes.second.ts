/**
 * Routes of the views around the data: environment, things, alerts, administration, open data, embedded card, account.
 * Each view is a plain component; its page gives it what the address says (views/addresses.ts).
 */
import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'

import { rootRoute, shellRoute } from './routes.root'
import {
  alertsSearch,
  auditSearch,
  catalogueSearch,
  deadLettersSearch,
  environmentSearch,
  integrationSearch,
  namesSearch,
  openSearch,
  periodsSearch,
  providersSearch,
  thingSearch,
  thingsSearch,
} from './views/addresses'

const inShell = { getParentRoute: () => shellRoute } as const

/** Views with header and navigation: children of `shellRoute` (routes.root.tsx). */
export const secondShellRoutes = [
  createRoute({
    ...inShell,
    path: '/environment',
    validateSearch: environmentSearch,
    component: lazyRouteComponent(() => import('./views/environment/page'), 'EnvironmentPage'),
  }),
  createRoute({
    ...inShell,
    path: '/things',
    validateSearch: thingsSearch,
    component: lazyRouteComponent(() => import('./views/things/page'), 'ThingsPage'),
  }),
  createRoute({
    ...inShell,
    path: '/things/$id',
    validateSearch: thingSearch,
    component: lazyRouteComponent(() => import('./views/things/page'), 'ThingPage'),
  }),
  createRoute({
    ...inShell,
    path: '/alerts',
    validateSearch: alertsSearch,
    component: lazyRouteComponent(() => import('./views/alerts/page'), 'AlertsPage'),
  }),
  createRoute({
    ...inShell,
    path: '/admin',
    beforeLoad: () => {
      throw redirect({ to: '/admin/providers' as '/', replace: true })
    },
  }),
  createRoute({
    ...inShell,
    path: '/admin/providers',
    validateSearch: providersSearch,
    component: lazyRouteComponent(() => import('./views/admin/pages'), 'ProvidersPage'),
  }),
  createRoute({
    ...inShell,
    path: '/admin/operators',
    component: lazyRouteComponent(() => import('./views/admin/pages'), 'OperatorsPage'),
  }),
  createRoute({
    ...inShell,
    path: '/admin/names',
    validateSearch: namesSearch,
    component: lazyRouteComponent(() => import('./views/admin/pages'), 'NamesPage'),
  }),
  createRoute({
    ...inShell,
    path: '/admin/audit',
    validateSearch: auditSearch,
    component: lazyRouteComponent(() => import('./views/admin/pages'), 'AuditPage'),
  }),
  createRoute({
    ...inShell,
    path: '/admin/catalogue',
    validateSearch: catalogueSearch,
    component: lazyRouteComponent(() => import('./views/admin/pages'), 'CataloguePage'),
  }),
  createRoute({
    ...inShell,
    path: '/admin/periods',
    validateSearch: periodsSearch,
    component: lazyRouteComponent(() => import('./views/admin/pages'), 'PeriodsPage'),
  }),
  createRoute({
    ...inShell,
    path: '/admin/dead-letters',
    validateSearch: deadLettersSearch,
    component: lazyRouteComponent(() => import('./views/admin/pages'), 'DeadLettersPage'),
  }),
  createRoute({
    ...inShell,
    path: '/integration',
    validateSearch: integrationSearch,
    component: lazyRouteComponent(() => import('./views/integration/page'), 'IntegrationPage'),
  }),
  createRoute({
    ...inShell,
    path: '/open',
    validateSearch: openSearch,
    component: lazyRouteComponent(() => import('./views/open/page'), 'OpenPage'),
  }),
  createRoute({
    ...inShell,
    path: '/account',
    component: lazyRouteComponent(() => import('./views/account/AccountView'), 'AccountView'),
  }),
] as const

/** Views without them: children of `rootRoute`. */
export const secondBareRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/embed/$indicator',
    component: lazyRouteComponent(() => import('./views/open/page'), 'EmbedPage'),
  }),
] as const
