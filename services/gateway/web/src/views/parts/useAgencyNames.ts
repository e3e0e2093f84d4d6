import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

import { address, getPages } from '../../api/client'
import type { Page } from '../../api/types'
import { useI18n } from '../../i18n/I18n'

interface Named {
  key: string
  name: string
  nameEn: string | null
}

/** Names of agencies in the reader's language, by code; those that have none are left out. */
export function useAgencyNames(): ReadonlyMap<string, string> {
  const { language } = useI18n()
  const agencies = useQuery({
    queryKey: ['names', 'agencies'],
    queryFn: ({ signal }) => getPages<Page<Named>>(address('/v1/agencies', { limit: 1000 }), { signal }),
    staleTime: 60_000,
  }).data
  return useMemo(
    () =>
      new Map(agencies?.items.map((one) => [one.key, (language === 'en' ? one.nameEn : null) ?? one.name])),
    [agencies, language],
  )
}
