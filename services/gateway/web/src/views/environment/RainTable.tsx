import { useI18n } from '../../i18n/I18n'
import { BandChip } from '../../indicators/BandChip'
import { valueText } from '../../indicators/cardText'
import { Table, type Column } from '../parts/Table'
import { StationName, type TableProps } from './StationName'

const SPANS = ['rain-1h', 'rain-24h', 'rain-72h'] as const

export function RainTable({ stations, chosen, now, onChoose }: TableProps) {
  const i18n = useI18n()
  const { t, format } = i18n
  return (
    <Table
      label={t('env.stations.rain')}
      columns={[t('env.station'), ...SPANS.map((id): Column => [t(`env.${id}`), 'number']), t('env.risk')]}
      className="station-table"
    >
      {stations.map((station) => {
        const risk = station.figures.get('rainfall-risk')
        return (
          <tr key={station.key} data-chosen={station.key === chosen}>
            <StationName station={station} now={now} onChoose={onChoose} />
            {SPANS.map((id) => {
              const figure = station.figures.get(id)
              const part = figure?.completeness ?? null
              return (
                <td key={id} className="number" data-label={t(`env.${id}`)}>
                  {figure ? valueText(figure, 1, i18n) : '–'}
                  {figure?.value != null && part !== null && part < 0.95 && (
                    <span className="hint" title={t('env.lowerBound')}>
                      {' '}
                      ({format.percent(part)})
                    </span>
                  )}
                </td>
              )
            })}
            <td>
              {risk?.band ? (
                <BandChip band={risk.band} />
              ) : (
                <span className="hint">{risk ? valueText(risk, 0, i18n) : '–'}</span>
              )}
            </td>
          </tr>
        )
      })}
    </Table>
  )
}
