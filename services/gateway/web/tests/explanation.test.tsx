import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import type { CaseItem, Explanation, Inputs } from '../src/api/indicatorTypes'
import { ExplanationDrawer } from '../src/indicators/explanation/ExplanationDrawer'
import { card } from './figures'
import { renderPart } from './frame'

const NAME = { indicator: 'd766-2.1', subject: '15', period: '2026-11' }

afterEach(() => vi.unstubAllGlobals())

function dossier(id: string, change: Partial<CaseItem> = {}): CaseItem {
  return {
    provider: 'mot-cua',
    id,
    agency: 'ubnd',
    agencyName: null,
    agencyNameEn: null,
    area: '02647',
    procedure: 'khai-sinh',
    procedureName: 'Đăng ký khai sinh',
    procedureNameEn: 'Registration of a birth',
    receivedAt: '2026-11-03T03:00:00Z',
    endedAt: '2026-11-18T03:00:00Z',
    lateAt: '2026-11-10T03:00:00Z',
    weight: 1,
    inNumerator: true,
    notInNumerator: null,
    inDenominator: true,
    notInDenominator: null,
    ...change,
  }
}

function explanation(inputs: Inputs, change: Partial<Explanation> = {}): Explanation {
  const { names, unit, decimals, direction, ...figure } = card()
  return {
    definition: {
      id: 'd766-2.1',
      names,
      description: names,
      unit,
      decimals,
      direction,
      version: 3,
      effectiveFrom: '2022-08-01',
      effectiveTo: null,
      inWords: { vi: 'Số hồ sơ đúng hạn / số hồ sơ × 100.', en: 'Dossiers on time / dossiers × 100.' },
      sources: [
        {
          title: 'Quyết định 766/QĐ-TTg',
          article: 'Nhóm 2, chỉ số 2.1',
          issued: '2022-06-23',
          inForceFrom: null,
          note: null,
        },
      ],
      limits: [],
      disputed: [{ vi: 'Mẫu số bằng 0 tính là không áp dụng.', en: 'A denominator of 0 does not apply.' }],
      assumed: [],
    },
    figure,
    numerator: { value: 316, counts: { vi: 'Hồ sơ đúng hạn', en: 'Dossiers on time' } },
    denominator: { value: 400, counts: { vi: 'Hồ sơ', en: 'Dossiers' } },
    completeness: { value: null, sampleCount: 400, minimumPercent: null, expectedIntervalSeconds: null },
    details: {},
    inputs,
    next: null,
    nextCorrections: null,
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
        value: 81.5,
        sampleCount: 400,
        reason: 'new-data',
        knownFrom: '2026-11-20T03:00:00Z',
        supersededAt: '2026-11-21T03:00:00Z',
      },
    ],
    moreRevisions: false,
    close: null,
    ...change,
  }
}

function gateway(answers: Record<string, unknown>) {
  const asked: string[] = []
  vi.stubGlobal('fetch', (url: string) => {
    asked.push(url)
    const answer = answers[url]
    return Promise.resolve(
      answer ? Response.json(answer) : Response.json({ title: 'Not found', detail: url }, { status: 404 }),
    )
  })
  return asked
}

function drawer(onWhy = vi.fn()) {
  renderPart(<ExplanationDrawer name={NAME} now={0} onWhy={onWhy} onClose={() => undefined} />)
  return onWhy
}

const FIRST = '/v1/indicators/d766-2.1/values/15/2026-11/explain?limit=20'

