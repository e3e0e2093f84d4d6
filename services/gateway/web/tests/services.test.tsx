import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import type { ComponentItem } from '../src/api/indicatorTypes'
import { recentPeriods } from '../src/indicators/recentPeriods'
import { card, indicator, ranking } from './figures'
import { renderPage, stubGateway, type Sent } from './frame'
import { operator, sessionAnswer, TOKEN } from './session'

afterEach(() => vi.unstubAllGlobals())

const PERIOD = '2026-10'
const AT = `/services?period=${PERIOD}`

function part(
  id: string,
  points: number | null,
  maximum: number,
  change: Partial<ComponentItem> = {},
): ComponentItem {
  return {
    indicator: id,
    names: { vi: `766 – Nhóm ${id.slice(5)}: Tên ${id}`, en: `766 – Group ${id.slice(5)}: name ${id}` },
    value: points,
    points,
    maximum,
    fullAt: null,
    normalised: null,
    weight: null,
    assumed: false,
    missing: points === null,
    hidden: false,
    ...change,
  }
}

const explained = (value: number, items: ComponentItem[]) => ({
  figure: card({ value, period: PERIOD, unit: { symbol: 'điểm', ucum: null, name: null } }),
  inputs: { kind: 'components', items },
})

function gateway(change: Record<string, unknown> = {}) {
  const why = (id: string) => `/v1/indicators/${id}/values/15/${PERIOD}/explain`
  return stubGateway({
    '/v1/session': sessionAnswer(operator()),
    '/v1/indicators': {
      items: ['d766-2.1', 'd766-total', 'd766-total-computed'].map((id) => indicator({ id })),
    },
    '/v1/indicators/d766-2.1': { ...indicator(), limits: [], sources: [] },
    '/v1/indicators/d766-2.1/latest': ({ url }: Sent) =>
      ranking({ [url.searchParams.get('by') === 'procedure' ? '1.004227' : 'SXD']: 93.4 }),
    '/v1/indicators/d766-total/values': { items: [card({ period: PERIOD })], next: null },
    [why('d766-total')]: explained(78.9561, [
      part('d766-1', 15, 18),
      part('d766-2', 18.6, 20),
      part('d766-3', 14.85, 22),
      part('d766-4', 15.5, 22),
      part('d766-5', null, 18),
    ]),
    [why('d766-3')]: explained(14.85, [
      part('d766-3.1', 3.57, 4, {
        names: { vi: '766 – 3.1 Tỷ lệ TTHC trực tuyến', en: '766 – 3.1 Online' },
        value: 71.38,
        fullAt: 80,
        assumed: true,
      }),
    ]),
    '/v1/indicators/d766-total-computed': {
      ...indicator({ id: 'd766-total-computed' }),
      limits: [],
      sources: [],
    },
    '/v1/indicators/d766-total-computed/latest': ({ url }: Sent) =>
      ranking({ [url.searchParams.get('by') === 'procedure' ? '1.004227' : 'SXD']: 61.5 }),
    '/v1/indicators/d766-3': { ...indicator({ id: 'd766-3' }), limits: [], sources: [] },
    '/v1/indicators/d766-3/latest': ranking({ SXD: 14.5 }),
    '/v1/indicators/cases-open/latest': ranking({ SXD: 120 }),
    '/v1/indicators/cases-overdue/latest': ranking({ SXD: 31 }),
    '/v1/indicators/cases-due-soon/latest': ranking({ SXD: 12 }),
    '/v1/indicators/latest': {
      items: [
        card({ indicator: 'cases-open', value: 890, decimals: 0 }),
        card({ indicator: 'cases-overdue', value: 67, decimals: 0 }),
        card({ indicator: 'cases-due-soon', value: 40, decimals: 0 }),
      ],
    },
    ...change,
  })
}

