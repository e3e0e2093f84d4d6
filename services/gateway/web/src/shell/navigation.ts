import { useRouter } from '@tanstack/react-router'

import type { MessageKey } from '../i18n/messages'
import type { Role } from '../operator/session'
import { mayManage, useSession } from '../operator/session'
import type { IconName } from './Icon'

export interface Entry {
  path: string
  text: MessageKey
  icon: IconName
  /** Only this role sees it. */
  role?: Role
  /** Only who manages a provider sees it. */
  managing?: boolean
  /** On a phone it stands at the bottom, not in the menu. */
  atBottom?: boolean
}

export const ENTRIES: readonly Entry[] = [
  { path: '/', text: 'nav.overview', icon: 'overview', atBottom: true },
  { path: '/environment', text: 'nav.environment', icon: 'environment', atBottom: true },
  { path: '/services', text: 'nav.services', icon: 'services', atBottom: true },
  { path: '/things', text: 'nav.things', icon: 'things' },
  { path: '/alerts', text: 'nav.alerts', icon: 'alerts', atBottom: true },
  { path: '/open', text: 'nav.open', icon: 'open' },
  { path: '/integration', text: 'nav.integration', icon: 'link', managing: true },
  { path: '/admin', text: 'nav.admin', icon: 'admin', role: 'admin' },
]

/** The entries that exist on this page and that the reader may open. */
export function useEntries(): Entry[] {
  const { routesByPath } = useRouter()
  const { operator } = useSession()
  return ENTRIES.filter(
    ({ path, role, managing = false }) =>
      (path in routesByPath || `${path}/` in routesByPath) &&
      (role === undefined || operator?.role === role) &&
      (!managing || mayManage(operator)),
  )
}
