import { useId } from 'react'

import { useI18n } from '../../../i18n/I18n'
import { ColumnSelect } from './ColumnSelect'
import { TIME_FORMATS, type Mapping, type TimeFormat } from './types'

interface Props {
  mapping: Mapping
  columns: readonly string[]
  onChange: (mapping: Mapping) => void
}

const ZONES = ['Asia/Ho_Chi_Minh', 'UTC', '+07:00', '+00:00', 'Asia/Bangkok', 'Asia/Shanghai']

/** When a row was observed, and how numbers are written. */
export function TimeFields({ mapping, columns, onChange }: Props) {
  const { t } = useI18n()
  const id = useId()
  const { time, numbers = {} } = mapping
  const setTime = (part: Partial<Mapping['time']>) => onChange({ ...mapping, time: { ...time, ...part } })
  const setNumbers = (part: Partial<NonNullable<Mapping['numbers']>>) =>
    onChange({ ...mapping, numbers: { ...numbers, ...part } })
  const decimal = numbers.decimal ?? '.'
  return (
    <fieldset className="import-fields">
      <legend>{t('import.timeAndNumbers')}</legend>
      <div className="import-grid">
        <ColumnSelect
          id={`${id}-time`}
          label={t('import.time')}
          columns={columns}
          value={time.column}
          none={null}
          onChange={(column) => setTime({ column })}
        />
        <ColumnSelect
          id={`${id}-hour`}
          label={t('import.hour')}
          columns={columns}
          value={time.hour ?? ''}
          none={t('import.noHour')}
          onChange={(hour) => setTime({ hour: hour || null })}
        />
        <div>
          <label htmlFor={`${id}-format`}>{t('import.timeFormat')}</label>
          <select
            id={`${id}-format`}
            className="field"
            value={time.format ?? 'iso'}
            onChange={(event) => setTime({ format: event.target.value as TimeFormat })}
          >
            {TIME_FORMATS.map((one) => (
              <option key={one} value={one}>
                {t(`import.format.${one}`)}
              </option>
            ))}
          </select>
        </div>
        <div>
          <label htmlFor={`${id}-zone`}>{t('import.zone')}</label>
          <input
            id={`${id}-zone`}
            className="field"
            list={`${id}-zones`}
            required
            maxLength={64}
            autoComplete="off"
            spellCheck={false}
            value={time.zone ?? 'Asia/Ho_Chi_Minh'}
            onChange={(event) => setTime({ zone: event.target.value })}
          />
          <datalist id={`${id}-zones`}>
            {ZONES.map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
        </div>
        <div>
          <label htmlFor={`${id}-decimal`}>{t('import.decimal')}</label>
          <select
            id={`${id}-decimal`}
            className="field"
            value={decimal}
            onChange={(event) => {
              const next = event.target.value as '.' | ','
              const thousands = numbers.thousands === next ? '' : numbers.thousands
              setNumbers({ decimal: next, ...(thousands === undefined ? {} : { thousands }) })
            }}
          >
            <option value=",">{t('import.comma')} (23,5)</option>
            <option value=".">{t('import.point')} (23.5)</option>
          </select>
        </div>
        <div>
          <label htmlFor={`${id}-thousands`}>{t('import.thousands')}</label>
          <select
            id={`${id}-thousands`}
            className="field"
            value={numbers.thousands ?? ''}
            onChange={(event) => setNumbers({ thousands: event.target.value })}
          >
            <option value="">{t('import.noThousands')}</option>
            {['.', ',', ' ', "'"]
              .filter((sign) => sign !== decimal)
              .map((sign) => (
                <option key={sign} value={sign}>
                  {sign === ' ' ? t('import.space') : sign} (1{sign}000)
                </option>
              ))}
          </select>
        </div>
      </div>
    </fieldset>
  )
}
