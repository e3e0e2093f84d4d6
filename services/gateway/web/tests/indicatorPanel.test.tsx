import { QueryClientProvider } from '@tanstack/react-query'
import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { createQueryClient } from '../src/api/queries'
import { I18nProvider } from '../src/i18n/I18n'
import { IndicatorPanel } from '../src/indicators/IndicatorPanel'
import { SessionProvider } from '../src/operator/session'
import { AREAS } from './data'
import { card } from './figures'
import { sessionAnswer } from './session'

const NOW = Date.parse('2026-11-21T03:05:00Z')

let asked: string[]
beforeEach(() => {
  asked = []
})
afterEach(() => vi.unstubAllGlobals())

function gateway(items: unknown[]) {
  vi.stubGlobal('fetch', (url: string) => {
    if (url === '/v1/session') return Promise.resolve(Response.json(sessionAnswer()))
    asked.push(url)
    return Promise.resolve(Response.json({ items }))
  })
}

function panel(change: Partial<Parameters<typeof IndicatorPanel>[0]> = {}) {
  const none = () => undefined
  return render(
    <QueryClientProvider client={createQueryClient()}>
      <I18nProvider language="vi">
        <SessionProvider>
          <IndicatorPanel
            areas={AREAS}
            area={null}
            group={null}
            now={NOW}
            onArea={none}
            onGroup={none}
            onWhy={none}
            {...change}
          />
        </SessionProvider>
      </I18nProvider>
    </QueryClientProvider>,
  )
}

describe('the cards', () => {
  it('show value, change, period, age and marks, and ask why when pressed by keyboard', async () => {
    gateway([
      card({
        closed: true,
        provisional: false,
        restated: { value: 77, reason: 'correction', at: null, revision: 3 },
      }),
    ])
    const onWhy = vi.fn()
    panel({ onWhy })
    const shown = await screen.findByTestId('indicator-card')
    const text = shown.textContent ?? ''
    expect(text).toContain('78,96%')
    expect(text).toContain('−1,24')
    expect(text).toContain('giảm, xấu đi')
    expect(text).toContain('đã khóa sổ')
    expect(text).toContain('có điều chỉnh')
    expect(text).toContain('Tháng 11/2026 · 5 phút')
    expect(asked).toEqual(['/v1/indicators/latest?subject=15'])
    const user = userEvent.setup()
    shown.focus()
    await user.keyboard('{Enter}')
    expect(onWhy).toHaveBeenCalledExactlyOnceWith({ indicator: 'd766-2.1', subject: '15', period: '2026-11' })
  })

  it('name the band in words on its colour', async () => {
    gateway([card({ band: { key: 'good', name: { vi: 'Tốt', en: 'Good' }, colour: '#00e400' } })])
    panel()
    const band = await screen.findByText('Tốt')
    expect(band.style.background).toBe('rgb(0, 228, 0)')
    expect(band.style.color).toBe('rgb(0, 0, 0)')
  })

  it('are those of the chosen commune', async () => {
    gateway([])
    panel({ area: '02680' })
    expect(await screen.findByText('Chưa có chỉ số nào.')).toBeTruthy()
    expect(asked).toEqual(['/v1/indicators/latest?subject=02680'])
  })

  it('show six of a group until asked for more', async () => {
    gateway([
      card({ group: 'floods' }),
      ...Array.from({ length: 9 }, (_, place) => card({ indicator: `case-${place}` })),
    ])
    panel()
    const group = await screen.findByRole('region', { name: 'Dịch vụ công' })
    expect(within(group).getAllByTestId('indicator-card')).toHaveLength(6)
    const user = userEvent.setup()
    await user.click(within(group).getByText('Thêm 3 chỉ số'))
    expect(within(group).getAllByTestId('indicator-card')).toHaveLength(9)
  })

  it('say what to do when the gateway refuses', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ title: 'Unauthorized' }, { status: 401 })))
    panel()
    expect((await screen.findByRole('alert')).textContent).toContain('Cần đăng nhập')
  })
})
