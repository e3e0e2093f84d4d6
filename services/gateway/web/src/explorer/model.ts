import { breaksOf, isNumeric, type Series } from '../chart/series'
import { toAxis } from '../chart/look'
import type { Quality } from '../api/types'

/** A part of the time axis, ms; `to` is exclusive. */
export interface Span {
  from: number
  to: number
}

/** One point of the line: a reading (then min = max = mean), or a bucket. */
export interface Mark {
  t: number
  mean: number
  min: number
  max: number
  quality: Quality | null
  count: number
}

/** Points asked for of the whole range, and of the part that is looked at. */
export const OVERVIEW_POINTS = 600
export const DETAIL_POINTS = 3_000
/** Less than this cannot be zoomed into: two readings of the fastest sensors. */
export const SHORTEST_MS = 10_000

/** The marks of a numeric series; readings that are no numbers have none. */
export function marksOf(series: Series): Mark[] {
  if (series.granularity !== 'raw')
    return series.points.map(({ t, mean, min, max, count }) => ({ t, mean, min, max, quality: null, count }))
  if (!isNumeric(series)) return []
  return series.points.flatMap(({ t, result, quality }) =>
    typeof result === 'number' ? [{ t, mean: result, min: result, max: result, quality, count: 1 }] : [],
  )
}

/** Whether the overview is coarser than what the part that is looked at deserves. */
export function needsDetail(whole: Span, shown: Span, overview: Series | undefined): boolean {
  if (!overview || overview.granularity === 'raw') return false
  return shown.to - shown.from < 0.6 * (whole.to - whole.from)
}

/** What is read in detail: what is shown and a quarter more on both sides, on a coarse grid so that answers are found again. */
export function detailSpan(whole: Span, shown: Span): Span {
  const width = Math.max(shown.to - shown.from, SHORTEST_MS)
  const grid = 2 ** Math.floor(Math.log2(width / 8))
  return {
    from: Math.max(whole.from, Math.floor((shown.from - width / 4) / grid) * grid),
    to: Math.min(whole.to, Math.ceil((shown.to + width / 4) / grid) * grid),
  }
}

/** The three stretches of the line: the overview with the detail in its place. Each breaks at its own gaps. */
export function stretches(
  overview: readonly Mark[],
  detail: readonly Mark[] | null,
  span: Span | null,
): Mark[][] {
  if (!detail || !span) return [[...overview]]
  return [
    overview.filter(({ t }) => t < span.from),
    detail.filter(({ t }) => t >= span.from && t < span.to),
    overview.filter(({ t }) => t >= span.to),
  ].filter((part) => part.length > 0)
}

type Cell = [number, number | null]

/** Numbers over the axis of the chart, with a null where the line must break. */
export function cellsOf(parts: readonly Mark[][], pick: (mark: Mark) => number): Cell[] {
  const out: Cell[] = []
  for (const part of parts) {
    const breaks = breaksOf(part)
    part.forEach((mark, index) => {
      const before = part[index - 1]
      if (before && breaks(index)) out.push([toAxis(before.t + 1), null])
      out.push([toAxis(mark.t), pick(mark)])
    })
  }
  return out
}

/** The mark nearest to a time; marks rise in time. */
export function nearest(marks: readonly Mark[], time: number): Mark | null {
  let [low, high] = [0, marks.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((marks[middle]?.t ?? 0) < time) low = middle + 1
    else high = middle
  }
  const [after, before] = [marks[low], marks[low - 1]]
  if (!after || !before) return after ?? before ?? null
  return time - before.t <= after.t - time ? before : after
}

/** A span scaled about its middle, kept inside the whole. */
export function zoomed(whole: Span, shown: Span, factor: number): Span {
  const width = Math.min(whole.to - whole.from, Math.max(SHORTEST_MS, (shown.to - shown.from) * factor))
  return inside(whole, (shown.from + shown.to) / 2 - width / 2, width)
}

/** A span moved by a share of its width, kept inside the whole. */
export function moved(whole: Span, shown: Span, share: number): Span {
  const width = shown.to - shown.from
  return inside(whole, shown.from + width * share, width)
}

function inside(whole: Span, from: number, width: number): Span {
  const start = Math.max(whole.from, Math.min(from, whole.to - width))
  return { from: start, to: start + width }
}
