import { describe, expect, it } from 'vitest'

import {
  buildThings,
  describeDatastreams,
  filterRows,
  firstChoice,
  withLatest,
} from '../src/datastreams/model'
import { fold, found, matches } from '../src/datastreams/search'
import { AREA_INDEX, datastream, NOW } from './data'

const NO_FILTER = { search: '', property: null, area: null, thing: null }
const rowsOf = (...streams: ReturnType<typeof datastream>[]) =>
  withLatest(describeDatastreams(streams, AREA_INDEX, 'vi'), [], NOW)

describe('search', () => {
  it('puts first what has the words side by side', () => {
    const names = ['Xã Bảo Thắng', 'Xã Bảo Hà', 'Xã Sa Pa'].map((name) => ({ name, folded: fold(name) }))
    expect(found(names, 'bao ha').map((one) => one.name)).toEqual(['Xã Bảo Hà', 'Xã Bảo Thắng'])
    const words = ['Nhai Bảo, Hà Giang', 'Bảo Hà'].map((name) => ({ name, folded: fold(name) }))
    expect(found(words, 'bao ha').map((one) => one.name)).toEqual(['Bảo Hà', 'Nhai Bảo, Hà Giang'])
  })

  it('finds text typed without tone marks, and with them', () => {
    const text = fold('Trạm Đông Cuông · Mực nước sông')
    expect(matches(text, 'dong cuong')).toBe(true)
    expect(matches(text, 'ĐÔNG')).toBe(true)
    expect(matches(text, 'nuoc tram')).toBe(true)
    expect(matches(text, '  ')).toBe(true)
    expect(matches(text, 'dong xuan')).toBe(false)
  })

  it('treats composed and decomposed letters alike', () => {
    expect(fold('Sa Pả'.normalize('NFD'))).toBe(fold('Sa Pả'.normalize('NFC')))
  })

  it('reaches the commune of the thing', () => {
    const rows = rowsOf(datastream(1), datastream(2, { area: '02680' }))
    expect(filterRows(rows, { ...NO_FILTER, search: 'cuong' }).map((row) => row.id)).toEqual([2])
    expect(filterRows(rows, { ...NO_FILTER, area: '02647' }).map((row) => row.id)).toEqual([1])
    expect(filterRows(rows, { ...NO_FILTER, thing: '102' }).map((row) => row.id)).toEqual([2])
    expect(filterRows(rows, { ...NO_FILTER, property: 'no2' })).toEqual([])
  })
})

describe('rows', () => {
  it('take the polled value when it is as new as the known one', () => {
    const polled = {
      datastream: 'demo/station-1/pm25',
      phenomenonTime: '2026-07-01T04:55:00.000Z',
      result: 99,
      storedAt: '2026-07-01T04:55:01Z',
    }
    const [row] = withLatest(describeDatastreams([datastream(1)], AREA_INDEX, 'vi'), [polled], NOW)
    expect(row?.latest?.result).toBe(99)
    const older = { ...polled, phenomenonTime: '2026-07-01T04:00:00Z' }
    const [kept] = withLatest(describeDatastreams([datastream(1)], AREA_INDEX, 'vi'), [older], NOW)
    expect(kept?.latest?.result).toBe(21)
  })

  it('say how fresh they are', () => {
    const late = { phenomenonTime: '2026-07-01T02:59:59Z', result: 1 }
    expect(
      rowsOf(datastream(1), datastream(2, { latest: late }), datastream(3, { latest: null })).map(
        (r) => r.state,
      ),
    ).toEqual(['fresh', 'stale', 'none'])
  })

  it('count numbers inside names', () => {
    expect(rowsOf(datastream(10), datastream(9)).map((row) => row.id)).toEqual([9, 10])
  })

  it('hide units that say nothing', () => {
    const [row] = rowsOf(datastream(1, { unitOfMeasurement: { name: 'one', symbol: '1', definition: null } }))
    expect(row?.unit).toBe('')
  })

  it('offer a fresh number first', () => {
    const text = { phenomenonTime: '2026-07-01T04:59:00Z', result: 'OPEN' }
    const rows = rowsOf(datastream(1, { latest: text }), datastream(2, { latest: null }), datastream(3))
    expect(firstChoice(rows)?.id).toBe(3)
    expect(firstChoice([])).toBeNull()
  })
})

describe('things', () => {
  it('stand at their commune when they have no location, or nowhere', () => {
    const bare = { ...datastream(1).thing, longitude: null, latitude: null }
    const [mark] = buildThings(rowsOf(datastream(1, { thing: bare })), AREA_INDEX)
    expect(mark?.position).toEqual([103.97, 22.48])
    expect(buildThings(rowsOf(datastream(1, { thing: { ...bare, areaCode: null } })), AREA_INDEX)).toEqual([])
  })

  it('speak as long as one of their datastreams does', () => {
    const silent = datastream(2, { thing: datastream(1).thing, latest: null })
    const marks = buildThings(rowsOf(datastream(1), silent), AREA_INDEX)
    expect(marks.map((mark) => mark.state)).toEqual(['fresh'])
  })
})
