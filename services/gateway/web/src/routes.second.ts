/**
 * Routes of the views around the data: environment, things, alerts, administration, open data, embedded card, account.
 */

/** Views with header and navigation: children of `shellRoute` (routes.root.tsx). */
export const secondShellRoutes = [] as const

/** Views without them: children of `rootRoute`. */
export const secondBareRoutes = [] as const
