import { useId, useState } from 'react'

import { useI18n } from '../../../i18n/I18n'
import { keysText, readKeys, withSource } from './mappingModel'
import type { NameSource } from './types'

interface Props {
  label: string
  /** Of the key that all rows have. */
  constantLabel: string
  source: NameSource | null | undefined
  columns: readonly string[]
  onChange: (source: NameSource) => void
}

const CONSTANT = '\u0000'

/** Which thing or property: a column, with what its cells mean, or one for all rows. */
export function SourceFields({ label, constantLabel, source, columns, onChange }: Props) {
  const { t } = useI18n()
  const id = useId()
  const column = source?.column ?? null
  const [keys, setKeys] = useState(() => keysText(source?.keys))
  return (
    <>
      <div>
        <label htmlFor={`${id}-column`}>{label}</label>
        <select
          id={`${id}-column`}
          className="field"
          value={column ?? CONSTANT}
          onChange={(event) =>
            onChange(
              event.target.value === CONSTANT
                ? { value: source?.value ?? '' }
                : withSource(source, { column: event.target.value }),
            )
          }
        >
          <option value={CONSTANT}>{t('import.sameForAll')}</option>
          {columns.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      {column === null ? (
        <div>
          <label htmlFor={`${id}-value`}>{constantLabel}</label>
          <input
            id={`${id}-value`}
            className="field mono"
            autoComplete="off"
            spellCheck={false}
            maxLength={200}
            value={source?.value ?? ''}
            onChange={(event) => onChange({ value: event.target.value.trim() })}
          />
        </div>
      ) : (
        <div className="import-keys">
          <label htmlFor={`${id}-keys`}>{t('import.keys')}</label>
          <textarea
            id={`${id}-keys`}
            className="field mono field-tall"
            rows={3}
            spellCheck={false}
            placeholder={t('import.keysExample')}
            value={keys}
            onChange={(event) => {
              setKeys(event.target.value)
              onChange({ column, keys: readKeys(event.target.value) })
            }}
          />
          <p className="hint">{t('import.keysHint')}</p>
        </div>
      )}
    </>
  )
}
