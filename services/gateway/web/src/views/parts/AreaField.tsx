import { useMemo } from 'react'

import { useI18n } from '../../i18n/I18n'

interface Props {
  /** In the reader's language, by code. */
  names: ReadonlyMap<string, string>
  value: string | null
  onChange: (code: string | null) => void
}

/** Which commune. */
export function AreaField({ names, value, onChange }: Props) {
  const { t, language } = useI18n()
  const choices = useMemo(
    () => [...names].sort((a, b) => a[1].localeCompare(b[1], language)),
    [names, language],
  )
  return (
    <select
      className="field"
      aria-label={t('area')}
      value={value ?? ''}
      onChange={(event) => onChange(event.target.value || null)}
    >
      <option value="">{t('allAreas')}</option>
      {choices.map(([code, name]) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </select>
  )
}
