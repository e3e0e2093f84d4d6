import { StateMark } from '../../datastreams/StateMark'
import { agoText } from '../../i18n/ago'
import { useI18n } from '../../i18n/I18n'
import type { Station } from './stations'

export interface TableProps {
  stations: readonly Station[]
  chosen: string | null
  /** To the minute. */
  now: number
  onChoose: (key: string) => void
}

/** The heading of a row: the station, where it is, when it last spoke. It opens the drawer. */
export function StationName({
  station,
  now,
  onChoose,
}: {
  station: Station
  now: number
  onChoose: (key: string) => void
}) {
  const { t, format } = useI18n()
  return (
    <th scope="row">
      <button
        type="button"
        className="link-row"
        data-testid="station-row"
        data-station={station.key}
        onClick={() => onChoose(station.key)}
      >
        <StateMark state={station.state} />
        <span className="row-names">
          <span className="row-name">{station.name}</span>
          <span className="row-place">
            {[
              station.areaName,
              station.lastSeen === null ? t('noValue') : agoText(station.lastSeen, now, { t, format }),
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </span>
      </button>
    </th>
  )
}
