import type { Row } from '../../datastreams/model'
import { StateMark } from '../../datastreams/StateMark'
import { Value } from '../../datastreams/Value'
import { useI18n } from '../../i18n/I18n'
import { useMedia } from '../../view/useMedia'
import { ViewLink } from '../parts/ViewLink'
import { thingAddress } from './address'
import { VirtualRows } from './VirtualRows'

export function StreamTable({ rows, now }: { rows: readonly Row[]; now: number }) {
  const { t, format } = useI18n()
  const narrow = useMedia('(max-width: 760px)')
  return (
    <VirtualRows
      label={t('list')}
      className="stream-table"
      headings={[
        { text: t('list') },
        { text: t('area'), className: 'col-wide' },
        { text: t('value'), className: 'number' },
        { text: t('things.lastSeen'), className: 'number' },
      ]}
      items={rows}
      keyOf={(row) => row.key}
      rowHeight={narrow ? 60 : 46}
      row={(row) => (
        <>
          <span role="cell" className="cell-name">
            <StateMark state={row.state} />
            <span className="row-names">
              <ViewLink to={thingAddress(row.datastream.thing.id, row.key)} className="row-link">
                {row.shortName}
              </ViewLink>
              <span className="row-place">{row.thingName}</span>
            </span>
          </span>
          <span role="cell" className="col-wide cell-cut">
            {row.areaName || '–'}
          </span>
          <span role="cell" className="number cell-cut">
            <Value latest={row.latest} unit={row.unit} />
          </span>
          <span role="cell" className="number">
            {row.latest ? (
              <time dateTime={row.latest.phenomenonTime} title={format.dateTime(row.latest.phenomenonTime)}>
                {format.age(row.latest.phenomenonTime, now)}
              </time>
            ) : (
              '–'
            )}
          </span>
        </>
      )}
    />
  )
}
