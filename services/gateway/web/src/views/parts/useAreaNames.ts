import { useMemo } from 'react'

import { useAreas } from '../../api/queries'
import { areaName } from '../../datastreams/model'
import { useI18n } from '../../i18n/I18n'

/** Names of the communes in the reader's language, by code. */
export function useAreaNames(): ReadonlyMap<string, string> {
  const { language } = useI18n()
  const areas = useAreas().data
  return useMemo(
    () => new Map(areas?.features.map(({ properties }) => [properties.code, areaName(properties, language)])),
    [areas, language],
  )
}
