import { describe, expect, it } from 'vitest'

import type { Datastream } from '../src/api/types'
import { describeDatastreams, filterRows, withLatest } from '../src/datastreams/model'
import { localName, propertyNames, shortName } from '../src/datastreams/naming'
import { AREA_INDEX, datastream, NOW } from './data'

interface Names {
  name: string
  nameEn?: unknown
  thing?: string
  thingEn?: unknown
}

function named(
  id: number,
  { name, nameEn, thing = 'Trạm Cam Đường', thingEn }: Names,
  change: Partial<Datastream> = {},
): Datastream {
  return datastream(id, {
    name,
    properties: { nameEn },
    thing: { ...datastream(id).thing, name: thing, properties: { nameEn: thingEn } },
    ...change,
  })
}

const DUST = {
  name: 'Bụi mịn PM2.5 - Trạm Cam Đường',
  nameEn: 'Fine dust PM2.5 - Station Cam Duong',
  thingEn: 'Station Cam Duong',
}

describe('names', () => {
  it('are those of the reader’s language', () => {
    const { thing } = named(1, DUST)
    expect([localName(thing, 'vi'), localName(thing, 'en')]).toEqual(['Trạm Cam Đường', 'Station Cam Duong'])
  })

  it.each([undefined, null, '', '  ', 7])('stay as they are when the English one is %j', (nameEn) => {
    expect(localName(named(1, { name: 'Bụi mịn', nameEn }), 'en')).toBe('Bụi mịn')
  })

  it('stay as they are when the provider adds nothing', () => {
    expect(localName({ name: 'Bụi mịn', properties: null }, 'en')).toBe('Bụi mịn')
    expect(localName({ name: 'Bụi mịn' }, 'en')).toBe('Bụi mịn')
  })
})

describe('short names', () => {
  it('leave out the thing, in each language', () => {
    expect(shortName(named(1, DUST), 'vi')).toBe('Bụi mịn PM2.5')
    expect(shortName(named(1, DUST), 'en')).toBe('Fine dust PM2.5')
  })

  it('leave it out when only one of the two has an English name', () => {
    expect(shortName(named(1, { ...DUST, nameEn: undefined }), 'en')).toBe('Bụi mịn PM2.5')
    const mixed = { ...DUST, nameEn: 'Fine dust - Trạm Cam Đường', thingEn: undefined }
    expect(shortName(named(1, mixed), 'en')).toBe('Fine dust')
  })

  it('keep every other name whole', () => {
    for (const name of [
      'Bụi mịn',
      'Bụi mịn - Trạm khác',
      'Bụi mịn Trạm Cam Đường',
      'Trạm Cam Đường',
      ' - Trạm Cam Đường',
      'Trạm Cam Đường - Bụi mịn',
    ]) {
      expect(shortName(named(1, { name }), 'vi')).toBe(name)
    }
  })
})

describe('names of observed properties', () => {
  const english = (...names: unknown[]) =>
    propertyNames(
      names.map((nameEn, index) => named(index, { name: 'Bụi', nameEn, thingEn: 'Station' })),
      'en',
    ).get('pm25')

  it('are the given ones in Vietnamese', () => {
    expect([...propertyNames([named(1, DUST)], 'vi')]).toEqual([['pm25', 'PM2.5']])
  })

  it('come from the datastreams in English', () => {
    expect(english('Fine dust - Station', 'Fine dust', 'Dust - Station', undefined)).toBe('Fine dust')
  })

  it('stay when the datastreams have no English name or do not agree', () => {
    expect(english(undefined)).toBe('PM2.5')
    expect(english('Gauge A', 'Gauge B')).toBe('PM2.5')
  })
})

describe('rows', () => {
  const rowsIn = (language: 'vi' | 'en', ...streams: Datastream[]) =>
    withLatest(describeDatastreams(streams, AREA_INDEX, language), [], NOW)

  it('are found by the names of both languages, whichever is shown', () => {
    const other = named(2, { name: 'Mực nước', thing: 'Cầu Cốc Lếu' }, { key: 'demo/river/level' })
    for (const language of ['vi', 'en'] as const) {
      const rows = rowsIn(language, named(1, DUST), other)
      for (const search of ['fine dust', 'bui min', 'station cam', 'tram cam']) {
        const found = filterRows(rows, { search, property: null, area: null, thing: null })
        expect(found.map((row) => row.id)).toEqual([1])
      }
    }
  })

  it('stand in the order of the names shown', () => {
    const first = named(1, { name: 'A', thing: 'Trạm', thingEn: 'Air station' })
    const second = named(2, { name: 'A', thing: 'Cầu', thingEn: 'Bridge' })
    expect(rowsIn('vi', first, second).map((row) => row.thingName)).toEqual(['Cầu', 'Trạm'])
    expect(rowsIn('en', first, second).map((row) => row.thingName)).toEqual(['Air station', 'Bridge'])
  })
})
