import { lazy, Suspense, useCallback, useDeferredValue, useEffect, useMemo, useState } from 'react'

import { usePalette } from '../chart/usePalette'
import { useI18n } from '../i18n/I18n'
import { StaleNote } from '../shell/StaleNote'
import { ErrorMessage, Loading, StateMessage } from '../shell/StateMessage'
import { useMedia } from '../view/useMedia'
import { RANGE_MS, RANGES, type RangeName } from '../view/viewState'
import { MarkTable } from './MarkTable'
import { moved, zoomed, type Mark, type Span } from './model'
import { explorerOption, type Threshold } from './option'
import { useExplorer } from './useExplorer'

const ZoomChart = lazy(() => import('./ZoomChart'))
const MINUTE = 60_000
const STEP = 0.25

interface Props {
  datastream: number | string
  name: string
  unit: string
  range: RangeName
  thresholds?: readonly Threshold[]
  onRange: (range: RangeName) => void
}

const NO_THRESHOLDS: readonly Threshold[] = []

/** The line of one datastream over a range; zooming in reads it more finely, down to the single reading. */
export function SeriesExplorer({
  datastream,
  name,
  unit,
  range,
  thresholds = NO_THRESHOLDS,
  onRange,
}: Props) {
  const { t, format } = useI18n()
  const [whole, setWhole] = useState(() => endingNow(range))
  const [shown, setShown] = useState(whole)
  const [asTable, setAsTable] = useState(false)
  const palette = usePalette()
  const wheel = useMedia('(min-width: 1080px)')
  const zoomedIn = shown.to - shown.from < 0.999 * (whole.to - whole.from)
  const { overview, parts, granularity, refining, detailFailed } = useExplorer(datastream, whole, shown)

  useEffect(() => {
    const next = endingNow(range)
    setWhole(next)
    setShown(next)
  }, [range])
  useEffect(() => {
    // As long as everything is shown it moves on with the clock; what somebody has zoomed into stays in place.
    if (zoomedIn) return undefined
    const timer = window.setInterval(() => {
      const next = endingNow(range)
      setWhole(next)
      setShown(next)
    }, MINUTE)
    return () => window.clearInterval(timer)
  }, [zoomedIn, range])
  const onShown = useCallback((span: Span) => setShown(span), [])

  const option = useMemo(
    () =>
      explorerOption({
        parts,
        whole,
        unit,
        thresholds,
        palette,
        wheel,
        texts: {
          value: t('value'),
          mean: t('mean'),
          band: t('band'),
          samples: t('samples'),
          suspect: t('qualitySuspect'),
          bad: t('qualityBad'),
          number: format.number,
          time: format.exact,
        },
      }),
    [parts, whole, unit, thresholds, palette, wheel, t, format],
  )
  // The line follows the hand at once; the figures beneath may come a moment later.
  const counted = useDeferredValue(shown)
  const visible = useMemo(
    () => parts.flat().filter((mark) => mark.t >= counted.from && mark.t < counted.to),
    [parts, counted],
  )
  const figures = useMemo(() => figuresOf(visible), [visible])

  let content
  if (overview.data === undefined)
    content = overview.isError ? (
      <ErrorMessage error={overview.error} onRetry={() => void overview.refetch()} />
    ) : (
      <Loading />
    )
  else if (parts.flat().length === 0) content = <StateMessage title={t('emptyRange')} />
  else if (asTable) content = <MarkTable marks={visible} name={name} unit={unit} />
  else
    content = (
      <Suspense fallback={<Loading />}>
        <ZoomChart
          option={option}
          shown={shown}
          onShown={onShown}
          label={t('chartSummary', {
            name,
            range: `${format.dateTime(shown.from)} – ${format.dateTime(shown.to)}`,
            min: figures ? format.number(figures.min) : '–',
            max: figures ? format.number(figures.max) : '–',
            last: figures ? format.number(figures.last) : '–',
            unit,
          })}
        />
      </Suspense>
    )

  return (
    <div className="explorer">
      <div className="trend-tools">
        <div className="segments" role="group" aria-label={t('range')}>
          {RANGES.map((one) => (
            <button key={one} type="button" aria-pressed={one === range} onClick={() => onRange(one)}>
              {t(`range.${one}`)}
            </button>
          ))}
        </div>
        <div className="segments explorer-zoom" role="group" aria-label={t('zoom')}>
          <ZoomButton sign="‹" text={t('earlier')} onClick={() => setShown(moved(whole, shown, -STEP))} />
          <ZoomButton sign="+" text={t('zoomIn')} onClick={() => setShown(zoomed(whole, shown, 0.5))} />
          <ZoomButton sign="−" text={t('zoomOut')} onClick={() => setShown(zoomed(whole, shown, 2))} />
          <ZoomButton sign="⤢" text={t('wholeRange')} onClick={() => setShown(whole)} />
          <ZoomButton sign="›" text={t('later')} onClick={() => setShown(moved(whole, shown, STEP))} />
        </div>
        <p className="trend-granularity" role="status">
          {granularity && (
            <span data-testid="explorer-granularity" data-granularity={granularity} data-refining={refining}>
              {t(`granularity.${granularity}`)}
            </span>
          )}
          {detailFailed && ` · ${t('detailFailed')}`}
        </p>
      </div>
      <StaleNote query={overview} />
      <div className="trend-body">{content}</div>
      <div className="trend-foot">
        <dl className="figures">
          <div>
            <dt>{t('shownTime')}</dt>
            <dd data-testid="explorer-shown">
              {format.dateTime(shown.from)} – {format.dateTime(shown.to)}
            </dd>
          </div>
          {figures && (
            <>
              <div>
                <dt>{t('min')}</dt>
                <dd>{format.number(figures.min)}</dd>
              </div>
              <div>
                <dt>{t('max')}</dt>
                <dd>{format.number(figures.max)}</dd>
              </div>
            </>
          )}
        </dl>
        <div className="segments" role="group" aria-label={t('chart')}>
          <button type="button" aria-pressed={!asTable} onClick={() => setAsTable(false)}>
            {t('viewChart')}
          </button>
          <button type="button" aria-pressed={asTable} onClick={() => setAsTable(true)}>
            {t('viewTable')}
          </button>
        </div>
      </div>
    </div>
  )
}

function ZoomButton({ sign, text, onClick }: { sign: string; text: string; onClick: () => void }) {
  return (
    <button type="button" aria-label={text} title={text} onClick={onClick}>
      <span aria-hidden="true">{sign}</span>
    </button>
  )
}

/** Cut to the minute, so that the same answer serves whoever opens it in that minute. */
function endingNow(range: RangeName): Span {
  const to = Math.ceil(Date.now() / MINUTE) * MINUTE
  return { from: to - RANGE_MS[range], to }
}

function figuresOf(marks: readonly Mark[]): { min: number; max: number; last: number } | null {
  let [min, max] = [Infinity, -Infinity]
  for (const mark of marks) {
    if (mark.quality === 'bad') continue
    min = Math.min(min, mark.min)
    max = Math.max(max, mark.max)
  }
  const last = marks.at(-1)
  return last && Number.isFinite(min) ? { min, max, last: last.mean } : null
}
