import { useQuery } from '@tanstack/react-query'

import { getJson } from '../../api/client'
import type { Page } from '../../api/types'
import { useSession } from '../../operator/session'

interface Name {
  username: string
  displayName: string
  disabled: boolean
}

/** Whom something can be given to. Only administrators may read the list; others type the name. */
export function useOperatorNames(): readonly Name[] {
  const { operator } = useSession()
  const query = useQuery({
    queryKey: ['admin', 'operators', 'names'],
    queryFn: ({ signal }) => getJson<Page<Name>>('/v1/admin/operators', { signal }),
    enabled: operator?.role === 'admin',
    staleTime: 60_000,
    retry: false,
  })
  return query.data?.items.filter((one) => !one.disabled) ?? NONE
}

const NONE: readonly Name[] = []
