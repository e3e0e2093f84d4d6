import { describe, expect, it } from 'vitest'

import type { ObservationPage } from '../src/api/types'
import { fromAxis, toAxis } from '../src/chart/look'
import { buildOption, cells, type ChartInput } from '../src/chart/option'
import { breaksOf, mergeTail, summarise, toSeries, within, type Series } from '../src/chart/series'

const raw = (...points: [number, number, ('good' | 'suspect' | 'bad')?][]): Series => ({
  granularity: 'raw',
  points: points.map(([t, result, quality]) => ({ t, result, quality: quality ?? null })),
})
const bucket = (t: number, mean: number, count = 2) => ({
  t,
  mean,
  min: mean - 1,
  max: mean + 1,
  last: mean,
  count,
})

const palette = {
  line: '#111',
  band: '#222',
  text: '#333',
  muted: '#444',
  grid: '#555',
  surface: '#666',
  warning: '#777',
  font: 'sans-serif',
}
const texts = {
  value: 'value',
  mean: 'mean',
  band: 'band',
  samples: 'samples',
  suspect: 'suspect',
  bad: 'bad',
  number: String,
  time: String,
}
const input = (series: Series): ChartInput => ({ series, unit: 'm', from: 0, to: 10_000, palette, texts })

describe('live merge', () => {
  it('appends what came since and replaces what was corrected', () => {
    const merged = mergeTail(raw([1, 10], [2, 20], [3, 30]), raw([3, 33], [4, 40], [5, 50]))
    expect(merged).toEqual(raw([1, 10], [2, 20], [3, 33], [4, 40], [5, 50]))
  })

  it('replaces the open bucket instead of counting twice', () => {
    const base: Series = { granularity: '1h', points: [bucket(0, 5), bucket(10, 6, 1)] }
    const tail: Series = { granularity: '1h', points: [bucket(10, 7, 2), bucket(20, 8, 1)] }
    expect(mergeTail(base, tail).points.map((p) => ('count' in p ? [p.t, p.mean, p.count] : null))).toEqual([
      [0, 5, 2],
      [10, 7, 2],
      [20, 8, 1],
    ])
  })

  it('ignores an empty tail and one of another granularity', () => {
    const base = raw([1, 10])
    expect(mergeTail(base, undefined)).toBe(base)
    expect(mergeTail(base, raw())).toBe(base)
    expect(mergeTail(base, { granularity: '1m', points: [bucket(1, 1)] })).toBe(base)
  })
})

describe('series', () => {
  it('reads both kinds of answer and puts them in order', () => {
    const page = {
      granularity: '1h',
      next: null,
      items: ['2026-07-01T01:00:00Z', '2026-07-01T00:00:00Z'].map((start) => ({
        datastream: 'a/b/c',
        bucket: start,
        count: 1,
        sum: 1,
        min: 1,
        max: 1,
        first: 1,
        last: 1,
        mean: 1,
      })),
    } satisfies ObservationPage
    expect(toSeries(page).points.map((point) => new Date(point.t).getUTCHours())).toEqual([0, 1])
  })

  it('weighs means by their counts and leaves bad values out', () => {
    expect(summarise({ granularity: '1m', points: [bucket(0, 10, 1), bucket(60_000, 20, 3)] })).toMatchObject(
      {
        min: 9,
        max: 21,
        mean: 17.5,
        samples: 4,
      },
    )
    expect(summarise(raw([1, 10], [2, 999, 'bad'], [3, 20]))).toEqual({
      min: 10,
      max: 20,
      mean: 15,
      last: 20,
      samples: 2,
    })
    expect(summarise(raw())).toBeNull()
  })

  it('keeps a bucket that reaches into the range', () => {
    const series: Series = {
      granularity: '1m',
      points: [bucket(0, 1), bucket(60_000, 2), bucket(120_000, 3)],
    }
    expect(within(series, 59_999, 120_000).points.map((point) => point.t)).toEqual([0, 60_000])
  })
})

describe('chart', () => {
  it('breaks the line where data is missing', () => {
    const points = [0, 10, 20, 30, 200, 210].map((t) => ({ t, v: t }))
    const line = cells(points, (point) => point.v)
    expect(line).toHaveLength(7)
    expect(line[4]).toEqual([toAxis(31), null])
  })

  it('draws raw values as one line, doubtful ones apart', () => {
    const option = buildOption(input(raw([1, 10], [2, 20, 'bad'], [3, 30, 'suspect'])))
    const series = option.series as { data: unknown[] }[]
    expect(series).toHaveLength(2)
    expect(series[0]?.data).toEqual([
      [toAxis(1), 10],
      [toAxis(3), 30],
    ])
    expect(series[1]?.data).toEqual([
      [toAxis(2), 20],
      [toAxis(3), 30],
    ])
  })

  it('draws rollups as the mean over a min–max band', () => {
    const option = buildOption(input({ granularity: '1h', points: [bucket(0, -5), bucket(10, 6)] }))
    const series = option.series as { name: string; stack?: string; data: [number, number][] }[]
    expect(series.map((one) => one.name)).toEqual(['min', 'band', 'mean'])
    expect(series.map((one) => one.stack)).toEqual(['band', 'band', undefined])
    expect(series.map((one) => one.data[0]?.[1])).toEqual([-6, 2, -5])
  })

  it('cuts the axis by the clock of Việt Nam', () => {
    const midnight = Date.parse('2026-07-01T00:00:00+07:00')
    expect(new Date(toAxis(midnight)).getUTCHours()).toBe(0)
    expect(fromAxis(toAxis(midnight))).toBe(midnight)
    expect(buildOption(input(raw([1, 1])))).toMatchObject({
      useUTC: true,
      xAxis: { min: toAxis(0), max: toAxis(10_000) },
    })
  })

  it('puts text of the data into the tooltip as text', () => {
    const option = buildOption({ ...input(raw([5, 1.5])), unit: '<img src=x>' })
    const { formatter } = option.tooltip as { formatter: (params: unknown) => HTMLElement }
    const box = formatter([{ value: [toAxis(5), 1.5] }])
    expect(box.textContent).toContain('1.5 <img src=x>')
    expect(box.querySelector('img')).toBeNull()
  })
})

describe('where a line breaks', () => {
  const HOUR = 3_600_000
  const breaks = (times: number[]) => {
    const points = times.map((t) => ({ t }))
    const breaksAt = breaksOf(points)
    return points.flatMap((_, index) => (breaksAt(index) ? [index] : []))
  }

  it('is at a pause that is long beside those around it', () => {
    expect(breaks([0, 10, 20, 30, 600, 610, 620, 630])).toEqual([4])
  })

  it('is not where a gauge goes from hourly readings to one in ten seconds', () => {
    const hourly = Array.from({ length: 24 }, (_, hour) => hour * HOUR)
    const often = Array.from({ length: 200 }, (_, step) => 23 * HOUR + (step + 1) * 10_000)
    expect(breaks([...hourly, ...often])).toEqual([])
  })

  it('is nowhere in a series of one or two', () => {
    expect(breaks([5])).toEqual([])
    expect(breaks([5, 500_000])).toEqual([])
  })
})
