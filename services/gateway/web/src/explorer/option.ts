import type { LineSeriesOption } from 'echarts/charts'
import type {
  DataZoomComponentOption,
  GridComponentOption,
  MarkLineComponentOption,
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
  type Palette,
  type TipRow,
} from '../chart/look'
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
  const valuesAxis = valueAxis(palette, unit, texts.number)
  const zoom = { xAxisIndex: 0, filterMode: 'none', minValueSpan: 10_000, throttle: 80 } as const
  return {
    ...frame(palette, { right: 16, bottom: 54 }),
    xAxis: { ...timeAxis(palette), min: toAxis(whole.from), max: toAxis(whole.to) },
    yAxis: {
      ...valuesAxis,
      ...reach(values, thresholds),
      axisLabel: { ...valuesAxis.axisLabel, showMinLabel: false },
    },
    tooltip: {
      ...tipLook(palette),
      formatter: (params) => {
        const [first] = Array.isArray(params) ? params : [params]
        const cell = first?.value
        const time = Array.isArray(cell) && typeof cell[0] === 'number' ? fromAxis(cell[0]) : null
        const mark = time === null ? null : nearest(marks, time)
        return mark ? tip(tipRows(mark, unit, texts)) : ''
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
      ...(bucketed
        ? band(
            texts.band,
            cellsOf(parts, ({ min }) => min),
            cellsOf(parts, ({ min, max }) => max - min),
            palette,
          )
        : []),
      {
        ...line(
          bucketed ? texts.mean : texts.value,
          cellsOf(parts, ({ mean }) => mean),
          palette,
          marks.length,
        ),
        // Many points on few pixels: the largest triangles keep the shape, and the canvas draws the rest in steps.
        sampling: 'lttb',
        progressive: 2_000,
        progressiveThreshold: 10_000,
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

function tipRows(mark: Mark, unit: string, texts: ExplorerTexts): TipRow[] {
  const single = mark.count === 1
  const mean = texts.number(mark.mean)
  const rows: TipRow[] = [
    ['tip-time', texts.time(mark.t, single ? 'second' : 'minute')],
    ['tip-row', unit ? `${mean} ${unit}` : mean, single ? texts.value : texts.mean],
  ]
  if (mark.min !== mark.max)
    rows.push(['tip-row', `${texts.number(mark.min)} – ${texts.number(mark.max)}`, texts.band])
  if (mark.count > 1) rows.push(['tip-row', texts.number(mark.count), texts.samples])
  if (mark.quality === 'suspect') rows.push(['tip-warning', texts.suspect])
  if (mark.quality === 'bad') rows.push(['tip-warning', texts.bad])
  return rows
}
