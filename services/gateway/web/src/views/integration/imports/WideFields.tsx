import { useI18n } from '../../../i18n/I18n'
import { Table } from '../../parts/Table'
import { keyOf, withColumn } from './mappingModel'
import { NumberInput } from './NumberInput'
import { SourceFields } from './SourceFields'
import { KINDS, type Kind, type PreviewColumn, type WideColumn, type WideValues } from './types'

interface Props {
  values: WideValues
  columns: PreviewColumn[]
  /** Columns that are something else already. */
  taken: string[]
  onChange: (values: WideValues) => void
}

/** A column for each property. */
export function WideFields({ values, columns, taken, onChange }: Props) {
  const { t } = useI18n()
  const names = columns.map(({ name }) => name)
  const others = columns.filter(({ name }) => !taken.includes(name) && name !== values.thing?.column)
  return (
    <>
      <fieldset className="import-fields">
        <legend>{t('import.thing')}</legend>
        <div className="import-grid">
          <SourceFields
            label={t('import.thingColumn')}
            constantLabel={t('import.thingKey')}
            source={values.thing}
            columns={names}
            onChange={(thing) => onChange({ ...values, thing })}
          />
        </div>
      </fieldset>
      <Table
        label={t('import.results')}
        columns={[t('import.column'), t('import.property'), t('import.kind'), t('import.scale')]}
        className="import-columns"
      >
        {others.map(({ name, type, examples }) => (
          <Column
            key={name}
            name={name}
            hint={examples.slice(0, 3).join(' · ')}
            isNumber={type === 'number' || type === 'integer'}
            column={values.columns[name] ?? null}
            onChange={(column) => onChange(withColumn(values, name, column))}
          />
        ))}
      </Table>
    </>
  )
}

interface ColumnProps {
  name: string
  hint: string
  isNumber: boolean
  column: WideColumn | null
  onChange: (column: WideColumn | null) => void
}

function Column({ name, hint, isNumber, column, onChange }: ColumnProps) {
  const { t } = useI18n()
  const kind = column?.kind ?? 'number'
  return (
    <tr data-testid="column-row" data-chosen={column !== null}>
      <th scope="row">
        <label className="check">
          <input
            type="checkbox"
            checked={column !== null}
            onChange={(event) =>
              onChange(
                event.target.checked
                  ? { property: keyOf(name), ...(isNumber ? {} : { kind: 'text' as const }) }
                  : null,
              )
            }
          />
          {name}
        </label>
        <span className="hint block">{hint}</span>
      </th>
      <td data-label={t('import.property')}>
        {column && (
          <input
            className="field mono"
            aria-label={t('import.propertyOf', { name })}
            autoComplete="off"
            spellCheck={false}
            maxLength={200}
            value={column.datastream ?? column.property ?? ''}
            onChange={(event) => {
              const text = event.target.value.trim()
              const rest = { ...column }
              delete rest.property
              delete rest.datastream
              onChange(
                text.includes('/') ? { ...rest, thing: null, datastream: text } : { ...rest, property: text },
              )
            }}
          />
        )}
      </td>
      <td data-label={t('import.kind')}>
        {column && (
          <select
            className="field"
            aria-label={t('import.kindOf', { name })}
            value={kind}
            onChange={(event) => {
              const next = event.target.value as Kind
              onChange({ ...column, kind: next, ...(next === 'number' ? {} : { scale: 1 }) })
            }}
          >
            {KINDS.map((one) => (
              <option key={one} value={one}>
                {t(`import.kind.${one}`)}
              </option>
            ))}
          </select>
        )}
      </td>
      <td data-label={t('import.scale')}>
        {column && kind === 'number' && (
          <NumberInput
            label={t('import.scaleOf', { name })}
            value={column.scale ?? 1}
            onChange={(scale) => onChange({ ...column, scale })}
          />
        )}
      </td>
    </tr>
  )
}
