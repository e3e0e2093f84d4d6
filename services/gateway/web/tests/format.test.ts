import { describe, expect, it } from 'vitest'

import { createI18n } from '../src/i18n/I18n'
import { messages } from '../src/i18n/messages'

const vi = createI18n('vi')
const en = createI18n('en')

describe('numbers', () => {
  it('are written as people in Việt Nam write them', () => {
    expect(vi.format.number(78.96)).toBe('78,96')
    expect(vi.format.number(1234.56)).toBe('1.234,6')
    expect(vi.format.count(12345)).toBe('12.345')
    expect(vi.format.percent(0.9342)).toBe('93,4%')
    expect(en.format.number(78.96)).toBe('78.96')
  })

  it('keep what matters of very small and very large ones', () => {
    expect(vi.format.number(0.00421)).toBe('0,0042')
    expect(vi.format.number(0)).toBe('0')
    expect(vi.format.number(-0)).toBe('0')
    expect(vi.format.number(123456.7)).toBe('123.457')
    expect(vi.format.number(NaN)).toBe('–')
  })

  it('do not stand in for other results', () => {
    expect(vi.format.value(true)).toBe('Có')
    expect(en.format.value(false)).toBe('No')
    expect(vi.format.value('OPEN')).toBe('OPEN')
    expect(vi.format.value({ a: 1 })).toBe('{"a":1}')
    expect(vi.format.value(null)).toBe('–')
  })
})

describe('ages', () => {
  const now = Date.parse('2026-07-01T12:00:00Z')
  it.each([
    [2, 'vừa xong', 'just now'],
    [45, '45 giây', '45 s'],
    [5 * 60, '5 phút', '5 min'],
    [47 * 3600, '47 giờ', '47 h'],
    [3 * 86400, '3 ngày', '3 d'],
    [90 * 86400, '2 tháng', '2 mo'],
    [800 * 86400, '2 năm', '2 y'],
    [-30, 'vừa xong', 'just now'],
  ])('%d s', (seconds, inVietnamese, inEnglish) => {
    expect(vi.format.age(now - seconds * 1000, now)).toBe(inVietnamese)
    expect(en.format.age(now - seconds * 1000, now)).toBe(inEnglish)
  })
})

describe('times', () => {
  it('are those of Việt Nam for every reader', () => {
    expect(vi.format.dateTime('2026-06-30T18:30:00Z')).toBe('01:30 01/07/2026')
    expect(vi.format.exact(Date.parse('2026-06-30T17:00:00Z'), 'day')).toBe('01/07/2026')
  })
})

describe('messages', () => {
  it('know one from many', () => {
    expect(en.t('countThings', { n: '1' })).toBe('1 thing')
    expect(en.t('countThings', { n: '1,234' })).toBe('1,234 things')
    expect(vi.t('countThings', { n: '1' })).toBe('1 thiết bị')
  })

  it('name the same placeholders in both languages', () => {
    const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort()
    for (const [key, text] of Object.entries(messages.vi)) {
      expect(holes(messages.en[key as keyof typeof messages.en].split('|')[0] ?? ''), key).toEqual(
        holes(text),
      )
    }
  })
})
