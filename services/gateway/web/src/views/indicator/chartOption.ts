import type { Figure, IndicatorDetail } from '../../api/indicatorTypes'
import { frame, timeAxis, tip, tipLook, toAxis, valueAxis, type Palette, type TipRow } from '../../chart/look'
import type { ChartOption } from '../../chart/option'

const BAND_OPACITY = 0.14
/** More than so many figures are a line without dots. */
const DOTS_UP_TO = 80

export interface FigureChart {
  definition: IndicatorDetail
  figures: readonly Figure[]
  /** What is known today, where another time is looked at. */
  today: readonly Figure[] | null
  /** The period that is looked at. */
  at: string | null
  palette: Palette
  texts: {
    unit: string
    band: (figure: Figure) => string
    value: (figure: Figure) => string
    number: (value: number) => string
    period: (period: string) => string
    provisional: string
    limit: (name: { vi: string; en: string }) => string
    today: string
  }
}

/** Figures over time on the bands of the definition; a running period is hollow, a missing one breaks the line. */
export function figureChart({ definition, figures, today, at, palette, texts }: FigureChart): ChartOption {
  const dots = figures.length <= DOTS_UP_TO
  const cells = withGaps(figures)
  const { low, high, interval } = extent([...figures, ...(today ?? [])], definition)
  return {
    ...frame(palette, { right: 16 }),
    xAxis: timeAxis(palette),
    yAxis: { ...valueAxis(palette, texts.unit, texts.number), min: low, max: high, interval },
    tooltip: {
      ...tipLook(palette),
      formatter: (params) => {
        const [first] = Array.isArray(params) ? params : [params]
        const figure = first?.seriesIndex === 0 ? cells[first.dataIndex]?.figure : undefined
        return figure ? tip(tipRows(figure, texts)) : ''
      },
    },
    series: [
      {
        type: 'line',
        data: cells.map(({ start, figure }) => ({
          value: [toAxis(start), figure?.value ?? null],
          symbol: figure?.provisional ? 'emptyCircle' : 'circle',
          symbolSize: figure && figure.period === at ? 13 : 7,
        })),
        showSymbol: dots,
        symbol: 'circle',
        symbolSize: 7,
        itemStyle: { color: palette.line, borderWidth: 2 },
        lineStyle: { color: palette.line, width: 2 },
        emphasis: { scale: 1.3 },
        markArea: { silent: true, data: bandAreas(definition, low, high) },
        markLine: {
          silent: true,
          symbol: 'none',
          label: { position: 'insideEndTop', color: palette.muted, fontSize: 11, formatter: '{b}' },
          lineStyle: { color: palette.warning, type: 'dashed', width: 1.5 },
          data: definition.limits.map(({ value, name }) => ({ yAxis: value, name: texts.limit(name) })),
        },
      },
      ...(today
        ? [
            {
              type: 'line' as const,
              name: texts.today,
              data: withGaps(today).map(({ start, figure }) => [toAxis(start), figure?.value ?? null]),
              showSymbol: false,
              silent: true,
              lineStyle: { color: palette.muted, width: 1.5, type: 'dashed' as const },
            },
          ]
        : []),
    ],
  }
}

interface Cell {
  /** ms */
  start: number
  /** Undefined where periods lack: the line breaks there. */
  figure?: Figure
}

/** The figures, with an empty cell wherever one does not begin when the one before ends. */
export function withGaps(figures: readonly Figure[]): Cell[] {
  const cells: Cell[] = []
  figures.forEach((figure, index) => {
    const before = figures[index - 1]
    const start = Date.parse(figure.start)
    if (before && Date.parse(before.end) < start) cells.push({ start: Date.parse(before.end) })
    cells.push({ start, figure })
  })
  return cells
}

interface Extent {
  low: number
  high: number
  interval: number
}

const STEPS = 5

/** Room for all values and limits on round numbers, but not for bands far away. */
export function extent(figures: readonly Figure[], { limits, unit }: IndicatorDetail): Extent {
  const values = [
    ...figures.flatMap((figure) => (figure.value === null ? [] : [figure.value])),
    ...limits.map((limit) => limit.value),
  ]
  if (values.length === 0) return { low: 0, high: 1, interval: 0.5 }
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const room = (most - least || Math.abs(most) || 1) * 0.08
  const interval = roundStep((most - least + 2 * room) / STEPS)
  const low = Math.floor((least - room) / interval) * interval
  const high = Math.ceil((most + room) / interval) * interval
  return {
    low: least >= 0 ? Math.max(0, low) : low,
    high: unit.symbol === '%' && most <= 100 ? Math.min(100, high) : high,
    interval,
  }
}

/** 1, 2, 2.5 or 5 times a power of ten, not smaller than the given step. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step))
  return power * ([1, 2, 2.5, 5, 10].find((one) => one * power >= step * 0.999) ?? 10)
}

function bandAreas({ bands }: IndicatorDetail, low: number, high: number) {
  let begin = low
  return bands.flatMap((band, index) => {
    const next = bands[index + 1]
    const upTo = band.upTo ?? next?.from ?? null
    const from = band.from ?? begin
    const to = upTo ?? high
    begin = to
    if (to <= low || from >= high) return []
    const area: [{ yAxis: number; itemStyle: { color: string; opacity: number } }, { yAxis: number }] = [
      { yAxis: Math.max(from, low), itemStyle: { color: band.colour, opacity: BAND_OPACITY } },
      { yAxis: Math.min(to, high) },
    ]
    return [area]
  })
}

function tipRows(figure: Figure, texts: FigureChart['texts']): TipRow[] {
  const band = texts.band(figure)
  const rows: TipRow[] = [
    ['tip-time', texts.period(figure.period)],
    ['tip-row', texts.value(figure)],
  ]
  if (band) rows.push(['tip-time', band])
  if (figure.provisional) rows.push(['tip-time', texts.provisional])
  return rows
}
