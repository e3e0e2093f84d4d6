import { describe, expect, it } from 'vitest'

import type { ComponentItem } from '../src/api/indicatorTypes'
import { explanationAddress, subjectReference } from '../src/api/indicatorQueries'
import { createI18n } from '../src/i18n/I18n'
import { changeOf, isOutdated, shownOf, unitText, valueText } from '../src/indicators/cardText'
import { contrast, textOn } from '../src/indicators/colour'
import { groupCards, packed } from '../src/indicators/groups'
import { periodAt, periodLabel } from '../src/indicators/period'
import { defaultShade, shadeable, shadingOf } from '../src/indicators/shading'
import { knownPoints } from '../src/views/services/points'
import { card, indicator, ranking } from './figures'

const vi = createI18n('vi')
const en = createI18n('en')
const BANDS = [
  { key: 'low', name: { vi: 'Thấp', en: 'Low' }, colour: '#ff0000', upTo: 80 },
  { key: 'high', name: { vi: 'Cao', en: 'High' }, colour: '#00e400' },
]

describe('a figure', () => {
  it('shows the decimals of its definition, in the way of the language', () => {
    expect(valueText(card(), 2, vi)).toBe('78,96')
    expect(valueText(card(), 2, en)).toBe('78.96')
    expect(valueText(card({ value: 80 }), 2, vi)).toBe('80,00')
  })

  it('says why there is none', () => {
    expect(valueText(card({ value: null, missing: 'zero-denominator' }), 2, vi)).toBe('mẫu số bằng 0')
  })

  it('translates a unit that is a word and leaves a symbol alone', () => {
    const level = { symbol: 'cấp', ucum: '{level}', name: { vi: 'cấp', en: 'level' } }
    expect(unitText(level, 'en')).toBe('level')
    expect(unitText({ symbol: 'mm', ucum: 'mm', name: { vi: 'milimét', en: 'millimetre' } }, 'en')).toBe('mm')
  })

  it('judges a change by the direction of the indicator', () => {
    expect(changeOf(card(), vi)).toEqual({ text: '−1,24', towards: 'down', better: false })
    expect(changeOf(card({ direction: 'lower-is-better' }), vi)?.better).toBe(true)
    expect(changeOf(card({ change: 3, direction: 'none' }), vi)).toEqual({
      text: '+3,00',
      towards: 'up',
      better: null,
    })
  })

  it('calls a change that does not show no change', () => {
    expect(changeOf(card({ change: 0.0049 }), vi)).toMatchObject({ towards: 'same', better: null })
    expect(changeOf(card({ change: -0.4, decimals: 0 }), vi)?.towards).toBe('same')
    expect(changeOf(card({ change: null }), vi)).toBeNull()
  })

  it('is outdated when a whole further period has gone by', () => {
    const hour = { start: '2026-11-21T01:00:00Z', end: '2026-11-21T02:00:00Z' }
    expect(isOutdated(hour, Date.parse('2026-11-21T03:00:00Z'))).toBe(false)
    expect(isOutdated(hour, Date.parse('2026-11-21T03:00:01Z'))).toBe(true)
  })
})

describe('a period', () => {
  it.each([
    ['2026', 'Năm 2026', '2026'],
    ['2026-Q4', 'Quý IV/2026', 'Q4 2026'],
    ['2026-11', 'Tháng 11/2026', 'Nov 2026'],
    ['2026-11-21', '21/11/2026', '21/11/2026'],
    ['2026-11-21T23', '23–24h 21/11', '23–24h 21/11'],
    ['tuần 5', 'tuần 5', 'tuần 5'],
  ])('%s', (period, inVietnamese, inEnglish) => {
    expect(periodLabel(period, vi.t, 'vi')).toBe(inVietnamese)
    expect(periodLabel(period, en.t, 'en')).toBe(inEnglish)
  })

  it('is cut in the time of Việt Nam', () => {
    const time = Date.parse('2026-09-30T17:30:00Z')
    expect(periodAt('hour', time)).toBe('2026-10-01T00')
    expect(periodAt('day', time)).toBe('2026-10-01')
    expect(periodAt('month', time)).toBe('2026-10')
    expect(periodAt('quarter', time)).toBe('2026-Q4')
    expect(periodAt('quarter', time - 3_600_000)).toBe('2026-Q3')
    expect(periodAt('year', time)).toBe('2026')
  })
})

describe('the text on a band', () => {
  it.each([
    '#00e400',
    '#ffff00',
    '#ff7e00',
    '#ff0000',
    '#8f3f97',
    '#7e0023',
    '#777777',
    '#c92a2a',
    '#1c7ed6',
  ])('meets WCAG AA on %s', (ground) => expect(contrast(ground, textOn(ground))).toBeGreaterThanOrEqual(4.5))

  it('has the ratio that WCAG gives for black on white', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
    expect(contrast('#ffffff', '#767676')).toBeCloseTo(4.54, 2)
  })
})

