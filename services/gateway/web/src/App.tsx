import { useCallback, useMemo } from 'react'

import { AlertDrawer } from './alerts/AlertDrawer'
import { AlertPanel } from './alerts/AlertPanel'
import type { FigureName } from './api/indicatorQueries'
import { LATEST_LIMIT, useAreas, useDatastreams, useLatest } from './api/queries'
import { useStanding } from './api/standing'
import type { AreaProperties } from './api/types'
import { TrendPanel } from './chart/TrendPanel'
import { DatastreamList } from './datastreams/DatastreamList'
import { Filters } from './datastreams/Filters'
import {
  areaName,
  buildThings,
  describeDatastreams,
  filterRows,
  firstChoice,
  withLatest,
  type Filter,
} from './datastreams/model'
import { I18nProvider, useI18n } from './i18n/I18n'
import { ExplanationDrawer } from './indicators/explanation/ExplanationDrawer'
import { IndicatorPanel } from './indicators/IndicatorPanel'
import { MapPanel } from './map/MapPanel'
import { SessionProvider } from './operator/session'
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
      <SessionProvider>
        <Operations view={view} update={update} />
      </SessionProvider>
    </I18nProvider>
  )
}

function showTrend() {
  document.getElementById('trend')?.scrollIntoView({ block: 'start' })
}

function Operations({ view, update }: { view: View; update: (change: Partial<View>) => void }) {
  const { t, language } = useI18n()
  const now = useNow(CLOCK_MS)
  const areas = useAreas()
  const catalogue = useDatastreams()
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
  const areaNames = useMemo(
    () => new Map(areaList.map((area) => [area.code, areaName(area, language)])),
    [areaList, language],
  )
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
      if (!window.matchMedia('(min-width: 1080px)').matches) showTrend()
    },
    [update],
  )
  const chooseThing = useCallback(
    (id: string | null) => {
      const first = descriptions.find((one) => String(one.datastream.thing.id) === id)
      if (first) {
        update({ thing: id, area: null, search: '', property: null, datastream: first.key, until: null })
        showTrend()
      } else update({ thing: null })
    },
    [descriptions, update],
  )
  const chooseArea = useCallback((code: string | null) => update({ area: code, thing: null }), [update])
  const askWhy = useCallback((name: FigureName) => update({ why: name, alert: null }), [update])
  const openAlert = useCallback((id: number) => update({ alert: id, why: null }), [update])

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
        <a href="#indicators">{t('indicators')}</a>
        <a href="#alerts">{t('alerts')}</a>
        <a href="#map">{t('map')}</a>
        <a href="#trend">{t('chart')}</a>
        <a href="#list">{t('list')}</a>
        <a href="#services">{t('services')}</a>
      </nav>
      <main>
        <div className="overview">
          <IndicatorPanel
            areas={areaList}
            area={area}
            group={view.group}
            now={now}
            onArea={chooseArea}
            onGroup={(group) => update({ group })}
            onWhy={askWhy}
          />
          <MapPanel
            areas={areas}
            things={things}
            chosenThing={chosen ? String(chosen.datastream.thing.id) : null}
            filteredThing={thing}
            filteredArea={area}
            shade={view.shade}
            onThing={chooseThing}
            onArea={chooseArea}
            onShade={(shade) => update({ shade })}
          />
          <AlertPanel now={now} areaNames={areaNames} onAlert={openAlert} />
        </div>
        <div className="layout">
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
        </div>
      </main>
      {view.why && (
        <ExplanationDrawer
          key={`${view.why.indicator} ${view.why.subject} ${view.why.period}`}
          name={view.why}
          now={minute}
          onWhy={askWhy}
          onClose={() => update({ why: null })}
        />
      )}
      {view.alert !== null && (
        <AlertDrawer
          key={view.alert}
          id={view.alert}
          onWhy={askWhy}
          onClose={() => update({ alert: null })}
        />
      )}
    </>
  )
}
