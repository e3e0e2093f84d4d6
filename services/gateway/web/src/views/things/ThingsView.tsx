import { useMemo } from 'react'

import { useIndicators, useRanking } from '../../api/indicatorQueries'
import { useI18n } from '../../i18n/I18n'
import { useSession } from '../../operator/session'
import { StateMessage } from '../../shell/StateMessage'
import { useRows } from '../parts/useRows'
import { Answer, View } from '../parts/View'
import { ViewLink } from '../parts/ViewLink'
import { countStates, filterStreams, filterThings, orderThings, thingRows, type ThingsSearch } from './model'
import { StreamTable } from './StreamTable'
import { ThingFilters } from './ThingFilters'
import { ThingTable } from './ThingTable'

/** Percent of the readings that were due, of the day. */
const COMPLETENESS = 'sensor-completeness'

interface Props {
  search: ThingsSearch
  onSearch: (change: Partial<ThingsSearch>) => void
}

/** Every thing and every datastream: who speaks, who is late, how much of what was due has come. */
export function ThingsView({ search, onSearch }: Props) {
  const { t, format } = useI18n()
  const { operator } = useSession()
  const { rows, catalogue, areaNames, now } = useRows()
  // It is for operators: the public's list of indicators does not name it.
  const told = useIndicators().data?.some((one) => one.id === COMPLETENESS) === true
  const completeness = useRanking(told ? COMPLETENESS : null, { by: 'thing' })
  const byThing = useMemo(
    () => new Map((completeness.data?.items ?? []).map((one) => [one.subject.key, one.value])),
    [completeness.data],
  )
  const things = useMemo(() => thingRows(rows), [rows])
  const { q, state, property, area, by, order } = search
  const shownThings = useMemo(
    () => orderThings(filterThings(things, { q, state, property, area }), order, byThing),
    [things, q, state, property, area, order, byThing],
  )
  const shownRows = useMemo(
    () => filterStreams(rows, { q, state, property, area }),
    [rows, q, state, property, area],
  )
  const all = by === 'things' ? things : rows
  const shown = by === 'things' ? shownThings : shownRows
  const counts = useMemo(() => countStates(all), [all])

  return (
    <View
      name="things"
      title={t('things.title')}
      lead={t('things.lead')}
      tools={
        operator?.role === 'admin' && (
          <ViewLink to="/admin/dead-letters" className="button">
            {t('admin.deadLetters')}
          </ViewLink>
        )
      }
    >
      <section className="panel fill" aria-label={t('things.title')}>
        <Answer
          query={catalogue}
          empty={(items) => items.length === 0}
          emptyTitle={t('noDatastreams')}
          emptyHint={t('noDatastreamsHint')}
        >
          {() => (
            <>
              <ThingFilters
                search={search}
                rows={rows}
                counts={counts}
                areaNames={areaNames}
                onSearch={onSearch}
              />
              <p className="table-line" role="status">
                {t('shown', { n: format.count(shown.length), total: format.count(all.length) })}
                {completeness.isError && ` · ${t('things.completenessFailed')}`}
              </p>
              {shown.length === 0 ? (
                <StateMessage title={t(by === 'things' ? 'things.noMatch' : 'noMatch')}>
                  <button
                    type="button"
                    className="button"
                    onClick={() => onSearch({ q: '', state: null, property: null, area: null })}
                  >
                    {t('clearFilters')}
                  </button>
                </StateMessage>
              ) : by === 'things' ? (
                <ThingTable things={shownThings} completeness={byThing} now={now} />
              ) : (
                <StreamTable rows={shownRows} now={now} />
              )}
            </>
          )}
        </Answer>
      </section>
    </View>
  )
}
