import { useCallback, useMemo } from 'react'

import { LATEST_LIMIT, useAreas, useDatastreams, useLatest } from './api/queries'
import { useStanding } from './api/standing'
import type { AreaProperties } from './api/types'
import { TrendPanel } from './chart/TrendPanel'
import { DatastreamList } from './datastreams/DatastreamList'
import { Filters } from './datastreams/Filters'
import {
  buildThings,
  describeDatastreams,
  filterRows,
  firstChoice,
  withLatest,
  type Filter,
} from './datastreams/model'
import { I18nProvider, useI18n } from './i18n/I18n'
import { AreaMap } from './map/AreaMap'
import { ServiceSummary } from './services/ServiceSummary'
import { Header } from './shell/Header'
import { liveState } from './shell/liveState'
import { ErrorMessage, Loading, StateMessage } from './shell/StateMessage'
import { useNow } from './view/useNow'
import { useView, type View } from './view/viewState'

const CLOCK_MS = 1_000
const NO_AREAS: readonly AreaProperties[] = []

export function App() {
  const [view, update] = useView()
  return (
    <I18nProvider language={view.language}>
      <Operations view={view} update={update} />
    </I18nProvider>
  )
}

function Operations({ view, update }: { view: View; update: (change: Partial<View>) => void }) {
  const { t, language } = useI18n()
  const now = useNow(CLOCK_MS)
  const areas = useAreas()
  const catalogue = useDatastreams()
  const areasStanding = useStanding(areas)
  const catalogueStanding = useStanding(catalogue)

  const polledIds = useMemo(() => {
    const all = catalogue.data ?? []
    // The chosen datastream is always among the polled ones, however many there are.
    const chosen = all.filter((one) => one.key === view.datastream)
    const others = all.filter((one) => one.key !== view.datastream)
    const ids = [...chosen, ...others].slice(0, LATEST_LIMIT).map((one) => one.id)
    return all.length > LATEST_LIMIT ? ids : all.map((one) => one.id)
  }, [catalogue.data, view.datastream])
  const latest = useLatest(polledIds)

  const areaList = useMemo(() => areas.data?.features.map((one) => one.properties) ?? NO_AREAS, [areas.data])
  const areaIndex = useMemo(() => new Map(areaList.map((area) => [area.code, area])), [areaList])
  // Freshness is told in hours: a minute's pace is enough to work it out again.
  const minute = Math.floor(now / 60_000) * 60_000
  const descriptions = useMemo(
    () => describeDatastreams(catalogue.data ?? [], areaIndex, language),
    [catalogue.data, areaIndex, language],
  )
  const rows = useMemo(
    () => withLatest(descriptions, latest.items, minute),
    [descriptions, latest.items, minute],
  )
  // The map shows states, not values: it need not be drawn again for every new value.
  const states = rows.map((row) => row.state).join()
  const things = useMemo(() => buildThings(rows, areaIndex), [descriptions, areaIndex, states])
  const { search, property, area, thing } = view
  const filter = useMemo<Filter>(() => ({ search, property, area, thing }), [search, property, area, thing])
  const shownRows = useMemo(() => filterRows(rows, filter), [rows, filter])
  const initial = useMemo(() => firstChoice(rows)?.key ?? null, [rows.length > 0])
  const chosen = rows.find((row) => row.key === (view.datastream ?? initial)) ?? null

  const answeredAt = polledIds.length > 0 ? latest.answeredAt : catalogue.dataUpdatedAt
  const failing =
    polledIds.length > 0 ? latest.failing : catalogueStanding.kind === 'failed' || catalogue.isError
  const live = liveState(answeredAt, failing, now)
  const counts = useMemo(() => {
    const states = { fresh: 0, stale: 0, none: 0 }
    for (const row of rows) states[row.state] += 1
    return {
      things: new Set(rows.map((row) => row.datastream.thing.id)).size,
      datastreams: rows.length,
      states,
    }
  }, [rows])

  const choose = useCallback(
    (key: string) => {
      update({ datastream: key, until: null })
      if (!window.matchMedia('(min-width: 1080px)').matches) {
        document.getElementById('trend')?.scrollIntoView({ block: 'start' })
      }
    },
    [update],
  )
  const chooseThing = useCallback(
    (id: string | null) => {
      const first = descriptions.find((one) => String(one.datastream.thing.id) === id)
      if (first)
        update({ thing: id, area: null, search: '', property: null, datastream: first.key, until: null })
      else update({ thing: null })
    },
    [descriptions, update],
  )
  const chooseArea = useCallback((code: string | null) => update({ area: code, thing: null }), [update])

  return (
    <>
      <a className="skip" href="#list">
        {t('skipToList')}
      </a>
      <Header
        counts={catalogue.data ? counts : null}
        sample={rows.some((row) => row.sample)}
        live={live}
        answeredAt={answeredAt}
        onLanguage={(next) => update({ language: next })}
      />
      {live === 'offline' && answeredAt > 0 && <p className="banner">{t('offlineBanner')}</p>}
      <nav className="jumps" aria-label={t('sections')}>
        <a href="#trend">{t('chart')}</a>
        <a href="#map">{t('map')}</a>
        <a href="#list">{t('list')}</a>
        <a href="#services">{t('services')}</a>
      </nav>
      <main className="layout">
        <section className="panel list" id="list" aria-labelledby="list-title">
          <div className="panel-head">
            <h2 id="list-title">{t('list')}</h2>
          </div>
          {catalogueStanding.kind === 'waiting' ? (
            <Loading />
          ) : catalogueStanding.kind === 'failed' ? (
            <ErrorMessage error={catalogueStanding.error} onRetry={() => void catalogue.refetch()} />
          ) : rows.length === 0 ? (
            <StateMessage title={t('noDatastreams')} hint={t('noDatastreamsHint')} />
          ) : (
            <>
              <Filters
                rows={rows}
                shown={shownRows.length}
                areas={areaList}
                filter={filter}
                onChange={update}
              />
              {shownRows.length === 0 ? (
                <StateMessage title={t('noMatch')} />
              ) : (
                <DatastreamList rows={shownRows} chosen={chosen?.key ?? null} now={now} onChoose={choose} />
              )}
            </>
          )}
        </section>
        <section className="panel map-panel" id="map" aria-label={t('map')}>
          {areasStanding.kind === 'waiting' ? (
            <Loading />
          ) : areasStanding.kind === 'failed' ? (
            <ErrorMessage error={areasStanding.error} onRetry={() => void areas.refetch()} />
          ) : (
            <AreaMap
              areas={areasStanding.data}
              things={things}
              chosenThing={chosen ? String(chosen.datastream.thing.id) : null}
              filteredThing={thing}
              filteredArea={area}
              onThing={chooseThing}
              onArea={chooseArea}
            />
          )}
        </section>
        {chosen ? (
          <TrendPanel
            row={chosen}
            range={view.range}
            until={view.until}
            now={now}
            onRange={(range) => update({ range })}
            onUntil={(until) => update({ until })}
          />
        ) : (
          <section className="panel trend" id="trend" aria-label={t('chart')}>
            {catalogueStanding.kind === 'waiting' && <Loading />}
            {rows.length > 0 && <StateMessage title={t('choose')} />}
          </section>
        )}
        <ServiceSummary />
      </main>
    </>
  )
}