describe('why this number', () => {
  it('goes from the value to the law, the parts, the revisions and the API', async () => {
    gateway({ [FIRST]: explanation({ kind: 'cases', caseKind: 'dossier', items: [] }) })
    drawer()
    expect((await screen.findByTestId('explained-value')).textContent).toBe('78,96')
    const text = screen.getByTestId('explanation').textContent ?? ''
    for (const part of [
      'Số hồ sơ đúng hạn / số hồ sơ × 100.',
      'Định nghĩa bản 3, áp dụng từ 01/08/2022',
      'Tử số316',
      'Mẫu số400',
      'Quyết định 766/QĐ-TTg – Nhóm 2, chỉ số 2.1',
      'ban hành 23/06/2022',
      'Mẫu số bằng 0 tính là không áp dụng.',
      'số liệu được sửa',
      '81,50',
    ])
      expect(text).toContain(part)
    const link = screen.getByText('Câu trả lời đầy đủ của API (JSON)')
    expect(link.getAttribute('href')).toBe('/v1/indicators/d766-2.1/values/15/2026-11/explain')
  })

  it('says why a case is not counted, and reads further cases when asked', async () => {
    const late = dossier('HS-1', { inNumerator: false, notInNumerator: 'late' })
    const asked = gateway({
      [FIRST]: explanation(
        { kind: 'cases', caseKind: 'dossier', items: [late] },
        { next: 'http://10.0.0.7/v1/more?cursor=x' },
      ),
      '/v1/more?cursor=x': explanation({ kind: 'cases', caseKind: 'dossier', items: [dossier('HS-2')] }),
    })
    drawer()
    const row = (await screen.findByText('HS-1')).closest('tr')
    expect(within(row as HTMLElement).getByText('quá hạn')).toBeTruthy()
    // The procedure has a name, the agency has none; the codes are a tooltip.
    expect(within(row as HTMLElement).getByText('ubnd · Đăng ký khai sinh').title).toBe('ubnd · khai-sinh')
    await userEvent.setup().click(screen.getByText('Hiện thêm'))
    expect(await screen.findByText('HS-2')).toBeTruthy()
    expect(screen.getByText('HS-1')).toBeTruthy()
    expect(screen.queryByText('Hiện thêm')).toBeNull()
    expect(asked.filter((url) => url !== '/v1/session')).toEqual([FIRST, '/v1/more?cursor=x'])
  })

  it('leads on from an area to its deciding station', async () => {
    const station = {
      ...card({ subject: { kind: 'thing', key: 'demo/a', name: 'Trạm A', nameEn: null } }),
      used: true,
      decisive: true,
    }
    gateway({ [FIRST]: explanation({ kind: 'things', combine: 'max', items: [station] }) })
    const onWhy = drawer()
    await userEvent.setup().click(await screen.findByText('Trạm A'))
    expect(screen.getByText('quyết định')).toBeTruthy()
    expect(onWhy).toHaveBeenCalledExactlyOnceWith({
      indicator: 'd766-2.1',
      subject: 'thing:demo/a',
      period: '2026-11',
    })
  })

  it('shows what was excluded and corrected among readings, and what the formula found', async () => {
    gateway({
      [FIRST]: explanation(
        {
          kind: 'readings',
          datastreams: [{ key: 'demo/a/pm2_5', property: 'pm2_5', unit: 'µg/m³' }],
          hidden: 1,
          granularity: '1h',
          start: '2026-11-20T20:00:00Z',
          end: '2026-11-21T03:00:00Z',
          items: [],
          excluded: [
            { reason: 'quality-bad', count: 4 },
            { reason: 'not-a-number', count: 0 },
          ],
          corrections: [
            {
              datastream: 'demo/a/pm2_5',
              phenomenonTime: '2026-11-21T02:00:00Z',
              was: 900.5,
              isNow: 90.5,
              replacedAt: '2026-11-21T02:30:00Z',
            },
          ],
        },
        {
          details: {
            dominant: 'pm2_5',
            subIndices: { pm2_5: 104 },
            concentrations: { pm2_5: 52.3 },
            novel: 7,
          },
        },
      ),
    })
    drawer()
    await screen.findByTestId('explained-value')
    const text = screen.getByTestId('explanation').textContent ?? ''
    for (const part of [
      'Số đo không tính: 4 chất lượng không đạt',
      '900,5',
      '90,5',
      '1 chuỗi dữ liệu không được xem.',
      'Chất quyết địnhPM2.5',
      '52,3',
      'novel7',
    ])
      expect(text).toContain(part)
    expect(text).not.toContain('không phải số')
  })

  it('tells when there is no such figure', async () => {
    gateway({})
    drawer()
    expect((await screen.findByRole('alert')).textContent).toContain('Không còn dữ liệu này.')
  })
})
