import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { Announcements } from '../src/live/events'
import { LiveConnection } from '../src/live/LiveConnection'
import { liveMode, paced } from '../src/live/pace'
import { SessionProvider } from '../src/operator/session'
import { stubGateway } from './frame'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('announcements', () => {
  beforeEach(() => vi.useFakeTimers())

  it('read again what shows the figures that changed, once for a burst, and nothing else', async () => {
    const client = new QueryClient()
    const keys = [
      ['cards', '15'],
      ['cards', '02647'],
      ['ranking', 'd766-2.1', 'area'],
      ['ranking', 'vn-aqi-hourly', 'area'],
      ['figures', 'd766-2.1', {}],
      ['alerts', 'active'],
    ]
    for (const key of keys) client.setQueryData(key, [])
    const again = vi.spyOn(client, 'invalidateQueries')
    const announcements = new Announcements(client)
    const figure = { period: '2026-11', value: 1, revision: 2 }
    for (const subject of ['area:15', 'area:15'])
      announcements.values({
        indicator: 'd766-2.1',
        version: 1,
        figures: [{ ...figure, subject }],
        computedAt: '',
      })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(again).toHaveBeenCalledTimes(1)
    const stale = keys.filter((key) => client.getQueryState(key)?.isInvalidated)
    expect(stale).toEqual([keys[0], keys[2], keys[4]])
    announcements.alert({ id: 3 })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(client.getQueryState(['alerts', 'active'])?.isInvalidated).toBe(true)
  })
})

class FakeSource extends EventTarget {
  static all: FakeSource[] = []
  static readonly CLOSED = 2
  readyState = 0
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  constructor(readonly url: string) {
    super()
    FakeSource.all.push(this)
  }
  close() {
    this.readyState = FakeSource.CLOSED
  }
}

describe('the live connection', () => {
  it('is one; without it the page polls, and asks for it again', async () => {
    FakeSource.all = []
    vi.stubGlobal('EventSource', FakeSource)
    stubGateway({})
    const client = new QueryClient()
    const reads = vi.spyOn(client, 'invalidateQueries')
    const { unmount } = render(
      <QueryClientProvider client={client}>
        <SessionProvider>
          <LiveConnection>{null}</LiveConnection>
        </SessionProvider>
      </QueryClientProvider>,
    )
    await waitFor(() => expect(FakeSource.all).toHaveLength(1))
    expect(FakeSource.all[0]?.url).toBe('/v1/live?topics=values,alerts')
    act(() => FakeSource.all[0]?.onopen?.())
    expect(liveMode()).toBe('streaming')
    expect(paced(5_000)).toBe(60_000)
    expect(reads).not.toHaveBeenCalled()

    vi.useFakeTimers()
    const first = FakeSource.all[0]
    if (!first) throw new Error('There is no connection')
    first.readyState = FakeSource.CLOSED
    act(() => first.onerror?.())
    expect(liveMode()).toBe('polling')
    expect(paced(5_000)).toBe(5_000)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(FakeSource.all).toHaveLength(2)
    reads.mockClear()
    act(() => FakeSource.all[1]?.onopen?.())
    // What came in between is not known.
    expect(reads).toHaveBeenCalledWith()
    unmount()
    expect(FakeSource.all[1]?.readyState).toBe(FakeSource.CLOSED)
  })
})
