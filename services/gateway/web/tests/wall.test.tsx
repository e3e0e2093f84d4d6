import { act, renderHook, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { pagesOf, wallSearch } from '../src/views/wall/search'
import { useRotation } from '../src/views/wall/useRotation'
import { alert, card } from './figures'
import { renderPage, stubGateway } from './frame'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('the rotation', () => {
  it('goes round by itself, stands while paused, and begins a page anew after a step', () => {
    vi.useFakeTimers()
    const { result } = renderHook(() => useRotation(3, 20))
    act(() => void vi.advanceTimersByTime(20_000))
    expect(result.current.at).toBe(1)
    act(() => void vi.advanceTimersByTime(15_000))
    act(() => result.current.step(1))
    act(() => void vi.advanceTimersByTime(15_000))
    expect(result.current.at).toBe(2)
    act(() => result.current.toggle())
    act(() => void vi.advanceTimersByTime(60_000))
    expect(result.current.at).toBe(2)
    act(() => result.current.step(1))
    expect(result.current.at).toBe(0)
    act(() => result.current.step(-1))
    expect(result.current.at).toBe(2)
  })
})

describe('the wall', () => {
  it('shows the chosen pages and is steered by keys', async () => {
    stubGateway({
      '/v1/alerts': { items: [alert(1), alert(2, { severity: 'critical' })], next: null },
      '/v1/indicators/latest': { items: [card({ group: 'floods', value: 115.7, decimals: 1 })] },
    })
    const { address } = renderPage('/wall?pages=alerts,environment')
    const user = userEvent.setup()
    const wall = await screen.findByTestId('wall')
    expect(wall.dataset['page']).toBe('alerts')
    await waitFor(() => expect(screen.getAllByRole('listitem')[0]?.textContent).toContain('Nguy cấp'))
    expect(screen.getByTestId('live-state')).toBeTruthy()
    expect(wall.querySelector('.wall-clock')?.textContent).toMatch(/\d\d:\d\d/)

    await user.keyboard('{ArrowRight}')
    expect(wall.dataset['page']).toBe('environment')
    expect((await screen.findByTestId('wall-figure')).textContent).toContain('115,7')
    await user.keyboard(' ')
    expect(screen.getByText('đang dừng')).toBeTruthy()
    await user.keyboard('{ArrowLeft}')
    expect(wall.dataset['page']).toBe('alerts')
    await user.keyboard('{Escape}')
    await waitFor(() => expect(address()).toBe('/'))
  })

  it('takes its pages from the address, and forgives nonsense', () => {
    expect(pagesOf(undefined)).toEqual(['overview', 'services', 'environment', 'alerts'])
    expect(pagesOf('alerts,nothing,overview')).toEqual(['alerts', 'overview'])
    expect(wallSearch({ pages: 'nothing', every: '2' })).toEqual({
      pages: undefined,
      every: undefined,
      shade: undefined,
    })
    expect(wallSearch({ every: '45' }).every).toBe('45')
  })
})
