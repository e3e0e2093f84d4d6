import { StateMark } from '../../datastreams/StateMark'
import { useI18n } from '../../i18n/I18n'
import { useMedia } from '../../view/useMedia'
import { ViewLink } from '../parts/ViewLink'
import type { ThingRow } from './model'
import { VirtualRows } from './VirtualRows'

const STATE_TEXTS = { fresh: 'stateFresh', stale: 'stateStale', none: 'stateNone' } as const

interface Props {
  things: readonly ThingRow[]
  completeness: ReadonlyMap<string, number | null>
  now: number
}

export function ThingTable({ things, completeness, now }: Props) {
  const { t, format } = useI18n()
  const narrow = useMedia('(max-width: 760px)')
  return (
    <VirtualRows
      label={t('things.things')}
      className="thing-table"
      headings={[
        { text: t('things.thing') },
        { text: t('area'), className: 'col-wide' },
        { text: t('list'), className: 'number col-wide' },
        { text: t('things.lastSeen'), className: 'number' },
        { text: t('things.completeness'), className: 'number' },
        { text: t('things.state'), className: 'col-wide' },
      ]}
      items={things}
      keyOf={(thing) => thing.id}
      rowHeight={narrow ? 60 : 46}
      row={(thing) => {
        const complete = completeness.get(thing.key) ?? null
        return (
          <>
            <span role="cell" className="cell-name">
              <StateMark state={thing.state} />
              <span className="row-names">
                <ViewLink to={`/things/${encodeURIComponent(thing.id)}`} className="row-link">
                  {thing.name}
                </ViewLink>
                <span className="row-place">{narrow ? thing.areaName : thing.key}</span>
              </span>
            </span>
            <span role="cell" className="col-wide cell-cut">
              {thing.areaName || '–'}
            </span>
            <span role="cell" className="number col-wide">
              {format.count(thing.streams.length)}
            </span>
            <span role="cell" className="number">
              {thing.lastSeen === null ? (
                '–'
              ) : (
                <time
                  dateTime={new Date(thing.lastSeen).toISOString()}
                  title={format.exact(thing.lastSeen, 'second')}
                >
                  {format.age(thing.lastSeen, now)}
                </time>
              )}
            </span>
            <span role="cell" className="number">
              {complete === null ? (
                <span className="hint">{t('things.notKnown')}</span>
              ) : (
                <span className="complete">
                  <meter
                    className="complete-bar complete-short"
                    min={0}
                    max={100}
                    value={complete}
                    aria-hidden="true"
                  />
                  <span>{format.percent(complete / 100)}</span>
                </span>
              )}
            </span>
            <span role="cell" className="col-wide">
              {t(STATE_TEXTS[thing.state])}
              {thing.sample && <span className="badge badge-sample">{t('sample')}</span>}
            </span>
          </>
        )
      }}
    />
  )
}
