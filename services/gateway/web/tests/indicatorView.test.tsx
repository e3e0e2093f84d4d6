import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import type { Figure, IndicatorDetail } from '../src/api/indicatorTypes'
import { extent, withGaps } from '../src/views/indicator/chartOption'
import { COLLECTION } from './data'
import { card, indicator, ranking } from './figures'
import { renderPage, stubGateway, type Sent } from './frame'

vi.mock('../src/chart/Chart', () => ({
  default: ({ label }: { label: string }) => <div role="img" aria-label={label} />,
}))
afterEach(() => vi.unstubAllGlobals())

const DETAIL: IndicatorDetail = {
  ...indicator({ subjects: ['province', 'commune', 'agency'], periods: ['month', 'quarter'] }),
  description: { vi: 'Tỷ lệ hồ sơ trả đúng hạn.', en: 'Share of dossiers returned on time.' },
  public: true,
  version: 2,
  versions: [
    {
      version: 1,
      effectiveFrom: '2022-08-01',
      effectiveTo: '2026-01-01',
      inForce: false,
      judgesNow: false,
      retired: false,
    },
    {
      version: 2,
      effectiveFrom: '2026-01-01',
      effectiveTo: null,
      inForce: true,
      judgesNow: true,
      retired: false,
    },
  ],
  limits: [],
  sources: [
    {
      title: 'Quyết định 766/QĐ-TTg',
      article: 'Nhóm 2',
      issued: '2022-06-23',
      inForceFrom: null,
      note: null,
    },
  ],
  inWords: { vi: 'Đúng hạn chia cho đã giải quyết.', en: 'On time over handled.' },
  disputed: [{ vi: 'Mẫu số bằng 0: không áp dụng.', en: 'Denominator 0: does not apply.' }],
  assumed: [],
}

function figure(period: string, value: number | null, change: Partial<Figure> = {}): Figure {
  const [year = '', month = ''] = period.split('-')
  return {
    ...card({ value, period }),
    start: new Date(Date.UTC(Number(year), Number(month) - 1, 1, -7)).toISOString(),
    end: new Date(Date.UTC(Number(year), Number(month), 1, -7)).toISOString(),
    provisional: false,
    ...change,
  }
}

function gateway(change: Record<string, unknown> = {}) {
  return stubGateway({
    '/v1/areas': COLLECTION,
    '/v1/indicators/d766-2.1': DETAIL,
    '/v1/indicators/d766-2.1/values': ({ url }: Sent) => ({
      items: [
        figure('2026-09', 77.5),
        figure('2026-10', url.searchParams.has('asOf') ? 79 : 80.2),
        figure('2026-11', 78.9561, { provisional: true }),
      ],
      next: null,
    }),
    '/v1/indicators/d766-2.1/latest': ({ url }: Sent) =>
      url.searchParams.get('by') === 'agency'
        ? ranking({ SXD: 70 })
        : ranking({ '02680': 91.25, '02647': 88 }),
    '/v1/indicators/d766-2.1/values/15/2026-11/explain': {
      definition: { ...DETAIL, effectiveFrom: '2026-01-01', effectiveTo: null },
      figure: figure('2026-11', 78.9561),
      numerator: null,
      denominator: null,
      completeness: {
        value: null,
        sampleCount: 400,
        minimumPercent: null,
        expectedIntervalSeconds: null,
      },
      details: {},
      nextCorrections: null,
      moreRevisions: false,
      close: null,
      revisions: [
        {
          revision: 2,
          value: 78.9561,
          sampleCount: 400,
          reason: 'correction',
          knownFrom: '2026-11-21T03:00:00Z',
          supersededAt: null,
        },
        {
          revision: 1,
          value: 78,
          sampleCount: 399,
          reason: 'new-data',
          knownFrom: '2026-11-20T03:00:00Z',
          supersededAt: '2026-11-21T03:00:00Z',
        },
      ],
      inputs: { kind: 'cases', caseKind: 'dossier', items: [] },
      next: null,
    },
    ...change,
  })
}

