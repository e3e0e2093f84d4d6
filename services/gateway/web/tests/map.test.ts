import { describe, expect, it } from 'vitest'

import { areaPath, fitProjection, nearestTowards, placeLabels } from '../src/map/projection'
import { COLLECTION } from './data'

const SIZE = { width: 1000, height: 1000 }

describe('projection', () => {
  it('fits the areas into the drawing, north up', () => {
    const projection = fitProjection(COLLECTION)
    const [x1, y1] = projection.project([103.87, 22.38])
    const [x2, y2] = projection.project([104.7, 21.8])
    expect(x1).toBeGreaterThan(0)
    expect(x2).toBeLessThan(projection.width)
    expect(x1).toBeLessThan(x2)
    expect(y1).toBeLessThan(y2)
    expect(y2).toBeLessThan(projection.height)
  })

  it('writes one closed path per area', () => {
    const [feature] = COLLECTION.features
    expect(feature && areaPath(feature, fitProjection(COLLECTION))).toMatch(
      /^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+){3}Z$/,
    )
  })
})

describe('labels', () => {
  it('make room for each other and for the points', () => {
    const at = (code: string, x: number, y: number) => ({ code, text: 'Sa Pa', x, y })
    expect(placeLabels([at('a', 100, 100), at('b', 500, 500)], [], SIZE, 1)).toHaveLength(2)
    const [moved] = placeLabels([at('a', 100, 100)], [[100, 100]], SIZE, 1)
    expect(moved && [moved.x, moved.y]).not.toEqual([100, 100])
  })

  it('give up where there is no room', () => {
    const crowd = Array.from({ length: 40 }, (_, i) => ({
      code: String(i),
      text: 'Nghĩa Lộ',
      x: 100,
      y: 100,
    }))
    expect(placeLabels(crowd, [], SIZE, 1).length).toBeLessThan(8)
    expect(placeLabels([{ code: 'a', text: 'Yên Thành', x: 999, y: -50 }], [], SIZE, 1)).toEqual([])
  })
})

describe('arrow keys', () => {
  it('go to the nearest point on that side', () => {
    const points = [
      [0, 0],
      [10, 1],
      [30, 0],
      [0, -20],
    ] as const
    expect(nearestTowards(points, 0, [1, 0])).toBe(1)
    expect(nearestTowards(points, 1, [1, 0])).toBe(2)
    expect(nearestTowards(points, 0, [0, -1])).toBe(3)
    expect(nearestTowards(points, 0, [-1, 0])).toBe(-1)
  })
})
