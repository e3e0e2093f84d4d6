import { useMemo } from 'react'

import { subjectReference, type FigureName } from '../../api/indicatorQueries'
import type { IndicatorSummary, MovingFigure } from '../../api/indicatorTypes'
import { useIndicators } from '../../api/indicatorQueries'
import { useStanding } from '../../api/standing'
import { useI18n } from '../../i18n/I18n'
import { BandChip } from '../../indicators/BandChip'
import { inLanguage, shownOf, unitText, valueText } from '../../indicators/cardText'
import { periodLabel } from '../../indicators/period'
import { ErrorMessage, Loading, StateMessage } from '../../shell/StateMessage'
import { StaleNote } from '../../shell/StaleNote'
import type { RangeName } from '../../view/viewState'
import { useRows } from '../parts/useRows'
import { Panel, View } from '../parts/View'
import { AirTable } from './AirTable'
import { markOf } from './marks'
import { RainTable } from './RainTable'
import { RiverTable } from './RiverTable'
import { StationDrawer } from './StationDrawer'
import { StationMap } from './StationMap'
import { byWeight, LAYER_INDICATORS, LAYERS, type Layer } from './stations'
import { useLayer, useLevels } from './useEnvironment'

export interface EnvironmentSearch {
  layer: Layer
  /** `<provider>/<thing>` of the station that is open. */
  station: string | null
  range: RangeName
}

interface Props {
  search: EnvironmentSearch
  onSearch: (change: Partial<EnvironmentSearch>) => void
  onWhy: (name: FigureName) => void
}

/** Air, rivers and rain: where it is worst, and what each station says. */
export function EnvironmentView({ search, onSearch, onWhy }: Props) {
  const i18n = useI18n()
  const { t, language } = i18n
  const { layer } = search
  const { rows, catalogue, areas, areaIndex, now } = useRows()
  const indicators = useIndicators()
  const { stations: unordered, rankings, province } = useLayer(layer, rows, areaIndex)
  const stations = useMemo(() => byWeight(unordered, layer), [unordered, layer])
  const levels = useLevels(layer === 'river' ? stations : NONE)
  const areasStanding = useStanding(areas)
  const catalogueStanding = useStanding(catalogue)
  const definitions = useMemo(
    () => new Map((indicators.data ?? []).map((one) => [one.id, one])),
    [indicators.data],
  )
  const marks = useMemo(
    () => [...stations].reverse().flatMap((station) => markOf(station, layer, i18n) ?? []),
    [stations, layer, i18n],
  )
  const chosen = stations.find((station) => station.key === search.station) ?? null
  const table = {
    stations,
    chosen: search.station,
    now,
    onChoose: (key: string) => onSearch({ station: key }),
  }
  const failed = rankings.find((ranking) => ranking.isError)

  return (
    <View
      name="environment"
      title={t('env.title')}
      lead={t('env.lead')}
      tools={
        <div className="segments" role="group" aria-label={t('env.layer')}>
          {LAYERS.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === layer}
              onClick={() => onSearch({ layer: one, station: null })}
            >
              {t(`env.layer.${one}`)}
            </button>
          ))}
        </div>
      }
    >
      <ul className="tiles" aria-label={t('env.province')}>
        {LAYER_INDICATORS[layer].map((id) => {
          const figure = province.get(id)
          const definition = definitions.get(id)
          // The stage is in each gauge's own datum: the province has none.
          if (id === 'river-stage' || !definition) return null
          return <Tile key={id} definition={definition} figure={figure ?? null} onWhy={onWhy} />
        })}
      </ul>
      <div className="environment-layout">
        <section className="panel map-panel" aria-label={t('map')}>
          {areasStanding.kind === 'waiting' ? (
            <Loading />
          ) : areasStanding.kind === 'failed' ? (
            <ErrorMessage error={areasStanding.error} onRetry={() => void areas.refetch()} />
          ) : (
            <StationMap
              areas={areasStanding.data}
              marks={marks}
              chosen={search.station}
              label={t('env.mapLabel', { n: marks.length, layer: t(`env.layer.${layer}`) })}
              onChoose={(key) => onSearch({ station: key })}
            />
          )}
          <Legend definition={definitions.get(LAYER_INDICATORS[layer][0] ?? '') ?? null} />
        </section>
        <Panel
          id="stations"
          title={t(`env.stations.${layer}`)}
          note={stations.length > 0 && t('env.stationCount', { n: stations.length })}
          className="stations"
        >
          {failed && <StaleNote query={failed} />}
          {catalogueStanding.kind === 'waiting' ? (
            <Loading />
          ) : catalogueStanding.kind === 'failed' ? (
            <ErrorMessage error={catalogueStanding.error} onRetry={() => void catalogue.refetch()} />
          ) : stations.length === 0 ? (
            <StateMessage title={t(`env.noStations.${layer}`)} hint={t('env.noStationsHint')} />
          ) : layer === 'air' ? (
            <AirTable {...table} />
          ) : layer === 'river' ? (
            <RiverTable {...table} levels={levels} />
          ) : (
            <RainTable {...table} />
          )}
        </Panel>
      </div>
      {chosen && (
        <StationDrawer
          key={chosen.key}
          station={chosen}
          layer={layer}
          levels={levels.get(chosen.key) ?? null}
          definitions={definitions}
          range={search.range}
          now={now}
          language={language}
          onRange={(range) => onSearch({ range })}
          onWhy={onWhy}
          onClose={() => onSearch({ station: null })}
        />
      )}
    </View>
  )
}

