import type { LineSeriesOption } from 'echarts/charts'
import type {
  DataZoomComponentOption,
  GridComponentOption,
  MarkAreaComponentOption,
  MarkLineComponentOption,
  TitleComponentOption,
  TooltipComponentOption,
} from 'echarts/components'
import type { ComposeOption } from 'echarts/core'

import {
  band,
  frame,
  fromAxis,
  line,
  timeAxis,
  tip,
  tipLook,
  toAxis,
  valueAxis,
  type Cell,
  type Palette,
  type TipRow,
} from './look'
import { breaksOf, type RawPoint, type RollupPoint, type Series } from './series'

export type ChartOption = ComposeOption<
  | LineSeriesOption
  | GridComponentOption
  | TooltipComponentOption
  | DataZoomComponentOption
  | MarkAreaComponentOption
  | MarkLineComponentOption
  | TitleComponentOption
>

export interface ChartTexts {
  value: string
  mean: string
  band: string
  samples: string
  suspect: string
  bad: string
  number: (value: number) => string
  time: (time: number) => string
}

export interface ChartInput {
  series: Series
  unit: string
  /** Shown range, ms. */
  from: number
  to: number
  palette: Palette
  texts: ChartTexts
}

/** Numbers of `pick` over time, with a null where the line must break. */
export function cells<Point extends { t: number }>(
  points: readonly Point[],
  pick: (point: Point) => number | null,
): Cell[] {
  const breaks = breaksOf(points)
  const out: Cell[] = []
  points.forEach((point, index) => {
    const before = points[index - 1]
    if (before && breaks(index)) out.push([toAxis(before.t + 1), null])
    out.push([toAxis(point.t), pick(point)])
  })
  return out
}

/** The chart of one datastream: a line of raw values, or the mean with its min–max band for rollups. */
export function buildOption(input: ChartInput): ChartOption {
  const { series, unit, palette, texts } = input
  return {
    ...frame(palette),
    xAxis: { ...timeAxis(palette), min: toAxis(input.from), max: toAxis(input.to) },
    yAxis: valueAxis(palette, unit, texts.number),
    tooltip: {
      ...tipLook(palette),
      formatter: (params) => {
        const [first] = Array.isArray(params) ? params : [params]
        const axisTime = Array.isArray(first?.value) ? Number(first.value[0]) : NaN
        return tip(tipRows(series, fromAxis(axisTime), unit, texts))
      },
    },
    dataZoom: [{ type: 'inside', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false, filterMode: 'none' }],
    series: series.granularity === 'raw' ? rawLines(series.points, input) : rollupLines(series.points, input),
  }
}

function rawLines(points: readonly RawPoint[], { palette, texts }: ChartInput): LineSeriesOption[] {
  const number = ({ result }: RawPoint) => (typeof result === 'number' ? result : null)
  const lines: LineSeriesOption[] = [
    line(
      texts.value,
      cells(
        points.filter((point) => point.quality !== 'bad'),
        number,
      ),
      palette,
      points.length,
    ),
  ]
  const doubtful = points.filter(({ quality }) => quality === 'suspect' || quality === 'bad')
  if (doubtful.length > 0) {
    lines.push({
      type: 'line',
      name: `${texts.suspect}/${texts.bad}`,
      data: doubtful.map((point) => [toAxis(point.t), number(point)]),
      lineStyle: { width: 0 },
      symbol: 'emptyTriangle',
      symbolSize: 8,
      itemStyle: { color: palette.warning },
      z: 4,
    })
  }
  return lines
}

function rollupLines(points: readonly RollupPoint[], { palette, texts }: ChartInput): LineSeriesOption[] {
  return [
    ...band(
      texts.band,
      cells(points, (point) => point.min),
      cells(points, (point) => point.max - point.min),
      palette,
    ),
    line(
      texts.mean,
      cells(points, (point) => point.mean),
      palette,
      points.length,
    ),
  ]
}

function tipRows(series: Series, time: number, unit: string, texts: ChartTexts): TipRow[] {
  const withUnit = (text: string) => (unit ? `${text} ${unit}` : text)
  const rows: TipRow[] = [['tip-time', texts.time(time)]]
  if (series.granularity === 'raw') {
    const point = series.points.find(({ t }) => t === time)
    if (typeof point?.result === 'number')
      rows.push(['tip-row', withUnit(texts.number(point.result)), texts.value])
    if (point?.quality === 'suspect') rows.push(['tip-warning', texts.suspect])
    if (point?.quality === 'bad') rows.push(['tip-warning', texts.bad])
  } else {
    const point = series.points.find(({ t }) => t === time)
    if (point)
      rows.push(
        ['tip-row', withUnit(texts.number(point.mean)), texts.mean],
        ['tip-row', `${texts.number(point.min)} – ${texts.number(point.max)}`, texts.band],
        ['tip-row', texts.number(point.count), texts.samples],
      )
  }
  return rows
}
