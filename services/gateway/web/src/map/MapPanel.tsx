import type { UseQueryResult } from '@tanstack/react-query'
import { useMemo } from 'react'

import { useIndicators, useRanking } from '../api/indicatorQueries'
import { useStanding } from '../api/standing'
import type { AreaCollection } from '../api/types'
import type { ThingMark } from '../datastreams/model'
import { useI18n } from '../i18n/I18n'
import { inLanguage } from '../indicators/cardText'
import { defaultShade, NO_SHADE, shadeable, shadingOf } from '../indicators/shading'
import { ErrorMessage, Loading } from '../shell/StateMessage'
import { StaleNote } from '../shell/StaleNote'
import { AreaMap } from './AreaMap'

const NO_INDICATORS: never[] = []

interface Props {
  areas: UseQueryResult<AreaCollection>
  things: readonly ThingMark[]
  chosenThing: string | null
  filteredThing: string | null
  filteredArea: string | null
  /** Id of the indicator that colours the communes, `none`, or null for the default. */
  shade: string | null
  onThing: (key: string | null) => void
  onArea: (code: string | null) => void
  onShade: (indicator: string) => void
  /** For a screen without a hand on it: the choice is a heading. */
  fixed?: boolean
}

/** The map with the choice of what colours it. */
export function MapPanel({ areas, shade, onShade, fixed = false, ...map }: Props) {
  const i18n = useI18n()
  const { t, language } = i18n
  const standing = useStanding(areas)
  const indicators = useIndicators()
  const choices = useMemo(() => shadeable(indicators.data ?? NO_INDICATORS), [indicators.data])
  const chosen =
    shade === NO_SHADE ? null : (choices.find((one) => one.id === shade) ?? defaultShade(choices))
  const ranking = useRanking(chosen?.id ?? null)
  const shading = useMemo(
    () => (chosen && ranking.data ? shadingOf(chosen, ranking.data, i18n) : null),
    [chosen, ranking.data, i18n],
  )

  return (
    <section className="panel map-panel" id="map" aria-label={t('map')}>
      {fixed && chosen && (
        <div className="panel-head">
          <h2>{inLanguage(chosen.names, language)}</h2>
          <StaleNote query={ranking} />
        </div>
      )}
      {!fixed && choices.length > 0 && (
        <div className="panel-head map-head">
          <label htmlFor="map-shade">{t('shade')}</label>
          <select
            id="map-shade"
            className="field field-inline"
            data-testid="map-shade"
            value={chosen?.id ?? NO_SHADE}
            onChange={(event) => onShade(event.target.value)}
          >
            <option value={NO_SHADE}>{t('shadeNone')}</option>
            {choices.map((one) => (
              <option key={one.id} value={one.id}>
                {inLanguage(one.names, language)}
              </option>
            ))}
          </select>
          {chosen && ranking.data === undefined && ranking.isError && (
            <p className="stale-note" role="status">
              {t('shadeFailed')}
            </p>
          )}
          {shading && ![...shading.shades.values()].some((one) => one.colour) && (
            <p className="hint">{t('shadeEmpty')}</p>
          )}
          <StaleNote query={ranking} />
        </div>
      )}
      {standing.kind === 'waiting' ? (
        <Loading />
      ) : standing.kind === 'failed' ? (
        <ErrorMessage error={standing.error} onRetry={() => void areas.refetch()} />
      ) : (
        <AreaMap areas={standing.data} shading={shading} {...map} />
      )}
    </section>
  )
}
