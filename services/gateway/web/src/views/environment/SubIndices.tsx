import { useI18n } from '../../i18n/I18n'

const POLLUTANTS: Record<string, string> = {
  pm2_5: 'PM2.5',
  pm10: 'PM10',
  so2: 'SO₂',
  no2: 'NO₂',
  co: 'CO',
  o3_1h: 'O₃ (1 h)',
  o3_8h: 'O₃ (8 h)',
  o3: 'O₃',
}
/** An index of 200 is "bad" and fills the bar; what is worse does not need a longer one. */
const FULL = 200

/** The index of each pollutant, the largest first: it makes the index of the station. */
export function SubIndices({ details }: { details: Record<string, unknown> }) {
  const { t, format } = useI18n()
  const indices = numbersOf(details['subIndices']).sort((a, b) => b[1] - a[1])
  const concentrations = new Map(numbersOf(details['concentrations']))
  if (indices.length === 0) return null
  return (
    <section className="drawer-section">
      <h3>{t('env.subIndices')}</h3>
      <ul className="bars">
        {indices.map(([name, index]) => {
          const concentration = concentrations.get(name)
          return (
            <li key={name}>
              <span>{POLLUTANTS[name] ?? name}</span>
              <meter min={0} max={FULL} value={Math.min(index, FULL)} className="bar" aria-hidden="true" />
              <b>{format.number(index)}</b>
              <span className="hint">
                {concentration === undefined ? '' : `${format.number(concentration)} µg/m³`}
              </span>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function numbersOf(value: unknown): [string, number][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number')
}