describe('the view of one indicator', () => {
  it('shows the newest figure, its change, the ranking and the definition', async () => {
    gateway()
    renderPage('/indicators/d766-2.1')
    expect((await screen.findByTestId('figure-value')).textContent).toBe('78,96')
    expect(screen.getByTestId('figure-now').textContent).toContain('−1,24')
    expect(
      await screen.findByRole('img', { name: /Tỷ lệ hồ sơ đúng hạn: 3 kỳ, kỳ đang xem 78,96 %/ }),
    ).toBeTruthy()
    const rows = within(await screen.findByTestId('ranking')).getAllByRole('row')
    expect(rows[1]?.textContent).toContain('91,25')
    const definition = screen.getByRole('region', { name: 'Định nghĩa' })
    for (const text of [
      'Đúng hạn chia cho đã giải quyết.',
      'Quyết định 766/QĐ-TTg',
      'Mẫu số bằng 0',
      'bản 1',
      'bản 2',
    ])
      expect(definition.textContent).toContain(text)
    expect(document.title).toContain('Tỷ lệ hồ sơ đúng hạn')
  })

  it('ranks by name in the order of Vietnamese, with the code behind the name', async () => {
    const names = { a: 'Sở Y tế', b: 'Đài truyền thanh', c: 'Sở Tài chính', d: 'Dân tộc và Tôn giáo' }
    const { items, ...rest } = ranking({ a: 90, b: 80, c: 70, d: 60 })
    const agencies = items.map((one) => ({
      ...one,
      subject: {
        kind: 'agency' as const,
        key: one.subject.key,
        name: names[one.subject.key as keyof typeof names],
        nameEn: null,
      },
    }))
    gateway({ '/v1/indicators/d766-2.1/latest': { ...rest, items: agencies } })
    renderPage('/indicators/d766-2.1?by=agency')
    const user = userEvent.setup()
    const order = () =>
      within(screen.getByTestId('ranking'))
        .getAllByRole('rowheader')
        .map((one) => one.textContent)
    await screen.findByText('Sở Y tế', { selector: '.rank-name' })
    expect(order()).toEqual(Object.values(names))
    await user.click(screen.getByTitle('Sắp theo tên'))
    expect(order()).toEqual(['Dân tộc và Tôn giáo', 'Đài truyền thanh', 'Sở Tài chính', 'Sở Y tế'])
    expect(screen.getByRole('columnheader', { name: 'Cơ quan' }).getAttribute('aria-sort')).toBe('ascending')
    expect(screen.getByText('Sở Y tế', { selector: '.rank-name' }).title).toBe('a')
    await user.click(screen.getByTitle('Sắp theo hạng'))
    expect(order()[0]).toBe('Sở Y tế')
  })

  it('finds another subject without tone marks, and puts it into the address', async () => {
    const sent = gateway()
    const { address } = renderPage('/indicators/d766-2.1')
    const user = userEvent.setup()
    const field = await screen.findByTestId('subject-picker')
    await user.click(field)
    await user.type(field, 'dong cuong')
    await user.keyboard('{Enter}')
    await waitFor(() => expect(address()).toBe('/indicators/d766-2.1?subject=02680'))
    await waitFor(() =>
      expect(
        sent.some(
          ({ url }) => url.pathname.endsWith('/values') && url.searchParams.get('subject') === '02680',
        ),
      ).toBe(true),
    )
  })

  it('gives the same figures as a table, and as files', async () => {
    gateway()
    const { address } = renderPage('/indicators/d766-2.1?from=2026-09-01')
    const user = userEvent.setup()
    await user.click(await screen.findByText('Bảng'))
    const table = await screen.findByRole('table', { name: 'Tỷ lệ hồ sơ đúng hạn' })
    expect(
      within(table)
        .getAllByRole('row')
        .map((row) => row.textContent),
    ).toEqual([
      expect.stringContaining('Giá trị (%)'),
      expect.stringContaining('Tháng 11/202678,96'),
      expect.stringContaining('Tháng 10/202680,20'),
      expect.stringContaining('Tháng 09/202677,50'),
    ])
    expect(address()).toContain('show=table')
    expect(screen.getByText('XLSX').getAttribute('href')).toBe(
      '/v1/indicators/d766-2.1/export?format=xlsx&subject=15&period=month&from=2026-09-01',
    )
  })

  it('compares two periods of choice', async () => {
    gateway()
    const { address } = renderPage('/indicators/d766-2.1')
    const user = userEvent.setup()
    const table = await screen.findByTestId('compare')
    expect(table.textContent).toContain('−1,24')
    await user.selectOptions(within(table).getByLabelText('So với kỳ'), '2026-09')
    await waitFor(() => expect(screen.getByTestId('compare').textContent).toContain('+1,46'))
    expect(address()).toContain('with=2026-09')
  })

  it('goes back to what was known then, says so, and returns', async () => {
    const sent = gateway()
    const { address } = renderPage('/indicators/d766-2.1')
    const user = userEvent.setup()
    await user.click(await screen.findByText('xem lúc đó'))
    expect(
      (await screen.findByText(/Số liệu như đã biết lúc 10:00 20\/11\/2026/)).closest('[role=status]'),
    ).toBeTruthy()
    expect(address()).toContain('asOf=2026-11-20')
    await waitFor(() => expect(screen.getByTestId('compare').textContent).toContain('79,00'))
    const asked = sent
      .filter(({ url }) => url.pathname.endsWith('/values'))
      .map(({ url }) => url.searchParams.has('asOf'))
    expect(asked).toEqual(expect.arrayContaining([true, false]))
    await user.click(screen.getByText('Về hiện nay'))
    await waitFor(() => expect(address()).toBe('/indicators/d766-2.1'))
  })

  it('opens why, above the view, by an address that can be passed on', async () => {
    gateway()
    const { address } = renderPage('/indicators/d766-2.1')
    const user = userEvent.setup()
    await user.click(await screen.findByText('Vì sao có số này?', { selector: '.button' }))
    expect((await screen.findByTestId('explained-value')).textContent).toBe('78,96')
    expect(decodeURIComponent(address())).toContain('why=d766-2.1~2026-11~15')
  })

  it('tells when there is no such indicator', async () => {
    stubGateway({})
    renderPage('/indicators/nothing')
    expect((await screen.findByRole('alert')).textContent).toContain('Không còn dữ liệu này.')
  })
})

describe('the chart', () => {
  it('breaks the line where a period lacks', () => {
    const cells = withGaps([figure('2026-08', 1), figure('2026-09', 2), figure('2026-11', 3)])
    expect(cells.map((cell) => cell.figure?.period ?? null)).toEqual(['2026-08', '2026-09', null, '2026-11'])
  })

  it('has round ends around values and limits, and no shares beyond 100', () => {
    expect(extent([figure('2026-08', 91.3), figure('2026-09', 97.9)], DETAIL)).toEqual({
      low: 90,
      high: 100,
      interval: 2,
    })
    expect(extent([], DETAIL)).toEqual({ low: 0, high: 1, interval: 0.5 })
  })
})
