import type { Granularity, ObservationPage, Quality, RawItem, Result, RollupItem } from '../api/types'

export interface RawPoint {
  /** Time in ms. */
  t: number
  result: Result
  quality: Quality | null
}

/** One bucket; `t` is its start. */
export interface RollupPoint {
  t: number
  mean: number
  min: number
  max: number
  last: number
  count: number
}

export type Series =
  | { granularity: 'raw'; points: readonly RawPoint[] }
  | { granularity: '1m' | '1h' | '1d'; points: readonly RollupPoint[] }

export const STEP_MS: Record<Exclude<Granularity, 'raw'>, number> = {
  '1m': 60_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
}

/** A line is broken where the pause is this many times the usual step: no data must not look like data. */
const GAP_STEPS = 4
/** The usual step is the median of so many on either side. */
const STEPS_AROUND = 3

export function toSeries(page: ObservationPage): Series {
  if (page.granularity === 'raw') {
    const points = (page.items as RawItem[]).map((item) => ({
      t: Date.parse(item.phenomenonTime),
      result: item.result,
      quality: item.resultQuality ?? null,
    }))
    return { granularity: 'raw', points: points.sort(byTime) }
  }
  const points = (page.items as RollupItem[]).map((item) => ({
    t: Date.parse(item.bucket),
    mean: item.mean,
    min: item.min,
    max: item.max,
    last: item.last,
    count: item.count,
  }))
  return { granularity: page.granularity, points: points.sort(byTime) }
}

/**
 * The series with its end replaced by what was read again since: everything from the first point of the tail on.
 * So values that came in between are there, corrected ones are corrected, and no bucket counts a value twice.
 */
export function mergeTail(base: Series, tail: Series | undefined): Series {
  const first = tail?.points[0]
  if (!tail || !first || tail.granularity !== base.granularity) return base
  if (base.granularity === 'raw' && tail.granularity === 'raw') {
    return {
      granularity: 'raw',
      points: [...base.points.filter((point) => point.t < first.t), ...tail.points],
    }
  }
  if (base.granularity !== 'raw' && tail.granularity !== 'raw') {
    return {
      granularity: base.granularity,
      points: [...base.points.filter((point) => point.t < first.t), ...tail.points],
    }
  }
  return base
}

export function within(series: Series, from: number, to: number): Series {
  // A bucket belongs to the range as long as it ends inside it.
  const reach = series.granularity === 'raw' ? 0 : STEP_MS[series.granularity]
  if (series.granularity === 'raw') {
    return { granularity: 'raw', points: series.points.filter(({ t }) => t >= from && t < to) }
  }
  return {
    granularity: series.granularity,
    points: series.points.filter(({ t }) => t + reach > from && t < to),
  }
}

export function isNumeric(series: Series): boolean {
  return series.granularity !== 'raw' || series.points.every(({ result }) => typeof result === 'number')
}

export interface Summary {
  min: number
  max: number
  mean: number
  last: number
  samples: number
}

/** Figures of a numeric series; values marked bad do not count, as in the rollups. Null when nothing is left. */
export function summarise(series: Series): Summary | null {
  let [min, max, sum, samples, last] = [Infinity, -Infinity, 0, 0, NaN]
  if (series.granularity === 'raw') {
    for (const { result, quality } of series.points) {
      if (typeof result !== 'number' || quality === 'bad') continue
      min = Math.min(min, result)
      max = Math.max(max, result)
      sum += result
      samples += 1
      last = result
    }
  } else {
    for (const point of series.points) {
      min = Math.min(min, point.min)
      max = Math.max(max, point.max)
      sum += point.mean * point.count
      samples += point.count
      last = point.last
    }
  }
  return samples === 0 ? null : { min, max, mean: sum / samples, last, samples }
}

/**
 * Whether the line breaks before the point of an index: the pause is many times the usual one around it. Around it, not of
 * the whole series: a gauge that goes from hourly readings to one in ten seconds has no gaps.
 */
export function breaksOf(points: readonly { t: number }[]): (index: number) => boolean {
  const steps = points.map((point, index) => point.t - (points[index - 1]?.t ?? point.t))
  return (index) => {
    if (index < 1) return false
    const around = steps
      .slice(Math.max(1, index - STEPS_AROUND), index + STEPS_AROUND + 1)
      .sort((a, b) => a - b)
    return (steps[index] ?? 0) > (around[Math.floor((around.length - 1) / 2)] ?? 0) * GAP_STEPS
  }
}

function byTime(a: { t: number }, b: { t: number }): number {
  return a.t - b.t
}
