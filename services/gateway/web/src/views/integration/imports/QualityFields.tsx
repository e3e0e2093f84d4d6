import { useId } from 'react'

import { useI18n } from '../../../i18n/I18n'
import { ColumnSelect } from './ColumnSelect'
import { QUALITIES, type Quality, type WideValues } from './types'

type Source = NonNullable<WideValues['quality']>

interface Props {
  quality: Source | null
  columns: readonly string[]
  onChange: (quality: Source | null) => void
}

/** How far a result can be trusted: a column of words, and what each means. */
export function QualityFields({ quality, columns, onChange }: Props) {
  const { t } = useI18n()
  const id = useId()
  const words = Object.entries(quality?.words ?? {})
  return (
    <fieldset className="import-fields">
      <legend>{t('import.quality')}</legend>
      <div className="import-grid">
        <ColumnSelect
          id={`${id}-quality`}
          label={t('import.qualityColumn')}
          columns={columns}
          value={quality?.column ?? ''}
          none={t('import.noQuality')}
          onChange={(column) => onChange(column ? { column, words: quality?.words ?? {} } : null)}
        />
        {words.map(([word, meaning], place) => (
          <div key={word}>
            <label htmlFor={`${id}-${place}`}>{t('import.means', { word })}</label>
            <select
              id={`${id}-${place}`}
              className="field"
              value={meaning ?? ''}
              onChange={(event) =>
                onChange({
                  ...quality,
                  words: { ...quality?.words, [word]: (event.target.value || null) as Quality | null },
                })
              }
            >
              <option value="">{t('import.noQuality')}</option>
              {QUALITIES.map((one) => (
                <option key={one} value={one}>
                  {t(`import.quality.${one}`)}
                </option>
              ))}
            </select>
          </div>
        ))}
      </div>
    </fieldset>
  )
}
