import { useI18n, type I18n } from '../../i18n/I18n'
import { BandChip } from '../../indicators/BandChip'
import { Table } from '../parts/Table'
import { standingOf, type AlarmLevels } from './levels'
import { stageOf } from './marks'
import { RiverScale } from './RiverScale'
import { StationName, type TableProps } from './StationName'

export function RiverTable({
  stations,
  chosen,
  now,
  onChoose,
  levels,
}: TableProps & { levels: ReadonlyMap<string, AlarmLevels> }) {
  const i18n = useI18n()
  const { t, format } = i18n
  return (
    <Table
      label={t('env.stations.river')}
      columns={[
        t('env.station'),
        [t('env.stageM'), 'number'],
        t('env.againstLevels'),
        [t('env.riseM'), 'number'],
      ]}
      className="station-table"
    >
      {stations.map((station) => {
        const stage = stageOf(station)
        const own = levels.get(station.key)
        const band = station.figures.get('river-alarm-level')?.band
        const rise = station.figures.get('river-rise')?.value ?? null
        return (
          <tr key={station.key} data-chosen={station.key === chosen}>
            <StationName station={station} now={now} onChoose={onChoose} />
            <td className="number" data-label={t('env.stageM')}>
              <b>{stage === null ? '–' : format.fixed(stage, 2)}</b>
            </td>
            <td className="col-against">
              <span className="against">
                {stage !== null && own && <RiverScale stage={stage} levels={own} />}
                <span className="card-marks">
                  {band && <BandChip band={band} />}
                  <span className="hint">
                    {stage !== null && own ? standingText(stage, own, i18n) : t('env.levelsUnknown')}
                  </span>
                </span>
              </span>
            </td>
            <td className="number" data-label={t('env.riseM')}>
              {rise === null ? '–' : <Rise metres={rise} />}
            </td>
          </tr>
        )
      })}
    </Table>
  )
}

/** How far above or below which level, in words. */
export function standingText(stage: number, levels: AlarmLevels, { t, format }: I18n): string {
  const standing = standingOf(stage, levels)
  if (!standing) return t('env.levelsUnknown')
  const { difference, reference } = standing
  const height = format.fixed(Math.abs(difference), 2)
  // Judged as it is displayed, in whole centimetres.
  if (Math.round(difference * 100) === 0) return t('env.atLevel', { level: reference })
  return t(difference > 0 ? 'env.aboveLevel' : 'env.belowLevel', { level: reference, height })
}

export function Rise({ metres }: { metres: number }) {
  const { t, format } = useI18n()
  const sign = metres > 0 ? '↑' : metres < 0 ? '↓' : '→'
  return (
    <span className="rise" data-towards={metres > 0 ? 'up' : metres < 0 ? 'down' : 'same'}>
      <span aria-hidden="true">{sign} </span>
      <span className="visually-hidden">{t(metres > 0 ? 'rises' : metres < 0 ? 'falls' : 'unchanged')} </span>
      {format.signed(metres, 2)}
    </span>
  )
}