const NONE: never[] = []

interface TileProps {
  definition: IndicatorSummary
  figure: MovingFigure | null
  onWhy: (name: FigureName) => void
}

/** The newest figure of the province: that of its worst station. */
function Tile({ definition, figure, onWhy }: TileProps) {
  const i18n = useI18n()
  const { t, language } = i18n
  const shown = figure && shownOf(figure)
  const unit = shown && shown.value !== null ? unitText(definition.unit, language) : ''
  return (
    <li>
      <button
        type="button"
        className="tile"
        disabled={figure === null}
        title={t('why')}
        {...(figure?.band?.colour ? { style: { borderLeftColor: figure.band.colour } } : {})}
        onClick={() =>
          figure &&
          onWhy({
            indicator: figure.indicator,
            subject: subjectReference(figure.subject),
            period: figure.period,
          })
        }
      >
        <span className="tile-name">{inLanguage(definition.shortNames ?? definition.names, language)}</span>
        <span className="tile-value">
          <span className={shown?.value == null ? 'card-none' : 'card-value'}>
            {figure && shown
              ? valueText({ value: shown.value, missing: figure.missing }, definition.decimals, i18n)
              : t('missing.no-data')}
          </span>
          {unit && <span className="value-unit">{unit}</span>}
          {figure?.band && <BandChip band={figure.band} />}
        </span>
        <span className="card-foot">
          {shown ? periodLabel(shown.period, t, language) : '–'}
          {shown?.before && ` · ${t('notYet', { missing: t(`missing.${shown.before}`) })}`}
        </span>
      </button>
    </li>
  )
}

function Legend({ definition }: { definition: IndicatorSummary | null }) {
  const { t, language } = useI18n()
  if (!definition || definition.bands.length === 0) return null
  return (
    <div className="map-foot">
      <ul className="legend" aria-label={t('shadeLegend', { name: inLanguage(definition.names, language) })}>
        {definition.bands.map((band) => (
          <li key={band.key}>
            <span className="swatch" style={{ background: band.colour }} aria-hidden="true" />
            {inLanguage(band.name, language)}
          </li>
        ))}
      </ul>
      <p className="map-note">{t('illustrative')}</p>
    </div>
  )
}
