import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'

import { AlertPanel } from '../../alerts/AlertPanel'
import { useAreas } from '../../api/queries'
import type { AreaProperties } from '../../api/types'
import { areaName } from '../../datastreams/model'
import { useI18n } from '../../i18n/I18n'
import { IndicatorPanel } from '../../indicators/IndicatorPanel'
import { MapPanel } from '../../map/MapPanel'
import { ServiceSummary } from '../../services/ServiceSummary'
import { useNow } from '../../view/useNow'
import { useOverlays } from '../../view/overlays'
import { useTitle } from '../../view/useTitle'
import { DatastreamPanels } from './DatastreamPanels'
import type { OverviewSearch } from './search'
import { useDatastreamRows } from './useDatastreamRows'

const CLOCK_MS = 1_000
const NO_AREAS: readonly AreaProperties[] = []
const route = getRouteApi('/shell/')

function showTrend() {
  document.getElementById('trend')?.scrollIntoView({ block: 'start' })
}

/** What needs a look now: indicators, the map coloured by one of them, alerts; below, every datastream. */
export function Overview() {
  const { t, language } = useI18n()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const now = useNow(CLOCK_MS)
  const areas = useAreas()
  const { askWhy, openAlert } = useOverlays()
  useTitle('')

  const update = useCallback(
    (change: Partial<OverviewSearch>, step = false) =>
      // Choosing a datastream is a step that "back" undoes; typing in a filter is not.
      void navigate({ search: (before) => ({ ...before, ...change }), replace: !step, resetScroll: false }),
    [navigate],
  )

  const areaList = useMemo(() => areas.data?.features.map((one) => one.properties) ?? NO_AREAS, [areas.data])
  const areaNames = useMemo(
    () => new Map(areaList.map((area) => [area.code, areaName(area, language)])),
    [areaList, language],
  )
  const streams = useDatastreamRows(areaList, search.datastream ?? null, now)
  const { rows, things, descriptions, chosen } = streams
  const area = search.area ?? null

  const choose = useCallback(
    (key: string) => {
      update({ datastream: key, until: undefined }, true)
      if (!window.matchMedia('(min-width: 1080px)').matches) showTrend()
    },
    [update],
  )
  const chooseThing = useCallback(
    (id: string | null) => {
      const first = descriptions.find((one) => String(one.datastream.thing.id) === id)
      if (id !== null && first) {
        update(
          {
            thing: id,
            area: undefined,
            q: undefined,
            property: undefined,
            datastream: first.key,
            until: undefined,
          },
          true,
        )
        showTrend()
      } else update({ thing: undefined })
    },
    [descriptions, update],
  )
  const chooseArea = useCallback(
    (code: string | null) => update({ area: code ?? undefined, thing: undefined }),
    [update],
  )
  const chooseGroup = useCallback((group: string | null) => update({ group: group ?? undefined }), [update])
  const chooseShade = useCallback((shade: string) => update({ shade }), [update])

  return (
    <>
      <h1 className="visually-hidden">{t('nav.overview')}</h1>
      <div className="overview">
        <IndicatorPanel
          areas={areaList}
          area={area}
          group={search.group ?? null}
          now={now}
          onArea={chooseArea}
          onGroup={chooseGroup}
          onWhy={askWhy}
        />
        <MapPanel
          areas={areas}
          things={things}
          chosenThing={chosen ? String(chosen.datastream.thing.id) : null}
          filteredThing={search.thing ?? null}
          filteredArea={area}
          shade={search.shade ?? null}
          onThing={chooseThing}
          onArea={chooseArea}
          onShade={chooseShade}
        />
        <AlertPanel now={now} areaNames={areaNames} onAlert={openAlert} />
      </div>
      <div className="layout">
        <DatastreamPanels
          streams={streams}
          areas={areaList}
          search={search}
          now={now}
          onChoose={choose}
          onChange={update}
        />
        <ServiceSummary />
      </div>
      {rows.some((row) => row.sample) && (
        <p className="view-note">
          <span className="badge badge-sample">{t('sample')}</span> {t('sampleHint')}
        </p>
      )}
    </>
  )
}
