import type { UseQueryResult } from '@tanstack/react-query'
import { lazy, Suspense, useId, useMemo } from 'react'

import { subjectReference, type FigureName } from '../../api/indicatorQueries'
import type { Figure, IndicatorDetail } from '../../api/indicatorTypes'
import { useStanding } from '../../api/standing'
import { usePalette } from '../../chart/usePalette'
import { useI18n } from '../../i18n/I18n'
import { BandChip } from '../../indicators/BandChip'
import { bandName, inLanguage, subjectName, unitText, valueText } from '../../indicators/cardText'
import { ChangeMark } from '../../indicators/ChangeMark'
import { FigureMarks } from '../../indicators/FigureMarks'
import { periodLabel } from '../../indicators/period'
import { ErrorMessage, Loading, StateMessage } from '../../shell/StateMessage'
import { DateInput } from '../parts/DateInput'
import { figureChart, withGaps } from './chartOption'
import { FigureTable } from './FigureTable'
import type { IndicatorSearch } from './search'

const Chart = lazy(() => import('../../chart/Chart'))

interface Props {
  definition: IndicatorDetail
  query: UseQueryResult<Figure[]>
  today: readonly Figure[] | null
  at: Figure | null
  search: IndicatorSearch
  now: number
  onChange: (change: Partial<IndicatorSearch>) => void
  onWhy: (name: FigureName) => void
}

/** The figure that is looked at, large, and all of them over time. */
export function FigurePanel({ definition, query, today, at, search, now, onChange, onWhy }: Props) {
  const i18n = useI18n()
  const { t, format, language } = i18n
  const id = useId()
  const standing = useStanding(query)
  const option = useFigureChart(definition, query.data ?? [], today, at)
  const asTable = search.show === 'table'
  const figures = standing.kind === 'ready' ? standing.data : []
  const before = at && figures[figures.indexOf(at) - 1]
  const unit = unitText(definition.unit, language)

  let content
  if (standing.kind === 'failed')
    content = <ErrorMessage error={standing.error} onRetry={() => void query.refetch()} />
  else if (standing.kind === 'waiting') content = <Loading />
  else if (figures.length === 0) content = <StateMessage title={t('noFigures')} hint={t('noFiguresHint')} />
  else if (asTable) content = <FigureTable definition={definition} figures={figures} onWhy={onWhy} />
  else
    content = (
      <Suspense fallback={<Loading />}>
        <Chart
          option={option}
          label={t('figureChart', {
            name: inLanguage(definition.names, language),
            n: figures.length,
            last: at ? `${valueText(at, definition.decimals, i18n)} ${unit}` : '–',
          })}
          onPoint={(index) => {
            const figure = withGaps(figures)[index]?.figure
            if (figure) onChange({ at: figure.period })
          }}
        />
      </Suspense>
    )

  return (
    <section className="panel figure-panel" aria-label={t('development')}>
      <div className="figure-head">
        {at ? (
          <div className="figure-now" data-testid="figure-now">
            <p className="figure-of">
              {subjectName(at.subject, language)} · {periodLabel(at.period, t, language)}
            </p>
            <p className="figure-value">
              <span className={at.value === null ? 'card-none' : 'value-number'} data-testid="figure-value">
                {valueText(at, definition.decimals, i18n)}
              </span>
              {at.value !== null && unit && <span className="value-unit">{unit}</span>}
              {before && (
                <ChangeMark
                  inWords
                  figure={{
                    ...at,
                    previous: before.value,
                    change: at.value === null || before.value === null ? null : at.value - before.value,
                    decimals: definition.decimals,
                    direction: definition.direction,
                  }}
                />
              )}
            </p>
            <p className="card-marks">
              {at.band && <BandChip band={at.band} />}
              <FigureMarks figure={at} decimals={definition.decimals} now={now} />
              {at.knownFrom && (
                <span className="hint">{t('knownFrom', { time: format.dateTime(at.knownFrom) })}</span>
              )}
            </p>
          </div>
        ) : (
          <div className="figure-now" />
        )}
        {at && (
          <button
            type="button"
            className="button"
            onClick={() =>
              onWhy({
                indicator: definition.id,
                subject: subjectReference(at.subject),
                period: at.period,
              })
            }
          >
            {t('why')}
          </button>
        )}
      </div>
      <div className="trend-tools">
        <span className="date-field">
          <label htmlFor={`${id}-from`}>{t('fromDate')}</label>
          <DateInput
            id={`${id}-from`}
            className="field field-inline"
            value={search.from ?? ''}
            onChange={(day) => onChange({ from: day || undefined })}
          />
        </span>
        <span className="date-field">
          <label htmlFor={`${id}-to`}>{t('toDate')}</label>
          <DateInput
            id={`${id}-to`}
            className="field field-inline"
            value={search.to ?? ''}
            onChange={(day) => onChange({ to: day || undefined })}
          />
        </span>
        {(search.from || search.to) && (
          <button type="button" className="link" onClick={() => onChange({ from: undefined, to: undefined })}>
            {t('wholeRange')}
          </button>
        )}
        <div className="segments segments-end" role="group" aria-label={t('chart')}>
          <button type="button" aria-pressed={!asTable} onClick={() => onChange({ show: undefined })}>
            {t('viewChart')}
          </button>
          <button type="button" aria-pressed={asTable} onClick={() => onChange({ show: 'table' })}>
            {t('viewTable')}
          </button>
        </div>
      </div>
      <div className="trend-body">{content}</div>
      {definition.bands.length > 0 && (
        <ul className="legend figure-legend" aria-label={t('thresholds')}>
          {definition.bands.map((band) => (
            <li key={band.key}>
              <span className="swatch" style={{ background: band.colour }} aria-hidden="true" />
              {bandBounds(band, definition, i18n)}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** The chart of the figures, also for the picture that can be saved. */
export function useFigureChart(
  definition: IndicatorDetail,
  figures: readonly Figure[],
  today: readonly Figure[] | null,
  at: Figure | null,
) {
  const i18n = useI18n()
  const { t, format, language } = i18n
  const palette = usePalette()
  return useMemo(() => {
    const unit = unitText(definition.unit, language)
    return figureChart({
      definition,
      figures,
      today,
      at: at?.period ?? null,
      palette,
      texts: {
        unit,
        value: (figure) =>
          `${valueText(figure, definition.decimals, i18n)} ${figure.value === null ? '' : unit}`,
        band: (figure) => (figure.band ? bandName(figure.band, language) : ''),
        number: format.number,
        period: (period) => periodLabel(period, t, language),
        provisional: t('provisional'),
        limit: (name) => inLanguage(name, language),
        today: t('knownToday'),
      },
    })
  }, [definition, figures, today, at, palette, i18n, t, format, language])
}

function bandBounds(
  band: IndicatorDetail['bands'][number],
  { decimals }: IndicatorDetail,
  { t, format, language }: ReturnType<typeof useI18n>,
): string {
  const name = inLanguage(band.name, language)
  const number = (value: number) => format.fixed(value, Number.isInteger(value) ? 0 : decimals)
  if (typeof band.upTo === 'number') return t('bandUpTo', { name, bound: number(band.upTo) })
  if (typeof band.from === 'number') return t('bandFrom', { name, bound: number(band.from) })
  return name
}
