/** How every chart over time looks: its axes, its line, the band around it, and what is told of a point. */

import type { LineSeriesOption } from 'echarts/charts'

import { ZONE_OFFSET_MS } from '../i18n/format'

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

/** A time on the axis and a number; null breaks the line. */
export type Cell = [axisTime: number, value: number | null]

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

/** @param room pixels at the right and below that something else needs */
export function frame({ font, text }: Palette, { right = 14, bottom = 6 } = {}) {
  return {
    useUTC: true,
    animation: false,
    textStyle: { fontFamily: font, color: text },
    grid: {
      left: 8,
      right,
      top: 28,
      bottom,
      outerBoundsMode: 'same',
      outerBoundsContain: 'axisLabel',
    },
  } as const
}

export function timeAxis({ grid, muted }: Palette) {
  return {
    type: 'time',
    axisLine: { lineStyle: { color: grid } },
    axisTick: { show: false },
    axisLabel: {
      color: muted,
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
  } as const
}

export function valueAxis({ grid, muted }: Palette, unit: string, number: (value: number) => string) {
  return {
    type: 'value',
    scale: true,
    name: unit,
    nameLocation: 'end',
    nameGap: 12,
    nameTextStyle: { color: muted, align: 'right', fontSize: 11 },
    axisLabel: { color: muted, fontSize: 11, formatter: (value: number) => number(value) },
    splitLine: { lineStyle: { color: grid } },
  } as const
}

export function tipLook({ surface, grid, text, muted, font }: Palette) {
  return {
    trigger: 'axis',
    className: 'chart-tip',
    backgroundColor: surface,
    borderColor: grid,
    textStyle: { color: text, fontFamily: font, fontSize: 12 },
    axisPointer: { type: 'line', lineStyle: { color: muted, type: 'solid' } },
    transitionDuration: 0,
    confine: true,
  } as const
}

/** @param points how many there are */
export function line(name: string, data: Cell[], palette: Palette, points: number) {
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
  } satisfies LineSeriesOption
}

/** Between the smallest and the greatest values: what lies under it is not seen, what is stacked on that is. */
export function band(name: string, low: Cell[], height: Cell[], palette: Palette): LineSeriesOption[] {
  const edge = { type: 'line', stack: 'band', stackStrategy: 'all', symbol: 'none', silent: true } as const
  return [
    { ...edge, name: 'min', data: low, lineStyle: { width: 0 } },
    {
      ...edge,
      name,
      data: height,
      lineStyle: { width: 0 },
      areaStyle: { color: palette.band, opacity: 1 },
    },
  ]
}

export type TipRow = readonly [kind: 'tip-time' | 'tip-row' | 'tip-warning', text: string, name?: string]

/** Built from elements, not from HTML text: values come from outside, and the policy forbids inline styles. */
export function tip(rows: readonly TipRow[]): HTMLElement {
  const box = document.createElement('div')
  for (const [kind, text, name] of rows) {
    const row = box.appendChild(document.createElement('div'))
    row.className = kind
    if (name) row.appendChild(document.createElement('span')).textContent = name
    row.appendChild(document.createElement('b')).textContent = text
  }
  return box
}
