import { useMemo } from 'react'

import { subjectReference, useRanking } from '../api/indicatorQueries'
import type { SubjectKind } from '../api/indicatorTypes'
import { useAreas } from '../api/queries'
import { areaName } from '../datastreams/model'
import { useI18n } from '../i18n/I18n'
import { subjectName } from './cardText'

export interface SubjectChoice {
  /** As the API names it. */
  reference: string
  name: string
  /** Its name in the other language, to be found by. */
  alsoCalled?: string | undefined
  kind: 'province' | 'commune' | 'agency' | 'procedure'
}

/** What is computed for every agency and procedure with dossiers, and public: its ranking knows their names. */
export const OF_ALL_SERVICES = 'd766-2.1'

/** The province's code as its communes tell it; empty until they have. */
export function useProvince(): string {
  return useAreas().data?.features[0]?.properties.parentCode ?? ''
}

/** Subjects that an indicator can have figures of: the province, communes, and who ranks among agencies and procedures. */
export function useSubjects(indicator: string, kinds: readonly SubjectKind[]): SubjectChoice[] {
  const { t, language } = useI18n()
  const areas = useAreas()
  const provinceCode = useProvince()
  const agencies = useRanking(kinds.includes('agency') ? indicator : null, { by: 'agency' })
  const procedures = useRanking(kinds.includes('procedure') ? indicator : null, { by: 'procedure' })

  return useMemo(() => {
    const features = areas.data?.features ?? []
    const ranked = (kind: 'agency' | 'procedure', query: typeof agencies): SubjectChoice[] =>
      (query.data?.items ?? []).map(({ subject }) => ({
        reference: subjectReference(subject),
        name: subjectName(subject, language),
        alsoCalled: subjectName(subject, language === 'en' ? 'vi' : 'en'),
        kind,
      }))
    const byName = (a: SubjectChoice, b: SubjectChoice) => a.name.localeCompare(b.name, language)
    const province: SubjectChoice = {
      reference: provinceCode,
      name: t('province'),
      kind: 'province',
    }
    const communes = features.map(({ properties }): SubjectChoice => ({
      reference: properties.code,
      name: areaName(properties, language),
      alsoCalled: areaName(properties, language === 'en' ? 'vi' : 'en'),
      kind: 'commune',
    }))
    return [
      ...(kinds.includes('province') && provinceCode !== '' ? [province] : []),
      ...ranked('agency', agencies).sort(byName),
      ...(kinds.includes('commune') ? communes.sort(byName) : []),
      ...ranked('procedure', procedures).sort(byName),
    ]
  }, [areas.data, provinceCode, agencies.data, procedures.data, kinds, language, t])
}
