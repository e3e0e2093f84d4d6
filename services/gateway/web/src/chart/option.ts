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

import { ZONE_OFFSET_MS } from '../i18n/format'
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

export interface Palette {
  line: string
  band: string
  text: string
  muted: string
  grid: string
  surface: string
  warning: string
  font: string
}

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

/** Few points are drawn as dots too: a lone value between two gaps has no line. */
const DOTS_UP_TO = 60

/**
 * ECharts cuts its time axis in the browser's zone or in UTC. We want the province's hours and days for every
 * reader, so times are handed over as if Việt Nam's clock were UTC.
 */
export function toAxis(time: number): number {
  return time + ZONE_OFFSET_MS
}

export function fromAxis(axisTime: number): number {
  return axisTime - ZONE_OFFSET_MS
}

type Cell = [number, number | null]

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
    useUTC: true,
    animation: false,
    textStyle: { fontFamily: palette.font, color: palette.text },
    grid: {
      left: 8,
      right: 14,
      top: 28,
      bottom: 6,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    xAxis: {
      type: 'time',
      min: toAxis(input.from),
      max: toAxis(input.to),
      axisLine: { lineStyle: { color: palette.grid } },
      axisTick: { show: false },
      axisLabel: {
        color: palette.muted,
        fontSize: 11,
        hideOverlap: true,
        formatter: {
          year: '{yyyy}',
          month: '{MM}/{yyyy}',
          day: '{dd}/{MM}',
          hour: '{HH}:{mm}',
          minute: '{HH}:{mm}',
        },
      },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      scale: true,
      name: unit,
      nameLocation: 'end',
      nameGap: 12,
      nameTextStyle: { color: palette.muted, align: 'right', fontSize: 11 },
      axisLabel: { color: palette.muted, fontSize: 11, formatter: (value: number) => texts.number(value) },
      splitLine: { lineStyle: { color: palette.grid } },
    },
    tooltip: {
      trigger: 'axis',
      className: 'chart-tip',
      backgroundColor: palette.surface,
      borderColor: palette.grid,
      textStyle: { color: palette.text, fontFamily: palette.font, fontSize: 12 },
      axisPointer: { type: 'line', lineStyle: { color: palette.muted, type: 'solid' } },
      transitionDuration: 0,
      confine: true,
      formatter: (params) => {
        const [first] = Array.isArray(params) ? params : [params]
        const axisTime = Array.isArray(first?.value) ? Number(first.value[0]) : NaN
        return tooltip(series, fromAxis(axisTime), unit, texts)
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
  const edge = { type: 'line', stack: 'band', stackStrategy: 'all', symbol: 'none', silent: true } as const
  return [
    { ...edge, name: 'min', data: cells(points, (point) => point.min), lineStyle: { width: 0 } },
    {
      ...edge,
      name: texts.band,
      data: cells(points, (point) => point.max - point.min),
      lineStyle: { width: 0 },
      areaStyle: { color: palette.band, opacity: 1 },
    },
    line(
      texts.mean,
      cells(points, (point) => point.mean),
      palette,
      points.length,
    ),
  ]
}

function line(name: string, data: Cell[], palette: Palette, points: number): LineSeriesOption {
  return {
    type: 'line',
    name,
    data,
    showSymbol: points <= DOTS_UP_TO,
    symbol: 'circle',
    symbolSize: 4,
    lineStyle: { width: 1.6, color: palette.line, join: 'round' },
    itemStyle: { color: palette.line },
    emphasis: { disabled: true },
    connectNulls: false,
    z: 3,
  }
}

/** Built from elements, not from HTML text: values come from outside, and the policy forbids inline styles. */
function tooltip(series: Series, time: number, unit: string, texts: ChartTexts): HTMLElement {
  const box = document.createElement('div')
  const add = (name: string, text: string, kind: string) => {
    const row = box.appendChild(document.createElement('div'))
    row.className = kind
    if (name) row.appendChild(document.createElement('span')).textContent = name
    row.appendChild(document.createElement('b')).textContent = text
  }
  const withUnit = (text: string) => (unit ? `${text} ${unit}` : text)
  add('', texts.time(time), 'tip-time')
  if (series.granularity === 'raw') {
    const point = series.points.find(({ t }) => t === time)
    if (typeof point?.result === 'number') add(texts.value, withUnit(texts.number(point.result)), 'tip-row')
    if (point?.quality === 'suspect') add('', texts.suspect, 'tip-warning')
    if (point?.quality === 'bad') add('', texts.bad, 'tip-warning')
  } else {
    const point = series.points.find(({ t }) => t === time)
    if (point) {
      add(texts.mean, withUnit(texts.number(point.mean)), 'tip-row')
      add(texts.band, `${texts.number(point.min)} – ${texts.number(point.max)}`, 'tip-row')
      add(texts.samples, texts.number(point.count), 'tip-row')
    }
  }
  return box
}
