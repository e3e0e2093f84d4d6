import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { describeDatastreams, withLatest } from '../src/datastreams/model'
import { EVERYTHING, filterThings, orderThings, thingRows } from '../src/views/things/model'
import { ThingsView } from '../src/views/things/ThingsView'
import { ThingView } from '../src/views/things/ThingView'
import { AREA_INDEX, COLLECTION, datastream } from './data'
import { card, indicator, ranking } from './figures'
import { fakeGateway, page, showView } from './views'

afterEach(() => vi.unstubAllGlobals())

const NOW = Date.parse('2026-07-01T05:00:00Z')
const at = (minutesAgo: number) => ({
  phenomenonTime: new Date(NOW - minutesAgo * 60_000).toISOString(),
  result: 20,
})
const stream = (id: number, minutesAgo: number | null) =>
  datastream(id, {
    latest: minutesAgo === null ? null : at(minutesAgo),
    thing: { ...datastream(id).thing, id, key: `station-${id}`, name: `Trạm ${id}` },
  })
const rowsOf = (...ages: (number | null)[]) =>
  withLatest(
    describeDatastreams(
      ages.map((age, index) => stream(index + 1, age)),
      AREA_INDEX,
      'vi',
    ),
    [],
    NOW,
  )

describe('things', () => {
  it('are found without tone marks and by state', () => {
    const things = thingRows(rowsOf(1, 900, null))
    expect(filterThings(things, { ...EVERYTHING, q: 'TRAM station-2' }).map(({ id }) => id)).toEqual(['2'])
    expect(filterThings(things, { ...EVERYTHING, state: 'none' }).map(({ id }) => id)).toEqual(['3'])
  })

  it('stand with the worst first: never heard of, silent longest, least complete', () => {
    const things = thingRows(rowsOf(1, 900, null))
    const order = (by: 'lastSeen' | 'completeness') =>
      orderThings(
        things,
        by,
        new Map([
          ['demo/station-1', 40],
          ['demo/station-2', 99],
        ]),
      ).map(({ id }) => id)
    expect(order('lastSeen')).toEqual(['3', '2', '1'])
    expect(order('completeness')).toEqual(['3', '1', '2'])
  })
})

describe('the list', () => {
  const gateway = (count: number) =>
    fakeGateway({
      '/v1/areas': COLLECTION,
      '/v1/datastreams': page(Array.from({ length: count }, (_, index) => stream(index + 1, 3))),
      '/v1/latest': { items: [] },
      '/v1/indicators': { items: [indicator({ id: 'sensor-completeness' })] },
      '/v1/indicators/sensor-completeness/latest': ranking({ 'demo/station-1': 87.5 }),
    })

  it('tells how complete each thing is, and keeps thousands out of the document', async () => {
    vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(800)
    gateway(1_200)
    showView(<ThingsView search={EVERYTHING} onSearch={vi.fn()} />)
    expect(await screen.findByText('87,5%', {}, { timeout: 4_000 })).toBeTruthy()
    const table = screen.getByTestId('virtual-table')
    expect(table.getAttribute('aria-rowcount')).toBe('1201')
    expect(screen.getAllByRole('row').length).toBeLessThan(80)
    expect(screen.getByText('1.200 trên 1.200')).toBeTruthy()
  }, 20_000)

  it('filters by what is typed and offers a way back when nothing matches', async () => {
    gateway(3)
    const onSearch = vi.fn()
    showView(<ThingsView search={{ ...EVERYTHING, q: 'không có' }} onSearch={onSearch} />)
    await userEvent.setup().click(await screen.findByText('Bỏ lọc'))
    expect(onSearch).toHaveBeenCalledWith({ q: '', state: null, property: null, area: null })
  })
})

describe('one thing', () => {
  it('shows its datastreams and figures, and asks why on a click', async () => {
    fakeGateway({
      '/v1/areas': COLLECTION,
      '/v1/datastreams': page([stream(1, 3)]),
      '/v1/latest': { items: [] },
      '/v1/observations': { items: [], next: null, granularity: 'raw' },
      '/v1/indicators/latest': {
        items: [
          card({
            indicator: 'sensor-completeness',
            names: { vi: 'Độ đầy đủ', en: 'Completeness' },
            group: 'data-health',
            subject: { kind: 'thing', key: 'demo/station-1', name: 'Trạm 1', nameEn: null },
            value: 87.5,
            decimals: 1,
            period: '2026-07-01',
          }),
        ],
      },
    })
    const onWhy = vi.fn()
    showView(
      <ThingView id="1" search={{ datastream: null, range: '24h' }} onSearch={vi.fn()} onWhy={onWhy} />,
    )
    await userEvent.setup().click(await screen.findByText('Độ đầy đủ'))
    expect(onWhy).toHaveBeenCalledExactlyOnceWith({
      indicator: 'sensor-completeness',
      subject: 'thing:demo/station-1',
      period: '2026-07-01',
    })
    expect(await screen.findByText('Không có số liệu trong khoảng này.')).toBeTruthy()
  })

  it('says so when it does not exist', async () => {
    fakeGateway({
      '/v1/areas': COLLECTION,
      '/v1/datastreams': page([stream(1, 3)]),
      '/v1/latest': { items: [] },
    })
    showView(
      <ThingView id="9" search={{ datastream: null, range: '24h' }} onSearch={vi.fn()} onWhy={vi.fn()} />,
    )
    expect(await screen.findByText('Không có thiết bị này.')).toBeTruthy()
  })
})
