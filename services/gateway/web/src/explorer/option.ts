import type { LineSeriesOption } from 'echarts/charts'
import type {
  DataZoomComponentOption,
  GridComponentOption,
  MarkLineComponentOption,
  TooltipComponentOption,
} from 'echarts/components'
import type { ComposeOption } from 'echarts/core'

import { fromAxis, toAxis, type Palette } from '../chart/option'
import { cellsOf, nearest, type Mark, type Span } from './model'

export type ExplorerOption = ComposeOption<
  | LineSeriesOption
  | GridComponentOption
  | TooltipComponentOption
  | DataZoomComponentOption
  | MarkLineComponentOption
>

/** A level that the reader compares with: BĐ1, a limit value. */
export interface Threshold {
  value: number
  label: string
  colour: string
}

export interface ExplorerTexts {
  value: string
  mean: string
  band: string
  samples: string
  suspect: string
  bad: string
  number: (value: number) => string
  time: (time: number, step: 'second' | 'minute') => string
}

interface Input {
  parts: Mark[][]
  whole: Span
  unit: string
  thresholds: readonly Threshold[]
  palette: Palette
  texts: ExplorerTexts
  /** The wheel zooms; else it scrolls the page. */
  wheel: boolean
}

const DOTS_UP_TO = 60

export function explorerOption({
  parts,
  whole,
  unit,
  thresholds,
  palette,
  texts,
  wheel,
}: Input): ExplorerOption {
  const marks = parts.flat()
  const bucketed = marks.some(({ min, max }) => min !== max)
  const values = marks.flatMap(({ min, max }) => [min, max])
  const zoom = { xAxisIndex: 0, filterMode: 'none', minValueSpan: 10_000, throttle: 80 } as const
  return {
    useUTC: true,
    animation: false,
    textStyle: { fontFamily: palette.font, color: palette.text },
    grid: {
      left: 8,
      right: 16,
      top: 28,
      bottom: 54,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
    xAxis: {
      type: 'time',
      min: toAxis(whole.from),
      max: toAxis(whole.to),
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
          second: '{HH}:{mm}:{ss}',
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
      ...reach(values, thresholds),
      axisLabel: {
        color: palette.muted,
        fontSize: 11,
        showMinLabel: false,
        formatter: (value: number) => texts.number(value),
      },
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
        const cell = first?.value
        const time = Array.isArray(cell) && typeof cell[0] === 'number' ? fromAxis(cell[0]) : null
        const mark = time === null ? null : nearest(marks, time)
        return mark ? tip(mark, unit, texts) : ''
      },
    },
    dataZoom: [
      {
        ...zoom,
        type: 'inside',
        zoomOnMouseWheel: wheel,
        moveOnMouseWheel: false,
        preventDefaultMouseMove: true,
      },
      {
        ...zoom,
        type: 'slider',
        height: 28,
        bottom: 10,
        left: 14,
        right: 16,
        showDetail: false,
        brushSelect: false,
        borderColor: palette.grid,
        fillerColor: `color-mix(in srgb, ${palette.line} 16%, transparent)`,
        // The shadow would space its points evenly, whether they are a second or a day apart.
        showDataShadow: false,
        handleStyle: { color: palette.surface, borderColor: palette.line },
        moveHandleStyle: { color: palette.grid },
        emphasis: { handleStyle: { borderColor: palette.text }, moveHandleStyle: { color: palette.muted } },
      },
    ],
    series: [
      ...(bucketed ? band(parts, palette, texts) : []),
      {
        type: 'line',
        name: bucketed ? texts.mean : texts.value,
        data: cellsOf(parts, ({ mean }) => mean),
        // Many points on few pixels: the largest triangles keep the shape, and the canvas draws the rest in steps.
        sampling: 'lttb',
        progressive: 2_000,
        progressiveThreshold: 10_000,
        showSymbol: marks.length <= DOTS_UP_TO,
        symbol: 'circle',
        symbolSize: 4,
        lineStyle: { width: 1.6, color: palette.line, join: 'round' },
        itemStyle: { color: palette.line },
        emphasis: { disabled: true },
        connectNulls: false,
        z: 3,
        markLine: {
          silent: true,
          symbol: 'none',
          animation: false,
          data: thresholds.map(({ value, label, colour }) => ({
            yAxis: value,
            lineStyle: { color: colour, width: 1.5, type: 'dashed' as const },
            label: {
              formatter: label,
              position: 'insideStartTop' as const,
              color: palette.text,
              fontSize: 11,
              backgroundColor: palette.surface,
              padding: [1, 4],
            },
          })),
        },
      },
    ],
  }
}

function band(parts: Mark[][], palette: Palette, texts: ExplorerTexts): LineSeriesOption[] {
  const edge = { type: 'line', stack: 'band', stackStrategy: 'all', symbol: 'none', silent: true } as const
  return [
    { ...edge, name: 'min', data: cellsOf(parts, ({ min }) => min), lineStyle: { width: 0 } },
    {
      ...edge,
      name: texts.band,
      data: cellsOf(parts, ({ min, max }) => max - min),
      lineStyle: { width: 0 },
      areaStyle: { color: palette.band, opacity: 1 },
    },
  ]
}

/** Thresholds near the values are drawn in; far ones would press the line flat. */
export function reach(
  values: readonly number[],
  thresholds: readonly Pick<Threshold, 'value'>[],
): { min?: number; max?: number } {
  if (thresholds.length === 0 || values.length === 0) return {}
  let [low, high] = [Infinity, -Infinity]
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)]
  const room = Math.max(high - low, Math.abs(high) * 0.02, 1) * 2
  const near = thresholds.filter(({ value }) => value >= low - room && value <= high + room)
  // At least the next level above is shown: the distance to it is what the reader asks about.
  const next = thresholds.filter(({ value }) => value > high).sort((a, b) => a.value - b.value)[0]
  const all = [low, high, ...near.map(({ value }) => value), ...(next ? [next.value] : [])]
  const [from, to] = [Math.min(...all), Math.max(...all)]
  const margin = (to - from || 1) * 0.06
  return { min: round(from - margin), max: round(to + margin) }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

/** From elements, not from HTML text: values come from outside. */
function tip(mark: Mark, unit: string, texts: ExplorerTexts): HTMLElement {
  const box = document.createElement('div')
  const add = (name: string, text: string, kind: string) => {
    const row = box.appendChild(document.createElement('div'))
    row.className = kind
    if (name) row.appendChild(document.createElement('span')).textContent = name
    row.appendChild(document.createElement('b')).textContent = text
  }
  const withUnit = (text: string) => (unit ? `${text} ${unit}` : text)
  add('', texts.time(mark.t, mark.count === 1 ? 'second' : 'minute'), 'tip-time')
  add(mark.count === 1 ? texts.value : texts.mean, withUnit(texts.number(mark.mean)), 'tip-row')
  if (mark.min !== mark.max)
    add(texts.band, `${texts.number(mark.min)} – ${texts.number(mark.max)}`, 'tip-row')
  if (mark.count > 1) add(texts.samples, texts.number(mark.count), 'tip-row')
  if (mark.quality === 'suspect') add('', texts.suspect, 'tip-warning')
  if (mark.quality === 'bad') add('', texts.bad, 'tip-warning')
  return box
}
