import { describe, expect, it } from 'vitest'

import { liveState } from '../src/shell/liveState'
import { parseView, viewSearch } from '../src/view/viewState'

describe('the address', () => {
  it('reproduces the view', () => {
    const view = parseView(
      '?lang=en&datastream=demo%2Fa%2Fpm25&range=7d&until=2026-07-01T00:00:00.000Z&q=sa&area=02647',
      'vi',
    )
    expect(view).toMatchObject({
      language: 'en',
      datastream: 'demo/a/pm25',
      range: '7d',
      search: 'sa',
      area: '02647',
    })
    expect(parseView(viewSearch(view), 'vi')).toEqual(view)
  })

  it('forgives nonsense', () => {
    expect(parseView('?range=9y&until=soon&lang=xx', 'vi')).toMatchObject({
      range: '24h',
      until: null,
      language: 'vi',
    })
    expect(viewSearch(parseView('', 'vi'))).toBe('')
  })
})

describe('live state', () => {
  it('is late after four missed polls and offline when they fail', () => {
    expect(liveState(0, false, 1_000)).toBe('connecting')
    expect(liveState(0, true, 1_000)).toBe('offline')
    expect(liveState(1_000, false, 9_000)).toBe('live')
    expect(liveState(1_000, true, 9_000)).toBe('live')
    expect(liveState(1_000, false, 9_001)).toBe('stale')
    expect(liveState(1_000, true, 9_001)).toBe('offline')
  })
})
