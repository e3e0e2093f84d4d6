import { useId } from 'react'

import { useI18n } from '../../i18n/I18n'
import { DateInput } from '../parts/DateInput'
import { instantOf, localOf } from '../parts/localTime'

interface Props {
  asOf: string | undefined
  onAsOf: (asOf: string | undefined) => void
}

/** Figures as they were known at another time; says so as long as they are. */
export function TimeTravel({ asOf, onAsOf }: Props) {
  const { t, format } = useI18n()
  if (asOf === undefined) return null
  return (
    <div className="travel" role="status">
      <p>
        <b>{t('asOfNow', { time: format.dateTime(asOf) })}</b> {t('asOfHint')}
      </p>
      <AsOfField asOf={asOf} onAsOf={onAsOf} />
      <button type="button" className="button" onClick={() => onAsOf(undefined)}>
        {t('asOfBack')}
      </button>
    </div>
  )
}

/** A time in the province's clock. */
export function AsOfField({ asOf, onAsOf }: Props) {
  const { t } = useI18n()
  const id = useId()
  return (
    <span className="date-field">
      <label htmlFor={id}>{t('asOf')}</label>
      <DateInput
        id={id}
        className="field field-inline"
        data-testid="as-of"
        withTime
        value={asOf === undefined ? '' : localOf(Date.parse(asOf))}
        onChange={(local) => onAsOf(local === '' ? undefined : new Date(instantOf(local)).toISOString())}
      />
    </span>
  )
}
