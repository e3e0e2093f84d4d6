import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'

import { address, getJson } from '../../api/client'
import {
  explanationAddress,
  subjectReference,
  useExplanation,
  type FigureName,
} from '../../api/indicatorQueries'
import type { Explanation, IndicatorSummary, RankedFigure } from '../../api/indicatorTypes'
import { SeriesExplorer } from '../../explorer/SeriesExplorer'
import type { Threshold } from '../../explorer/option'
import { agoText } from '../../i18n/ago'
import { useI18n } from '../../i18n/I18n'
import type { Language } from '../../i18n/messages'
import { BandChip } from '../../indicators/BandChip'
import { inLanguage } from '../../indicators/cardText'
import { Dialog } from '../../shell/Dialog'
import { StateMessage } from '../../shell/StateMessage'
import type { RangeName } from '../../view/viewState'
import { FigureRow } from '../parts/FigureRow'
import { ViewLink } from '../parts/ViewLink'
import { thingAddress } from '../things/address'
import { thresholdsOf, WATER_LEVEL, type AlarmLevels } from './levels'
import { stageOf } from './marks'
import { RiverScale } from './RiverScale'
import { Rise, standingText } from './RiverTable'
import { LAYER_INDICATORS, type Layer, type Station } from './stations'
import { SubIndices } from './SubIndices'

interface Props {
  station: Station
  layer: Layer
  levels: AlarmLevels | null
  definitions: ReadonlyMap<string, IndicatorSummary>
  range: RangeName
  now: number
  language: Language
  onRange: (range: RangeName) => void
  onWhy: (name: FigureName) => void
  onClose: () => void
}

/** One station: its figures, its readings as a line against the thresholds that hold for them. */
export function StationDrawer(props: Props) {
  const { station, layer, levels, range, now, onRange, onClose } = props
  const { t, format } = useI18n()
  const [streamKey, setStreamKey] = useState<string | null>(null)
  const streams = station.measured.length > 0 ? station.measured : station.streams
  // Fine dust is what the index of air mostly comes from.
  const first = streams.find((row) => row.datastream.observedProperty.key === 'pm2_5') ?? streams[0] ?? null
  const stream = streams.find((row) => row.key === streamKey) ?? first
  const limits = useDustLimits(station)
  const property = stream?.datastream.observedProperty.key
  const thresholds = useMemo(
    () => (property === WATER_LEVEL ? thresholdsOf(levels) : property === 'pm2_5' ? limits : NONE),
    [property, levels, limits],
  )
  return (
    <Dialog
      className="drawer"
      title={station.name}
      subtitle={
        <p className="hint">
          {[
            station.areaName,
            station.lastSeen === null ? t('noValue') : agoText(station.lastSeen, now, { t, format }),
          ]
            .filter(Boolean)
            .join(' · ')}
          {station.sample && <span className="badge badge-sample">{t('sample')}</span>}
        </p>
      }
      onClose={onClose}
    >
      <div className="drawer-body" tabIndex={-1} data-testid="station-drawer">
        {layer === 'river' && <RiverNow station={station} levels={levels} />}
        <Figures {...props} />
        {layer === 'air' && <AirParts station={station} />}
        <section className="drawer-section">
          <h3>{t('chart')}</h3>
          {streams.length > 1 && (
            <div className="toggles" role="group" aria-label={t('property')}>
              {streams.map((row) => (
                <button
                  key={row.key}
                  type="button"
                  className="toggle"
                  aria-pressed={row.key === stream?.key}
                  onClick={() => setStreamKey(row.key)}
                >
                  {row.shortName}
                </button>
              ))}
            </div>
          )}
          {stream ? (
            <SeriesExplorer
              key={stream.key}
              datastream={stream.id}
              name={`${stream.shortName}, ${station.name}`}
              unit={stream.unit}
              range={range}
              thresholds={thresholds}
              onRange={onRange}
            />
          ) : (
            <StateMessage title={t('noDatastreams')} />
          )}
        </section>
        <p className="drawer-link">
          <ViewLink to={thingAddress(station.id, stream?.key)}>{t('env.openThing')}</ViewLink>
        </p>
      </div>
    </Dialog>
  )
}

const NONE: Threshold[] = []

function RiverNow({ station, levels }: { station: Station; levels: AlarmLevels | null }) {
  const i18n = useI18n()
  const { t, format } = i18n
  const stage = stageOf(station)
  const rise = station.figures.get('river-rise')?.value ?? null
  const band = station.figures.get('river-alarm-level')?.band
  if (stage === null) return <StateMessage title={t('env.noStage')} />
  return (
    <section className="river-now">
      <p className="value value-large">
        <span className="value-number">{format.fixed(stage, 2)}</span>
        <span className="value-unit">m</span>
        {band && <BandChip band={band} />}
      </p>
      {levels ? (
        <>
          <p>{standingText(stage, levels, i18n)}</p>
          <RiverScale stage={stage} levels={levels} />
          <dl className="figures">
            {thresholdsOf(levels).map(({ label, value }) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{format.fixed(value, 2)} m</dd>
              </div>
            ))}
            {rise !== null && (
              <div>
                <dt>{t('env.rise')}</dt>
                <dd>
                  <Rise metres={rise} /> m/h
                </dd>
              </div>
            )}
          </dl>
        </>
      ) : (
        <p className="hint">{t('env.levelsUnknownHint')}</p>
      )}
    </section>
  )
}

function Figures({ station, layer, definitions, onWhy }: Props) {
  const { t } = useI18n()
  const figures = LAYER_INDICATORS[layer].flatMap((id): [IndicatorSummary, RankedFigure][] => {
    const [definition, figure] = [definitions.get(id), station.figures.get(id)]
    return definition && figure ? [[definition, figure]] : []
  })
  if (figures.length === 0) return <p className="hint">{t('env.noFigures')}</p>
  return (
    <ul className="fact-rows fact-rows-box">
      {figures.map(([definition, figure]) => (
        <FigureRow key={definition.id} definition={definition} figure={figure} onWhy={onWhy} />
      ))}
    </ul>
  )
}

function AirParts({ station }: { station: Station }) {
  const figure = station.figures.get('vn-aqi-hourly')
  return figure && figure.value !== null ? <ExplainedParts figure={figure} /> : null
}

function ExplainedParts({ figure }: { figure: RankedFigure }) {
  const explanation = useFirstPage(figure)
  return explanation ? <SubIndices details={explanation.details} /> : null
}

function useFirstPage(figure: RankedFigure): Explanation | undefined {
  return useExplanation({
    indicator: figure.indicator,
    subject: subjectReference(figure.subject),
    period: figure.period,
  }).data?.pages[0]
}

/** The limit that the definition of the 24-hour mean names, for the line of PM2.5. */
function useDustLimits({ figures }: Station): Threshold[] {
  const { language } = useI18n()
  const figure = figures.get('pm2-5-24h')
  const limits = useQuery({
    queryKey: ['limits', figure?.indicator, figure?.period],
    queryFn: async ({ signal }) => {
      if (!figure) return []
      const { indicator, subject, period } = figure
      const url = explanationAddress({ indicator, subject: subjectReference(subject), period })
      return (await getJson<Explanation>(address(url, { limit: 1 }), { signal })).definition.limits
    },
    enabled: figure !== undefined,
    staleTime: Infinity,
  }).data
  return useMemo(
    () =>
      (limits ?? []).map(({ value, name }) => ({
        value,
        label: inLanguage(name, language),
        colour: '#d6336c',
      })),
    [limits, language],
  )
}
