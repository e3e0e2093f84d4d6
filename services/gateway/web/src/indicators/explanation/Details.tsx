import type { Explanation } from '../../api/indicatorTypes'
import type { Result } from '../../api/types'
import { useI18n } from '../../i18n/I18n'
import type { MessageKey } from '../../i18n/messages'

const TEXTS: Record<string, MessageKey> = {
  dominant: 'detail.dominant',
  stage: 'detail.stage',
  atLeast: 'detail.atLeast',
  reference: 'detail.reference',
  difference: 'detail.difference',
  levels: 'detail.levels',
  from: 'detail.from',
  things: 'detail.things',
  hours: 'detail.hours',
  datastreams: 'detail.datastreams',
  threshold: 'detail.threshold',
  rain24h: 'detail.rain24h',
  rainyDaysBefore: 'detail.rainyDaysBefore',
  hazardZone: 'detail.hazardZone',
  attribute: 'detail.attribute',
  explanation: 'detail.explanation',
  zeroDenominator: 'detail.zeroDenominator',
}
/** Shown elsewhere: as the reason why there is no value, as a table, among the inputs. */
const ELSEWHERE = new Set(['missing', 'subIndices', 'concentrations', 'components'])
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

/** What else the formula says. A member that the page has no text for shows under its own name. */
export function Details({ explanation: { details } }: { explanation: Explanation }) {
  const { t, format } = useI18n()
  const facts = Object.entries(details).filter(([name, value]) => !ELSEWHERE.has(name) && value !== null)
  const subIndices = numbersOf(details['subIndices'])
  const concentrations = new Map(numbersOf(details['concentrations']))
  if (facts.length === 0 && subIndices.length === 0) return null

  function text(name: string, value: unknown): string {
    if (name === 'dominant' && typeof value === 'string') return POLLUTANTS[value] ?? value
    if (name === 'reference' && typeof value === 'number') return `BĐ${value}`
    if (name === 'levels') {
      return numbersOf(value)
        .map(([level, height]) => `${level.toUpperCase().replace('BD', 'BĐ')} ${format.fixed(height, 2)}`)
        .join(' · ')
    }
    if (name === 'difference' && typeof value === 'number') return format.signed(value, 2)
    return format.value(value as Result)
  }

  return (
    <section className="drawer-section">
      <h3>{t('details')}</h3>
      {facts.length > 0 && (
        <dl className="facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{TEXTS[name] ? t(TEXTS[name]) : name}</dt>
              <dd>{text(name, value)}</dd>
            </div>
          ))}
        </dl>
      )}
      {subIndices.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('pollutant')}</th>
              <th scope="col" className="number">
                {t('concentration')}
              </th>
              <th scope="col" className="number">
                {t('subIndex')}
              </th>
            </tr>
          </thead>
          <tbody>
            {subIndices
              .sort((a, b) => b[1] - a[1])
              .map(([name, index]) => {
                const concentration = concentrations.get(name)
                return (
                  <tr key={name}>
                    <th scope="row">{POLLUTANTS[name] ?? name}</th>
                    <td className="number">
                      {concentration === undefined ? '–' : format.number(concentration)}
                    </td>
                    <td className="number">{format.number(index)}</td>
                  </tr>
                )
              })}
          </tbody>
        </table>
      )}
    </section>
  )
}

function numbersOf(value: unknown): [string, number][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number')
}
