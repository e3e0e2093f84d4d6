import { lazy, Suspense, useMemo, useState } from 'react'

import type { Row } from '../datastreams/model'
import { Value } from '../datastreams/Value'
import { useI18n } from '../i18n/I18n'
import { ErrorMessage, Loading, StateMessage } from '../shell/StateMessage'
import { RANGE_MS, RANGES, type RangeName } from '../view/viewState'
import { buildOption } from './option'
import { isNumeric, summarise, within } from './series'
import { usePalette } from './usePalette'
import { useSeries } from './useSeries'
import { ValueTable } from './ValueTable'

// The page's texts and figures show before the drawing library has come.
const Chart = lazy(() => import('./Chart'))

interface Props {
  row: Row
  range: RangeName
  until: number | null
  now: number
  onRange: (range: RangeName) => void
  onUntil: (until: number | null) => void
}

export function TrendPanel({ row, range, until, now, onRange, onUntil }: Props) {
  const { t, format } = useI18n()
  const { datastream, latest, unit } = row
  const [asTable, setAsTable] = useState(false)
  const { standing, retry } = useSeries(row, range, until)
  const loaded = standing.kind === 'ready' ? standing.data : undefined
  const palette = usePalette()
  const lastTime = latest ? Date.parse(latest.phenomenonTime) : 0
  // The window moves on by about half a pixel at a time. A sensor's clock may run ahead of it.
  const pace = Math.max(5_000, RANGE_MS[range] / 2_000)
  const to = until ?? Math.max(Math.ceil(now / pace) * pace, lastTime + 1)
  const from = to - RANGE_MS[range]
  const series = useMemo(() => (loaded ? within(loaded, from, to) : undefined), [loaded, from, to])
  const numeric = series !== undefined && isNumeric(series)
  const summary = useMemo(() => (series ? summarise(series) : null), [series])
  const option = useMemo(() => {
    if (!series || !numeric) return null
    const step = series.granularity === '1d' ? 'day' : series.granularity === 'raw' ? 'second' : 'minute'
    return buildOption({
      series,
      unit,
      from,
      to,
      palette,
      texts: {
        value: t('value'),
        mean: t('mean'),
        band: t('band'),
        samples: t('samples'),
        suspect: t('qualitySuspect'),
        bad: t('qualityBad'),
        number: format.number,
        time: (time) => format.exact(time, step),
      },
    })
  }, [series, numeric, unit, from, to, palette, t, format])

  let content
  if (standing.kind === 'failed') content = <ErrorMessage error={standing.error} onRetry={retry} />
  else if (!series) content = <Loading />
  else if (series.points.length === 0)
    content = (
      <StateMessage
        title={t('emptyRange')}
        {...(latest ? { hint: t('lastValueAt', { time: format.dateTime(latest.phenomenonTime) }) } : {})}
      >
        {latest && (
          <button
            type="button"
            className="button"
            onClick={() => onUntil(lastTime + Math.round(RANGE_MS[range] / 20))}
          >
            {t('goToLast')}
          </button>
        )}
      </StateMessage>
    )
  else if (asTable || !numeric || !option)
    content = <ValueTable series={series} name={row.name} unit={unit} />
  else
    content = (
      <Suspense fallback={<Loading />}>
        <Chart
          key={row.key}
          option={option}
          label={t('chartSummary', {
            name: `${row.shortName}, ${row.thingName}`,
            range: t(`range.${range}`),
            min: summary ? format.number(summary.min) : '–',
            max: summary ? format.number(summary.max) : '–',
            last: summary ? format.number(summary.last) : '–',
            unit,
          })}
        />
      </Suspense>
    )

  return (
    <section className="panel trend" id="trend" aria-labelledby="trend-title">
      <div className="trend-head">
        <div className="trend-names">
          <h2 id="trend-title" title={row.name}>
            {row.shortName}
          </h2>
          <p className="panel-note" title={datastream.key}>
            {row.thingName}
            {row.areaName && ` · ${row.areaName}`}
            {row.sample && (
              <span className="badge badge-sample" title={t('sampleHint')}>
                {t('sample')}
              </span>
            )}
          </p>
        </div>
        <p className="trend-now">
          <Value key={row.key} latest={latest} unit={unit} large />
          {latest && (
            <time
              className="trend-age"
              dateTime={latest.phenomenonTime}
              title={format.exact(lastTime, 'second')}
            >
              {now - lastTime < 5_000
                ? t('ageNow')
                : t('ageAgo', { age: format.age(latest.phenomenonTime, now) })}
            </time>
          )}
        </p>
      </div>
      <div className="trend-tools">
        <div className="segments" role="group" aria-label={t('range')}>
          {RANGES.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === range}
              data-range={one}
              onClick={() => onRange(one)}
            >
              {t(`range.${one}`)}
            </button>
          ))}
        </div>
        {until !== null && (
          <button type="button" className="chip" onClick={() => onUntil(null)}>
            {t('until', { time: format.dateTime(until) })} · {t('backToNow')}
          </button>
        )}
        {series && (
          <p className="trend-granularity" title={t('granularity')}>
            <span className="visually-hidden">{t('granularity')}: </span>
            <span data-testid="granularity" data-granularity={series.granularity}>
              {t(`granularity.${series.granularity}`)}
            </span>
          </p>
        )}
      </div>
      <div className="trend-body">{content}</div>
      <div className="trend-foot">
        <dl className="figures">
          {numeric && summary && (
            <>
              <div>
                <dt>{t('min')}</dt>
                <dd>{format.number(summary.min)}</dd>
              </div>
              <div>
                <dt>{t('mean')}</dt>
                <dd>{format.number(summary.mean)}</dd>
              </div>
              <div>
                <dt>{t('max')}</dt>
                <dd>{format.number(summary.max)}</dd>
              </div>
              <div>
                <dt>{t(series.granularity === 'raw' ? 'points' : 'samples')}</dt>
                <dd>{format.count(summary.samples)}</dd>
              </div>
            </>
          )}
        </dl>
        {(numeric || !series) && (
          <div className="segments" role="group" aria-label={t('chart')}>
            <button type="button" aria-pressed={!asTable} onClick={() => setAsTable(false)}>
              {t('viewChart')}
            </button>
            <button type="button" aria-pressed={asTable} onClick={() => setAsTable(true)}>
              {t('viewTable')}
            </button>
          </div>
        )}
      </div>
    </section>
  )
}
