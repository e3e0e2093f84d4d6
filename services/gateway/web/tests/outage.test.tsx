import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { noteAnswer, type Answers } from '../src/api/answers'
import { getJson } from '../src/api/client'
import { I18nProvider } from '../src/i18n/I18n'
import { eased, isHeldBack, onRecovery, paced } from '../src/live/pace'
import { OutageNotice } from '../src/outage/OutageNotice'
import { outagesOf } from '../src/outage/outages'
import type { PartName, PartStatus, PlatformStatus } from '../src/outage/types'
import { pauseAfter } from '../src/outage/useOutages'
import { stubGateway } from './frame'

const AT = '2026-11-26T00:12:00.000Z'
const well: Answers = { answeredAt: 1_000, failing: false, failingSince: 0, troubledAt: 0 }

function status(states: Partial<Record<PartName, PartStatus['state']>> = {}, quiet = false): PlatformStatus {
  const names: PartName[] = ['database', 'redis', 'ingest', 'analytics']
  return {
    checkedAt: AT,
    parts: names.map((part) => ({ part, state: states[part] ?? 'ok', okAt: AT })),
    newestReadingAt: AT,
    unusuallyQuiet: quiet,
    readOnly: null,
  }
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
  noteAnswer(true)
})

describe('what is wrong', () => {
  const kinds = (
    ...[known, answers = well, online = true, now = 2_000]: Partial<Parameters<typeof outagesOf>>
  ) => outagesOf(known, answers, online, now).map(({ kind }) => kind)

  it('is nothing while all parts answer, or nothing is known yet', () => {
    expect(kinds(status())).toEqual([])
    expect(kinds(undefined)).toEqual([])
    expect(kinds(status({ database: 'unknown', redis: 'unknown' }))).toEqual([])
  })

  it('names the cause and not what follows from it', () => {
    expect(kinds(status({ database: 'away', ingest: 'unready', analytics: 'unready' }))).toEqual(['database'])
    expect(kinds(status({ ingest: 'unready', analytics: 'unready' }))).toEqual(['ingestRefuses', 'analytics'])
    expect(kinds(status({ database: 'away', ingest: 'away', redis: 'away' }))).toEqual(['database', 'ingest'])
    expect(kinds(status({ ingest: 'away', redis: 'away' }))).toEqual(['ingest', 'redis'])
    expect(kinds(status({}, true))).toEqual(['quiet'])
    expect(kinds(status({ ingest: 'away' }, true))).toEqual(['ingest'])
  })

  it('is the server when it is silent for a while, and the network when the device has none', () => {
    const silent = { ...well, failing: true, failingSince: 2_000 }
    expect(kinds(status({ redis: 'away' }), silent, true, 5_000)).toEqual(['redis'])
    expect(kinds(status({ redis: 'away' }), silent, true, 6_000)).toEqual(['server'])
    expect(kinds(status(), silent, false, 2_000)).toEqual(['offline'])
    expect(kinds(status(), well, false, 60_000)).toEqual([])
  })

  it('is asked more often in trouble, and ever less when nothing answers', () => {
    expect(pauseAfter(status(), well, 0)).toBe(10_000)
    expect(pauseAfter(status({ redis: 'away' }), well, 0)).toBe(4_000)
    const silent = { ...well, failing: true, failingSince: 1_000 }
    expect([2_000, 33_000, 600_000].map((now) => pauseAfter(status(), silent, now))).toEqual([
      4_000, 8_000, 15_000,
    ])
  })
})

describe('the notice', () => {
  it('says since when figures are old, holds requests back, and afterwards everything is read again', async () => {
    let database: PartStatus['state'] = 'away'
    const sent = stubGateway({ '/v1/status': () => status({ database }) })
    const client = new QueryClient()
    const readAgain = vi.spyOn(client, 'invalidateQueries')
    const recovered = vi.fn()
    const stop = onRecovery(recovered)
    render(
      <QueryClientProvider client={client}>
        <I18nProvider language="vi">
          <OutageNotice />
        </I18nProvider>
      </QueryClientProvider>,
    )
    expect(await screen.findByText('Cơ sở dữ liệu không trả lời.')).toBeDefined()
    expect(screen.getByTestId('outages').textContent).toContain('Số liệu trên trang là của lúc')
    expect(document.documentElement.dataset['figures']).toBe('old')
    expect([isHeldBack(), eased(2_000), paced(60_000)]).toEqual([true, 30_000, 60_000])
    expect(readAgain).not.toHaveBeenCalled()

    database = 'ok'
    const asked = sent.length
    // A request that meets the outage, or its end, makes the page ask at once.
    stubGateway({
      '/v1/status': () => status({ database }),
      '/v1/things': () => new Response('{}', { headers: { warning: '110 fansipan "Response is Stale"' } }),
    })
    await act(() => getJson('/v1/things'))
    await waitFor(() => expect(screen.getByTestId('outages').textContent).toBe(''))
    await waitFor(() => expect(recovered).toHaveBeenCalledOnce())
    expect(readAgain).toHaveBeenCalledOnce()
    expect(document.documentElement.dataset['figures']).toBeUndefined()
    expect([isHeldBack(), eased(2_000)]).toEqual([false, 2_000])
    expect(asked).toBe(1)
    stop()
  })

  it.each([
    ['vi' as const, 'Hệ thống đang ở chế độ chỉ đọc. Nâng cấp cơ sở dữ liệu. Dự kiến đến', 'chưa lưu được'],
    ['en' as const, 'The platform is read-only. Nâng cấp cơ sở dữ liệu. Expected until', 'cannot be saved'],
  ])(
    'says why nothing may be changed, and leaves the figures as they are (%s)',
    async (language, begin, means) => {
      const readOnly = { since: AT, until: AT, reason: 'Nâng cấp cơ sở dữ liệu' }
      stubGateway({ '/v1/status': () => ({ ...status(), readOnly }) })
      render(
        <QueryClientProvider client={new QueryClient()}>
          <I18nProvider language={language}>
            <OutageNotice />
          </I18nProvider>
        </QueryClientProvider>,
      )
      await waitFor(() => expect(screen.getByTestId('outages').textContent).toContain(begin))
      expect(screen.getByTestId('outages').textContent).toContain(means)
      expect(document.documentElement.dataset['figures']).toBeUndefined()
    },
  )
})
