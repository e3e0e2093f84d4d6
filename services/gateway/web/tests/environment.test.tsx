import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { EnvironmentView, type EnvironmentSearch } from '../src/views/environment/EnvironmentView'
import { parseLevels, standingOf, thresholdsOf } from '../src/views/environment/levels'
import { COLLECTION, datastream } from './data'
import { indicator, ranking } from './figures'
import { fakeGateway, page, showView } from './views'

afterEach(() => vi.unstubAllGlobals())

const LEVELS = { bd1: 80, bd2: 82, bd3: 83.5 }
const RIVER: EnvironmentSearch = { layer: 'river', station: null, range: '24h' }

function gauge(id: number, stage: number, properties: Record<string, unknown>) {
  const base = datastream(id)
  return datastream(id, {
    key: `demo/river-${id}/water_level`,
    observedProperty: { id: 'water_level', key: 'water_level', name: 'Mực nước', definition: '' },
    unitOfMeasurement: { name: 'm', symbol: 'm', definition: 'm' },
    latest: { phenomenonTime: new Date().toISOString(), result: stage },
    thing: { ...base.thing, id: 100 + id, key: `river-${id}`, name: `Trạm ${id}`, properties },
  })
}

function figures(id: string, values: Record<string, number | null>) {
  const found = ranking(values)
  return {
    ...found,
    indicator: id,
    items: found.items.map((item) => ({
      ...item,
      indicator: id,
      subject: { ...item.subject, kind: 'thing' as const },
    })),
  }
}

function gateway(explained: Record<string, unknown> = {}) {
  return fakeGateway({
    '/v1/areas': COLLECTION,
    '/v1/datastreams': page([gauge(1, 82.3, { alarmLevels: LEVELS }), gauge(2, 55, {})]),
    '/v1/latest': { items: [] },
    '/v1/indicators': { items: [indicator({ id: 'river-alarm-level', decimals: 0 })] },
    '/v1/indicators/river-alarm-level/latest': figures('river-alarm-level', {
      'demo/river-1': 2,
      'demo/river-2': null,
    }),
    '/v1/indicators/river-stage/latest': figures('river-stage', {}),
    '/v1/indicators/river-rise/latest': figures('river-rise', { 'demo/river-1': 0.35 }),
    ...explained,
  })
}

describe('alarm levels', () => {
  it('tell the height above the highest that is reached, or below the first', () => {
    expect(standingOf(82.3, LEVELS)).toEqual({ reached: 2, reference: 2, difference: expect.closeTo(0.3) })
    expect(standingOf(79.2, LEVELS)).toEqual({ reached: 0, reference: 1, difference: expect.closeTo(-0.8) })
    expect(standingOf(90, LEVELS)?.reached).toBe(3)
  })

  it('are not guessed: below BĐ3 alone, nobody knows which level holds', () => {
    const only = { bd1: null, bd2: null, bd3: 57 }
    expect(standingOf(56, only)).toEqual({ reached: null, reference: 3, difference: -1 })
    expect(standingOf(58, only)?.reached).toBe(3)
    expect(parseLevels({})).toBeNull()
    expect(parseLevels('80')).toBeNull()
    expect(thresholdsOf(parseLevels({ bd2: 82 })).map(({ label }) => label)).toEqual(['BĐ2'])
  })
})

describe('the view of rivers', () => {
  it('puts the gravest first, with stage, level and rate of rise in Vietnamese', async () => {
    gateway()
    showView(<EnvironmentView search={RIVER} onSearch={vi.fn()} onWhy={vi.fn()} />)
    const [first, second] = await screen.findAllByTestId('station-row')
    const row = first?.closest('tr') as HTMLElement
    expect(first?.textContent).toContain('Trạm 1')
    expect(await within(row).findByText('+0,35')).toBeTruthy()
    expect(row.textContent).toContain('82,30')
    expect(row.textContent).toContain('trên BĐ2 0,30 m')
    expect(second?.closest('tr')?.textContent).toContain('chưa biết mức báo động')
  })

  it('opens a station from its row and from the map by keyboard', async () => {
    gateway()
    const user = userEvent.setup()
    const onSearch = vi.fn()
    showView(<EnvironmentView search={RIVER} onSearch={onSearch} onWhy={vi.fn()} />)
    await user.click((await screen.findAllByTestId('station-row'))[0] as HTMLElement)
    expect(onSearch).toHaveBeenLastCalledWith({ station: 'demo/river-1' })
    const marks = await screen.findAllByTestId('station-mark')
    const tabStop = marks.find((mark) => mark.getAttribute('tabindex') === '0') as HTMLElement
    tabStop.focus()
    await user.keyboard('{Enter}')
    expect(onSearch).toHaveBeenLastCalledWith({ station: tabStop.dataset['station'] })
    expect(tabStop.getAttribute('aria-label')).toContain('Trạm')
  })

  it('says that there is no station, and what failed', async () => {
    fakeGateway({ '/v1/areas': COLLECTION, '/v1/datastreams': page([]) })
    showView(<EnvironmentView search={{ ...RIVER, layer: 'air' }} onSearch={vi.fn()} onWhy={vi.fn()} />, 'en')
    expect(await screen.findByText('There are no air stations yet.')).toBeTruthy()
  })
})
