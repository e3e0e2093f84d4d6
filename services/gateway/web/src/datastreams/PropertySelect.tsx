import { useMemo } from 'react'

import { useI18n } from '../i18n/I18n'
import type { Row } from './model'
import { propertyNames } from './naming'

interface Props {
  /** What is observed in these can be chosen. */
  rows: readonly Row[]
  value: string | null
  onChange: (property: string | null) => void
}

/** One observed property, or all. */
export function PropertySelect({ rows, value, onChange }: Props) {
  const { t, language } = useI18n()
  const properties = useMemo(() => {
    const names = propertyNames(
      rows.map((row) => row.datastream),
      language,
    )
    return [...names].sort((a, b) => a[1].localeCompare(b[1], language))
  }, [rows, language])
  return (
    <select
      className="field"
      aria-label={t('property')}
      value={value ?? ''}
      onChange={(event) => onChange(event.target.value || null)}
    >
      <option value="">{t('allProperties')}</option>
      {properties.map(([key, name]) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </select>
  )
}
