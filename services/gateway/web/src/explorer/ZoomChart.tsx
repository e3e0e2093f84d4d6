import { useEffect, useRef } from 'react'

import { fromAxis, toAxis } from '../chart/look'
import { createChart } from './echarts'
import type { Span } from './model'
import type { ExplorerOption } from './option'

interface Props {
  option: ExplorerOption
  shown: Span
  /** In words what it shows. */
  label: string
  onShown: (span: Span) => void
}

/** A chart that tells which part of the time is looked at. The reader drags, pinches or turns the wheel. */
export default function ZoomChart({ option, shown, label, onShown }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<ReturnType<typeof createChart> | null>(null)
  const told = useRef(onShown)
  told.current = onShown
  /** What the chart itself has been zoomed to, so that it is not told its own news. */
  const known = useRef<Span>(shown)

  useEffect(() => {
    const element = box.current
    if (!element) return undefined
    const created = createChart(element)
    chart.current = created
    created.on('datazoom', () => {
      const zooms = created.getOption()['dataZoom'] as
        { startValue?: number; endValue?: number }[] | undefined
      const { startValue, endValue } = zooms?.[0] ?? {}
      if (startValue === undefined || endValue === undefined) return
      const span = { from: fromAxis(startValue), to: fromAxis(endValue) }
      known.current = span
      told.current(span)
    })
    const observer = new ResizeObserver(() => created.resize())
    observer.observe(element)
    return () => {
      observer.disconnect()
      created.dispose()
      chart.current = null
    }
  }, [])

  useEffect(() => {
    chart.current?.setOption(option, { replaceMerge: ['series'] })
  }, [option])

  useEffect(() => {
    if (same(known.current, shown)) return
    known.current = shown
    chart.current?.dispatchAction(
      {
        type: 'dataZoom',
        dataZoomIndex: 0,
        startValue: toAxis(shown.from),
        endValue: toAxis(shown.to),
      },
      { silent: true },
    )
  }, [shown, option])

  return (
    <div
      ref={box}
      className="chart explorer-chart"
      role="img"
      aria-label={label}
      data-testid="explorer-chart"
    />
  )
}

function same(one: Span, other: Span): boolean {
  return Math.abs(one.from - other.from) < 1 && Math.abs(one.to - other.to) < 1
}
