import { describe, expect, it } from 'vitest'

import { toAxis } from '../src/chart/look'
import type { Series } from '../src/chart/series'
import {
  cellsOf,
  detailSpan,
  marksOf,
  moved,
  nearest,
  needsDetail,
  SHORTEST_MS,
  stretches,
  zoomed,
  type Mark,
} from '../src/explorer/model'
import { reach } from '../src/explorer/option'

const DAY = 86_400_000
const mark = (t: number, value = 1): Mark => ({
  t,
  mean: value,
  min: value,
  max: value,
  quality: null,
  count: 1,
})
const whole = { from: 0, to: 100 * DAY }
const hourly: Series = {
  granularity: '1h',
  points: [{ t: 0, mean: 2, min: 1, max: 3, last: 2, count: 60 }],
}

describe('zooming', () => {
  it('halves and doubles about the middle and never leaves the range', () => {
    expect(zoomed(whole, { from: 40, to: 60 + DAY }, 2).to).toBeLessThanOrEqual(whole.to)
    expect(zoomed(whole, { from: 10 * DAY, to: 20 * DAY }, 0.5)).toEqual({ from: 12.5 * DAY, to: 17.5 * DAY })
    expect(zoomed(whole, { from: 0, to: 90 * DAY }, 2)).toEqual(whole)
    expect(moved(whole, { from: 0, to: DAY }, -1)).toEqual({ from: 0, to: DAY })
    expect(moved(whole, { from: 99 * DAY, to: 100 * DAY }, 1).to).toBe(whole.to)
  })

  it('ends at a span in which single readings show', () => {
    const span = zoomed(whole, { from: DAY, to: DAY + SHORTEST_MS }, 0.5)
    expect(span.to - span.from).toBe(SHORTEST_MS)
  })
})

describe('what is read in detail', () => {
  it('is asked for only where the overview is coarse and a part of it is looked at', () => {
    const part = { from: 0, to: 10 * DAY }
    expect(needsDetail(whole, part, hourly)).toBe(true)
    expect(needsDetail(whole, whole, hourly)).toBe(false)
    expect(needsDetail(whole, part, { granularity: 'raw', points: [] })).toBe(false)
    expect(needsDetail(whole, part, undefined)).toBe(false)
  })

  it('covers what is shown with room at both sides, and small moves ask nothing new', () => {
    const shown = { from: 50 * DAY, to: 54 * DAY }
    const span = detailSpan(whole, shown)
    expect(span.from).toBeLessThanOrEqual(49 * DAY)
    expect(span.to).toBeGreaterThanOrEqual(55 * DAY)
    expect(detailSpan(whole, { from: shown.from + 1_000, to: shown.to + 1_000 })).toEqual(span)
    expect(detailSpan(whole, whole)).toEqual(whole)
  })

  it('takes the place of the overview there, and each stretch breaks at its own gaps', () => {
    const overview = [0, 10, 20, 30, 40, 50].map((t) => mark(t))
    const detail = [20, 21, 22, 29].map((t) => mark(t, 9))
    const parts = stretches(overview, detail, { from: 15, to: 30 })
    expect(parts.map((part) => part.map(({ t }) => t))).toEqual([
      [0, 10],
      [20, 21, 22, 29],
      [30, 40, 50],
    ])
    const cells = cellsOf(parts, ({ mean }) => mean)
    expect(cells).toContainEqual([toAxis(23), null])
    expect(cells.filter(([, value]) => value === null)).toHaveLength(1)
  })
})

describe('marks', () => {
  it('of a bucket have its band, of a reading just the value, of words nothing', () => {
    expect(marksOf(hourly)[0]).toMatchObject({ mean: 2, min: 1, max: 3, count: 60 })
    const raw = (result: number | string): Series => ({
      granularity: 'raw',
      points: [{ t: 1, result, quality: 'good' }],
    })
    expect(marksOf(raw(7))[0]).toMatchObject({ mean: 7, min: 7, max: 7, count: 1 })
    expect(marksOf(raw('Mở'))).toEqual([])
  })

  it('are found by the nearest time', () => {
    const marks = [0, 10, 20].map((t) => mark(t))
    expect([-5, 4, 6, 99].map((time) => nearest(marks, time)?.t)).toEqual([0, 0, 10, 20])
    expect(nearest([], 1)).toBeNull()
  })
})

describe('thresholds', () => {
  it('are drawn in as far as the next one above, and far ones do not press the line flat', () => {
    const axis = reach([74, 75], [{ value: 77 }, { value: 200 }])
    expect(axis.max).toBeGreaterThan(77)
    expect(axis.max).toBeLessThan(90)
    expect(reach([1, 2], [])).toEqual({})
  })
})
