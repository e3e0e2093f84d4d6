import type { AreaCollection, AreaFeature, Ring } from '../api/types'

/** Side of the drawing in its own units; the map is scaled to the panel by the browser. */
export const MAP_SIZE = 1000
/** Room for a label at the edge. */
const MARGIN = 30

export interface Projection {
  width: number
  height: number
  /** Longitude and latitude in degrees to drawing units, y downward. */
  project(position: readonly [number, number]): [number, number]
}

/** Plate carrée stretched at the middle latitude: at 170 km the error is far below one pixel. */
export function fitProjection(areas: AreaCollection): Projection {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const feature of areas.features) {
    for (const ring of rings(feature)) {
      for (const [longitude, latitude] of ring) {
        west = Math.min(west, longitude)
        east = Math.max(east, longitude)
        south = Math.min(south, latitude)
        north = Math.max(north, latitude)
      }
    }
  }
  if (!Number.isFinite(west)) [west, south, east, north] = [103.5, 21.3, 105.1, 22.9]
  const stretch = Math.cos((((south + north) / 2) * Math.PI) / 180)
  const scale = (MAP_SIZE - 2 * MARGIN) / Math.max((east - west) * stretch, north - south)
  return {
    width: (east - west) * stretch * scale + 2 * MARGIN,
    height: (north - south) * scale + 2 * MARGIN,
    project: ([longitude, latitude]) => [
      MARGIN + (longitude - west) * stretch * scale,
      MARGIN + (north - latitude) * scale,
    ],
  }
}

export function areaPath(feature: AreaFeature, projection: Projection): string {
  return rings(feature)
    .map((ring) => {
      const corners = ring.map((position) => {
        const [x, y] = projection.project(position)
        return `${x.toFixed(1)} ${y.toFixed(1)}`
      })
      return `M${corners.join('L')}Z`
    })
    .join('')
}

function rings(feature: AreaFeature): Ring[] {
  const { geometry } = feature
  return geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat()
}

export interface Label {
  code: string
  text: string
  x: number
  y: number
}

type Box = readonly [number, number, number, number]

/** How far a label may move up or down from its point, in screen pixels; after that it tries the sides. */
const SHIFTS = [0, -13, 13, -20, 20]
const POINT_REACH = 7

/**
 * The labels that fit without touching each other or a point, earlier candidates first, each moved
 * aside when that makes room.
 * @param points what must stay visible, in drawing units
 * @param size of the drawing; no label crosses its edge
 * @param unit size of one screen pixel in drawing units
 */
export function placeLabels(
  candidates: readonly Label[],
  points: readonly (readonly [number, number])[],
  size: { width: number; height: number },
  unit: number,
): Label[] {
  const reach = POINT_REACH * unit
  const taken: Box[] = points.map(([x, y]) => [x - reach, y - reach, x + reach, y + reach])
  const placed: Label[] = []
  for (const label of candidates) {
    const halfWidth = (label.text.length * 3.1 + 3) * unit
    const halfHeight = 6.5 * unit
    const aside = halfWidth + (POINT_REACH + 1) * unit
    const places = [
      ...SHIFTS.map((shift) => [label.x, label.y + shift * unit] as const),
      [label.x + aside, label.y] as const,
      [label.x - aside, label.y] as const,
    ]
    for (const [x, y] of places) {
      const box: Box = [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight]
      if (box[0] < 0 || box[1] < 0 || box[2] > size.width || box[3] > size.height) continue
      if (taken.some((other) => overlap(box, other))) continue
      taken.push(box)
      placed.push({ ...label, x, y })
      break
    }
  }
  return placed
}

function overlap(a: Box, b: Box): boolean {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/** The nearest of the points that lie towards a side, within 60° of it; -1 when there is none. */
export function nearestTowards(
  points: readonly (readonly [number, number])[],
  from: number,
  [dx, dy]: readonly [number, number],
): number {
  const origin = points[from]
  if (!origin) return -1
  let best = -1
  let bestDistance = Infinity
  points.forEach(([x, y], index) => {
    const along = (x - origin[0]) * dx + (y - origin[1]) * dy
    const distance = Math.hypot(x - origin[0], y - origin[1])
    if (index !== from && along > distance / 2 && distance < bestDistance) {
      best = index
      bestDistance = distance
    }
  })
  return best
}
