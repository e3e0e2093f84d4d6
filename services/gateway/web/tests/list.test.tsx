import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'

import { DatastreamList } from '../src/datastreams/DatastreamList'
import { describeDatastreams, withLatest } from '../src/datastreams/model'
import { I18nProvider } from '../src/i18n/I18n'
import { AREA_INDEX, datastream, NOW } from './data'

function list(values: number[], chosen: string | null, onChoose: (key: string) => void = () => undefined) {
  const streams = values.map((result, index) =>
    datastream(index + 1, { latest: { phenomenonTime: '2026-07-01T04:55:00Z', result } }),
  )
  return (
    <I18nProvider language="vi">
      <DatastreamList
        rows={withLatest(describeDatastreams(streams, AREA_INDEX, 'vi'), [], NOW)}
        chosen={chosen}
        now={NOW}
        onChoose={onChoose}
      />
    </I18nProvider>
  )
}

describe('the list', () => {
  it('shows value, unit and age in Vietnamese', () => {
    render(list([78.96], null))
    const row = screen.getByTestId('datastream-row')
    expect(row.textContent).toContain('78,96')
    expect(row.textContent).toContain('µg/m³')
    expect(row.textContent).toContain('5 phút')
    expect(row.textContent).toContain('Phường Lào Cai')
  })

  it('names what is measured, then the thing; the full name is its tooltip', () => {
    const stream = datastream(1, {
      name: 'Bụi PM2.5 - Trạm 1',
      description: 'Cách mặt đất 3 m',
      properties: { nameEn: 'Dust PM2.5 - Station 1' },
      thing: { ...datastream(1).thing, properties: { nameEn: 'Station 1' } },
    })
    const inLanguage = (language: 'vi' | 'en') => (
      <I18nProvider language={language}>
        <DatastreamList
          rows={withLatest(describeDatastreams([stream], new Map(), language), [], NOW)}
          chosen={null}
          now={NOW}
          onChoose={() => undefined}
        />
      </I18nProvider>
    )
    const { rerender } = render(inLanguage('vi'))
    expect(screen.getByText('Bụi PM2.5').title).toBe('Bụi PM2.5 - Trạm 1\nCách mặt đất 3 m')
    expect(screen.getByText('Trạm 1')).toBeTruthy()
    rerender(inLanguage('en'))
    expect(screen.getByText('Dust PM2.5').title).toBe('Dust PM2.5 - Station 1\nCách mặt đất 3 m')
    expect(screen.getByText('Station 1')).toBeTruthy()
  })

  it('is one tab stop that arrows walk and Enter chooses from', async () => {
    const user = userEvent.setup()
    const onChoose = vi.fn()
    render(list([1, 2, 3], 'demo/station-1/pm25', onChoose))
    await user.tab()
    expect(document.activeElement?.getAttribute('data-key')).toBe('demo/station-1/pm25')
    await user.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}')
    expect(document.activeElement?.getAttribute('data-key')).toBe('demo/station-3/pm25')
    await user.keyboard('{Home}{ArrowDown}{Enter}')
    expect(onChoose).toHaveBeenCalledExactlyOnceWith('demo/station-2/pm25')
    expect(screen.getAllByRole('option').filter((row) => row.tabIndex === 0)).toHaveLength(1)
  })

  it('lights up a value that changes, and only that one', () => {
    const { rerender } = render(list([1, 2], null))
    expect(document.querySelectorAll('.flash')).toHaveLength(0)
    rerender(list([1, 2.5], null))
    const lit = document.querySelectorAll('.flash')
    expect([...lit].map((one) => one.textContent)).toEqual(['2,5'])
  })
})
