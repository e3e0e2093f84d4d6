import { useId } from 'react'

import { useI18n } from '../../../i18n/I18n'
import { ColumnSelect } from './ColumnSelect'
import { NumberInput } from './NumberInput'
import { SourceFields } from './SourceFields'
import { KINDS, type Kind, type LongValues } from './types'

interface Props {
  values: LongValues
  columns: readonly string[]
  onChange: (values: LongValues) => void
}

/** One observation a row. */
export function LongFields({ values, columns, onChange }: Props) {
  const { t } = useI18n()
  const id = useId()
  const whole = values.datastream != null
  const kind = values.kind ?? 'number'
  return (
    <>
      <fieldset className="import-fields">
        <legend>{t('import.whatIsMeasured')}</legend>
        <label className="check">
          <input
            type="checkbox"
            checked={whole}
            onChange={(event) =>
              onChange(
                event.target.checked
                  ? { ...values, datastream: columns[0] ?? '', thing: null, property: null }
                  : { ...values, datastream: null, thing: { value: '' }, property: { value: '' } },
              )
            }
          />
          {t('import.wholeKeys')}
        </label>
        <div className="import-grid">
          {whole ? (
            <ColumnSelect
              id={`${id}-stream`}
              label={t('import.streamColumn')}
              columns={columns}
              value={values.datastream ?? ''}
              none={null}
              onChange={(datastream) => onChange({ ...values, datastream })}
            />
          ) : (
            <>
              <SourceFields
                label={t('import.thingColumn')}
                constantLabel={t('import.thingKey')}
                source={values.thing}
                columns={columns}
                onChange={(thing) => onChange({ ...values, thing })}
              />
              <SourceFields
                label={t('import.propertyColumn')}
                constantLabel={t('import.propertyKey')}
                source={values.property}
                columns={columns}
                onChange={(property) => onChange({ ...values, property })}
              />
            </>
          )}
        </div>
      </fieldset>
      <fieldset className="import-fields">
        <legend>{t('import.results')}</legend>
        <div className="import-grid">
          <ColumnSelect
            id={`${id}-result`}
            label={t('import.result')}
            columns={columns}
            value={values.result}
            none={null}
            onChange={(result) => onChange({ ...values, result })}
          />
          <div>
            <label htmlFor={`${id}-kind`}>{t('import.kind')}</label>
            <select
              id={`${id}-kind`}
              className="field"
              value={kind}
              onChange={(event) => {
                const next = event.target.value as Kind
                onChange({ ...values, kind: next, ...(next === 'number' ? {} : { scale: 1, unit: null }) })
              }}
            >
              {KINDS.map((one) => (
                <option key={one} value={one}>
                  {t(`import.kind.${one}`)}
                </option>
              ))}
            </select>
          </div>
        </div>
        {values.unit && (
          <div className="import-grid" role="group" aria-label={t('import.units')}>
            <p className="hint">{t('import.unitsHint', { name: values.unit.column })}</p>
            {Object.entries(values.unit.factors).map(([unit, factor]) => (
              <div key={unit}>
                <span className="import-unit">{unit} ×</span>
                <NumberInput
                  label={t('import.factorOf', { name: unit })}
                  value={factor}
                  onChange={(next) =>
                    values.unit &&
                    onChange({
                      ...values,
                      unit: { ...values.unit, factors: { ...values.unit.factors, [unit]: next } },
                    })
                  }
                />
              </div>
            ))}
          </div>
        )}
      </fieldset>
    </>
  )
}
