import { useMemo } from 'react'

import { useStanding } from '../../api/standing'
import type { AreaProperties } from '../../api/types'
import { TrendPanel } from '../../chart/TrendPanel'
import { DatastreamList } from '../../datastreams/DatastreamList'
import { Filters } from '../../datastreams/Filters'
import { filterRows, type Filter } from '../../datastreams/model'
import { useI18n } from '../../i18n/I18n'
import { ErrorMessage, Loading, StateMessage } from '../../shell/StateMessage'
import type { OverviewSearch } from './search'
import type { DatastreamRows } from './useDatastreamRows'

interface Props {
  streams: DatastreamRows
  areas: readonly AreaProperties[]
  search: OverviewSearch
  now: number
  onChoose: (key: string) => void
  onChange: (change: Partial<OverviewSearch>) => void
}

/** The list of datastreams and the trend of the chosen one. */
export function DatastreamPanels({ streams, areas, search, now, onChoose, onChange }: Props) {
  const { t } = useI18n()
  const { catalogue, rows, chosen } = streams
  const standing = useStanding(catalogue)
  const filter = useMemo<Filter>(
    () => ({
      search: search.q ?? '',
      property: search.property ?? null,
      area: search.area ?? null,
      thing: search.thing ?? null,
    }),
    [search.q, search.property, search.area, search.thing],
  )
  const shown = useMemo(() => filterRows(rows, filter), [rows, filter])

  function changeFilter({ search: q, property, area, thing }: Partial<Filter>) {
    onChange({
      ...(q !== undefined ? { q: q || undefined } : {}),
      ...(property !== undefined ? { property: property ?? undefined } : {}),
      ...(area !== undefined ? { area: area ?? undefined } : {}),
      ...(thing !== undefined ? { thing: thing ?? undefined } : {}),
    })
  }

  return (
    <>
      <section className="panel list" id="list" aria-labelledby="list-title">
        <div className="panel-head">
          <h2 id="list-title">{t('list')}</h2>
        </div>
        {standing.kind === 'waiting' ? (
          <Loading />
        ) : standing.kind === 'failed' ? (
          <ErrorMessage error={standing.error} onRetry={() => void catalogue.refetch()} />
        ) : rows.length === 0 ? (
          <StateMessage title={t('noDatastreams')} hint={t('noDatastreamsHint')} />
        ) : (
          <>
            <Filters rows={rows} shown={shown.length} areas={areas} filter={filter} onChange={changeFilter} />
            {shown.length === 0 ? (
              <StateMessage title={t('noMatch')} />
            ) : (
              <DatastreamList rows={shown} chosen={chosen?.key ?? null} now={now} onChoose={onChoose} />
            )}
          </>
        )}
      </section>
      {chosen ? (
        <TrendPanel
          row={chosen}
          range={search.range ?? '24h'}
          until={search.until === undefined ? null : Date.parse(search.until)}
          now={now}
          onRange={(range) => onChange({ range: range === '24h' ? undefined : range })}
          onUntil={(until) => onChange({ until: until === null ? undefined : new Date(until).toISOString() })}
        />
      ) : (
        <section className="panel trend" id="trend" aria-label={t('chart')}>
          {standing.kind === 'waiting' && <Loading />}
          {rows.length > 0 && <StateMessage title={t('choose')} />}
        </section>
      )}
    </>
  )
}