describe('the scorecard of Decision 766', () => {
  it('shows the total of 100 and five groups with their points of the maximum', async () => {
    gateway()
    renderPage(AT)
    expect((await screen.findByTestId('score-total')).textContent).toBe('78,96')
    expect(screen.getByTestId('scorecard').textContent).toContain('/ 100')
    const groups = screen.getAllByTestId('score-group').map((one) => one.textContent)
    expect(groups).toHaveLength(5)
    expect(groups[1]).toContain('18,60 / 20')
    expect(groups[1]).toContain('93%')
    expect(groups[4]).toContain('chưa có số liệu')
  })

  it('opens a group down to its parts, and the address says which', async () => {
    gateway()
    const { address } = renderPage(AT)
    const user = userEvent.setup()
    await user.click((await screen.findAllByTestId('score-group'))[2] as HTMLElement)
    const parts = await screen.findByTestId('score-parts')
    expect(address()).toContain('group=d766-3')
    for (const text of ['3.1 Tỷ lệ TTHC trực tuyến', '71,38%', '80%', 'giả định', '3,57 / 4'])
      expect(parts.textContent).toContain(text)
    expect(within(parts).getByRole('link').getAttribute('href')).toBe('/indicators/d766-3.1?subject=15')
    await user.click(within(parts).getByText('Vì sao?'))
    await waitFor(() => expect(decodeURIComponent(address())).toContain(`why=d766-3.1~${PERIOD}~15`))
  })

  it('shows what is late first, in total and by agency', async () => {
    gateway()
    renderPage(AT)
    const queues = await screen.findAllByTestId('queue')
    expect(queues.map((one) => one.dataset['queue'])).toEqual([
      'cases-overdue',
      'cases-due-soon',
      'cases-open',
    ])
    expect(queues[0]?.textContent).toContain('67')
    const table = await screen.findByRole('region', { name: 'Hồ sơ cần xử lý theo cơ quan' })
    await waitFor(() => expect(table.textContent).toContain('SXD3112120'))
  })

  it('asks the public to sign in where the score is not public, and asks for no score', async () => {
    const sent = gateway({
      '/v1/session': sessionAnswer(),
      '/v1/indicators': { items: [indicator({ id: 'd766-2.1' })] },
    })
    renderPage(AT)
    expect(await screen.findByText('Bảng điểm dành cho người điều hành.')).toBeTruthy()
    expect((await screen.findByTestId('ranking')).textContent).toContain('93,40')
    expect(sent.some(({ url }) => url.pathname.endsWith('/explain'))).toBe(false)
  })
})

describe('a period without dossiers', () => {
  it('has no score, and no explanation is asked for', async () => {
    const sent = gateway({ '/v1/indicators/d766-total/values': { items: [], next: null } })
    renderPage(AT)
    expect(await screen.findByText('Chưa có điểm cho đơn vị và kỳ này.')).toBeTruthy()
    expect(sent.some(({ url }) => url.pathname.endsWith('/explain'))).toBe(false)
  })
})

describe('what if', () => {
  it('asks with the token of the session and shows the effect', async () => {
    const effect = (before: number, change: number) => ({
      before: { value: before, numerator: null, denominator: null },
      after: { value: before + change, numerator: null, denominator: null },
      change,
      estimated: true,
    })
    const sent = gateway({
      '/v1/indicators/d766-total/what-if': {
        ...effect(78.96, 0.84),
        indicator: 'd766-total',
        finished: 67,
        components: [
          {
            ...effect(18.6, 0.84),
            indicator: 'd766-2',
            names: { vi: '766 – Nhóm 2: Tiến độ', en: 'Progress' },
          },
          {
            ...effect(15, 0),
            indicator: 'd766-1',
            names: { vi: '766 – Nhóm 1: Công khai', en: 'Publicity' },
          },
        ],
      },
    })
    renderPage(AT)
    await userEvent.setup().click(await screen.findByText('Tính'))
    const answer = await screen.findByTestId('what-if-answer')
    expect(answer.textContent).toContain('67 hồ sơ')
    expect(answer.textContent).toContain('78,96 → 79,80')
    expect(answer.textContent).toContain('Tiến độ18,60 → 19,44')
    expect(answer.textContent).not.toContain('Công khai')
    const question = sent.find((one) => one.method === 'POST')
    expect(question?.body).toEqual({ subject: '15', period: PERIOD, finish: { overdue: true } })
    expect(question?.headers['X-CSRF-Token']).toBe(TOKEN)
  })

  it('is not for viewers', async () => {
    gateway({ '/v1/session': sessionAnswer(operator({ role: 'viewer' })) })
    renderPage(AT)
    expect(await screen.findByText('Dành cho người điều hành.')).toBeTruthy()
    expect(screen.queryByText('Tính')).toBeNull()
  })
})

describe('the periods to choose from', () => {
  it('begin with the running one, by the clock of Việt Nam', () => {
    const newYear = Date.parse('2026-12-31T18:00:00Z')
    expect(recentPeriods('month', 3, newYear)).toEqual(['2027-01', '2026-12', '2026-11'])
    expect(recentPeriods('quarter', 2, newYear)).toEqual(['2027-Q1', '2026-Q4'])
    expect(recentPeriods('year', 2, newYear)).toEqual(['2027', '2026'])
  })
})
