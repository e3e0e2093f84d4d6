import { describe, expect, it } from 'vitest'

import { liveState } from '../src/shell/liveState'
import { parseSearch, parseWhy, sharedSearch, stringifySearch, whyText } from '../src/view/search'
import { overviewSearch } from '../src/views/overview/search'

describe('the address', () => {
  const read = (text: string) => {
    const raw = parseSearch(text)
    return { ...sharedSearch(raw), ...overviewSearch(raw) }
  }

  it('reproduces the view', () => {
    const view = read(
      '?lang=en&datastream=demo%2Fa%2Fpm25&range=7d&until=2026-07-01T00:00:00.000Z&q=02&area=02647&alert=7',
    )
    expect(view).toMatchObject({
      lang: 'en',
      datastream: 'demo/a/pm25',
      range: '7d',
      q: '02',
      area: '02647',
      alert: '7',
    })
    expect(read(stringifySearch({ ...view }))).toEqual(view)
  })

  it('forgives nonsense', () => {
    const view = read('?range=9y&until=soon&lang=xx&why=all&alert=x')
    expect(Object.values(view).every((value) => value === undefined)).toBe(true)
    expect(stringifySearch({ ...view })).toBe('')
  })

  it('names the figure that is explained, whatever its subject holds', () => {
    const name = { indicator: 'river-rise', period: '2026-11-21T08', subject: 'thing:kttv/lao~cai' }
    expect(parseWhy(whyText(name))).toEqual(name)
    expect(parseWhy('nonsense')).toBeNull()
  })
})

describe('live state', () => {
  it('is late after twelve silent seconds and offline when nothing answers', () => {
    expect(liveState(0, false, 1_000)).toBe('connecting')
    expect(liveState(0, true, 1_000)).toBe('offline')
    expect(liveState(1_000, false, 13_000)).toBe('live')
    expect(liveState(1_000, true, 13_000)).toBe('live')
    expect(liveState(1_000, false, 13_001)).toBe('stale')
    expect(liveState(1_000, true, 13_001)).toBe('offline')
  })
})
