import type { MovingFigure } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { BandChip } from '../../indicators/BandChip'
import { shownOf, valueText } from '../../indicators/cardText'
import { periodLabel } from '../../indicators/period'
import { Table } from '../parts/Table'
import { StationName, type TableProps } from './StationName'

export function AirTable({ stations, chosen, now, onChoose }: TableProps) {
  const i18n = useI18n()
  const { t, language } = i18n
  return (
    <Table
      label={t('env.stations.air')}
      columns={[
        t('env.station'),
        [t('env.aqiHour'), 'number'],
        t('env.band'),
        [t('env.aqiDay'), 'number col-wide'],
        [t('env.pm25Day'), 'number'],
      ]}
      className="station-table"
    >
      {stations.map((station) => {
        const hourly = station.figures.get('vn-aqi-hourly')
        const daily = station.figures.get('vn-aqi-daily')
        const dust = station.figures.get('pm2-5-24h')
        return (
          <tr key={station.key} data-chosen={station.key === chosen}>
            <StationName station={station} now={now} onChoose={onChoose} />
            <td
              className="number"
              data-label={t('env.aqiHour')}
              title={hourly && periodLabel(hourly.period, t, language)}
            >
              <b>{hourly ? valueText(hourly, 0, i18n) : '–'}</b>
            </td>
            <td>{hourly?.band ? <BandChip band={hourly.band} /> : '–'}</td>
            <td className="number col-wide">
              <DayFigure figure={daily} decimals={0} />
            </td>
            <td className="number" data-label={t('env.pm25Day')}>
              <DayFigure figure={dust} decimals={1} />
            </td>
          </tr>
        )
      })}
    </Table>
  )
}

/** A figure of a day with the day that it is of: in the morning that is yesterday. */
function DayFigure({ figure, decimals }: { figure: MovingFigure | undefined; decimals: number }) {
  const i18n = useI18n()
  const { t, language } = i18n
  if (!figure) return <>–</>
  const shown = shownOf(figure)
  return (
    <>
      {valueText({ value: shown.value, missing: figure.missing }, decimals, i18n)}
      <span className="hint block">{periodLabel(shown.period, t, language)}</span>
    </>
  )
}