describe('groups', () => {
  it('put floods first, an unknown one last, totals before parts and what has no value at the end', () => {
    const groups = groupCards([
      card({ group: 'tourism', indicator: 'hotel-nights' }),
      card({ indicator: 'd766-2.1' }),
      card({ indicator: 'd766-10.1' }),
      card({ indicator: 'd766-2' }),
      card({ indicator: 'd766-total' }),
      card({ indicator: 'cases-open', value: null }),
      card({ group: 'floods', indicator: 'rain-24h' }),
    ])
    expect(groups.map((one) => [one.group, one.cards.map((each) => each.indicator)])).toEqual([
      ['floods', ['rain-24h']],
      ['public-services', ['d766-total', 'd766-2', 'd766-2.1', 'd766-10.1', 'cases-open']],
      ['tourism', ['hotel-nights']],
    ])
  })
})

describe('what a card shows', () => {
  it('is the value of the period before while the running one has none yet, and says why', () => {
    const morning = card({
      value: null,
      missing: 'too-few-samples',
      period: '2026-11-26',
      start: '2026-11-25T17:00:00.000Z',
      previous: 20.25,
    })
    expect(shownOf(morning)).toEqual({
      value: 20.25,
      period: '2026-11-25',
      band: null,
      before: 'too-few-samples',
    })
  })

  it('is no older value where the figure cannot be computed at all', () => {
    const lacking = card({ value: null, missing: 'missing-component', previous: 40 })
    expect(shownOf(lacking)).toEqual({ value: null, period: '2026-11', band: null, before: null })
  })
})

describe('groups of cards', () => {
  it('that are small stand beside each other; the order else stays', () => {
    const group = (name: string, size: number) => ({
      group: name,
      cards: Array.from({ length: size }, () => card()),
    })
    const groups = [group('a', 6), group('b', 1), group('c', 4), group('d', 1), group('e', 2), group('f', 1)]
    expect(packed(groups).map((one) => one.group)).toEqual(['a', 'b', 'd', 'f', 'c', 'e'])
  })
})

describe('the score of the groups that have figures', () => {
  const part = (number: number, points: number | null, maximum: number) =>
    ({ indicator: `d766-${number}`, points, maximum }) as ComponentItem

  it('is told against what these can reach', () => {
    expect(knownPoints([part(1, null, 18), part(2, 16.5, 20), part(3, 5, 22)])).toEqual({
      points: 21.5,
      maximum: 42,
      without: ['1'],
    })
  })

  it('is none where all have figures, or none has', () => {
    expect(knownPoints([part(1, 1, 18), part(2, 2, 20)])).toBeNull()
    expect(knownPoints([part(1, null, 18)])).toBeNull()
  })
})

describe('the colours of the map', () => {
  it('are those of the bands', () => {
    const items = ranking({ '02647': 70, '02680': 90 })
    items.items.forEach((item, place) => {
      item.band = BANDS[place] ?? null
    })
    const shading = shadingOf(indicator({ bands: BANDS }), items, vi)
    expect(shading.shades.get('02647')).toEqual({
      colour: '#ff0000',
      text: '70,00% · Thấp · Tháng 11/2026',
    })
    expect(shading.legend.map((one) => one.range)).toEqual(['Thấp (đến 80)', 'Cao'])
  })

  it('are five equal steps where there are no bands', () => {
    const shading = shadingOf(indicator(), ranking({ a: 0, b: 19.9, c: 50, d: 100, e: null }), vi)
    expect(['a', 'b', 'c', 'd'].map((key) => shading.shades.get(key)?.colour)).toEqual([
      'var(--ramp-1)',
      'var(--ramp-1)',
      'var(--ramp-3)',
      'var(--ramp-5)',
    ])
    expect(shading.shades.get('e')).toEqual({ colour: null, text: 'chưa có số liệu · Tháng 11/2026' })
    expect(shading.legend.map((one) => one.label)).toEqual([
      '0,00 – 20,00',
      '20,00 – 40,00',
      '40,00 – 60,00',
      '60,00 – 80,00',
      '80,00 – 100,00',
    ])
  })

  it('survive a single value and none at all', () => {
    expect(shadingOf(indicator(), ranking({ a: 5 }), vi).legend).toHaveLength(1)
    expect(shadingOf(indicator(), ranking({ a: null }), vi).legend).toHaveLength(0)
  })

  it('offer only what communes have, and begin with the hourly air', () => {
    const air = indicator({ id: 'vn-aqi-hourly', group: 'environment', periods: ['hour'], bands: BANDS })
    const rain = indicator({ id: 'rain-24h', group: 'floods', periods: ['hour'], bands: BANDS })
    const stage = indicator({ id: 'river-stage', group: 'floods', subjects: ['thing'] })
    const choices = shadeable([air, indicator(), stage, rain])
    expect(choices.map((one) => one.id)).toEqual(['rain-24h', 'vn-aqi-hourly', 'd766-2.1'])
    expect(defaultShade(choices)?.id).toBe('vn-aqi-hourly')
    expect(defaultShade([])).toBeNull()
  })
})

describe('the address of an explanation', () => {
  it('names subjects as the API does, whatever is in their keys', () => {
    expect(subjectReference(card().subject)).toBe('15')
    const pair = { kind: 'area-procedure', key: '02647|a/b', name: null, nameEn: null } as const
    expect(
      explanationAddress({ indicator: 'd766-2.1', subject: subjectReference(pair), period: '2026-11' }),
    ).toBe('/v1/indicators/d766-2.1/values/area-procedure%3A02647%7Ca%2Fb/2026-11/explain')
  })
})
