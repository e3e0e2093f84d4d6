import { useI18n } from '../../i18n/I18n'
import { ZONE_OFFSET_MS } from '../../i18n/format'

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
  const local =
    asOf === undefined ? '' : new Date(Date.parse(asOf) + ZONE_OFFSET_MS).toISOString().slice(0, 16)
  return (
    <label className="date-field">
      <span>{t('asOf')}</span>
      <input
        type="datetime-local"
        className="field field-inline"
        data-testid="as-of"
        value={local}
        onChange={(event) => {
          const time = Date.parse(`${event.target.value}:00+07:00`)
          onAsOf(Number.isNaN(time) ? undefined : new Date(time).toISOString())
        }}
      />
    </label>
  )
}
