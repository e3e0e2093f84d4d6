import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { IntegrationView } from '../src/views/integration/IntegrationView'
import { lineOf } from '../src/views/integration/lines'
import type { IntegrationTab } from '../src/views/integration/search'
import { byKey, daysOf, sizeOf } from '../src/views/integration/usage'
import type { Usage } from '../src/views/integration/types'
import { operator } from './session'
import { fakeGateway, page, showView } from './views'

afterEach(() => vi.unstubAllGlobals())

const LIMITS = { observationsPerDay: 1000, bytesPerDay: null, requestsPerMinute: null }
const PROVIDER = {
  key: 'kttv',
  name: 'Đài Khí tượng',
  contact: '',
  autoRegister: true,
  disabled: false,
  limits: LIMITS,
  things: 2,
  datastreams: 5,
}
const row = (day: string, keyId: string, accepted: number, refused: Record<string, number> = {}) => ({
  day,
  keyId,
  keyName: keyId === 'mqtt' ? null : 'trạm',
  requests: 1,
  accepted,
  bytes: 2048,
  refused,
  lastUsedAt: `${day}T01:00:00Z`,
})
const USAGE: Usage = {
  today: '2026-07-02',
  limits: LIMITS,
  items: [
    row('2026-07-02', 'aaa', 7, { 'result-type': 2 }),
    row('2026-07-01', 'mqtt', 5),
    row('2026-07-01', 'aaa', 1),
  ],
}
const INTEGRATOR = operator({ username: 'an', role: 'integrator', providers: ['kttv'] })

function show(tab: IntegrationTab) {
  showView(
    <IntegrationView
      search={{ tab, provider: null, webhook: null, file: null }}
      onSearch={() => undefined}
    />,
  )
}

describe('lines of a pasted body', () => {
  const array = '[\n  {"a": "}],{", "b": [1, 2]},\n\n  {"a": 1},\n  5\n]'

  it.each([
    [0, 2],
    [1, 4],
    [2, 5],
  ])('item %i of an array begins on line %i', (index, line) => {
    expect(lineOf('observations', array, index)).toBe(line)
  })

  it('counts lines that are not blank where each holds one', () => {
    expect(lineOf('observations-ndjson', '{}\n\n{}\n{}', 1)).toBe(3)
  })

  it('takes the line itself of line protocol, and the beginning of a single object', () => {
    expect(lineOf('influx', 'a f=1\nb', 1)).toBe(2)
    expect(lineOf('chirpstack', '\n{"a": [1]}', 0)).toBe(2)
  })

  it('survives what is no JSON', () => {
    expect(lineOf('observations', '"', 3)).toBe(1)
    expect(lineOf('observations', '', 3)).toBe(1)
  })
})

describe('sums of usage', () => {
  it('has a place for every day, also without anything', () => {
    expect(daysOf(USAGE, 3)).toEqual([
      { day: '2026-06-30', accepted: 0, refused: 0 },
      { day: '2026-07-01', accepted: 6, refused: 0 },
      { day: '2026-07-02', accepted: 7, refused: 2 },
    ])
  })

  it('sums each key, the one used last first', () => {
    expect(byKey(USAGE).map(({ keyId, accepted, refused }) => [keyId, accepted, refused])).toEqual([
      ['aaa', 8, [['result-type', 2]]],
      ['mqtt', 5, []],
    ])
  })

  it('says sizes as people do', () => {
    const format = { count: (value: number) => String(value) }
    expect([0, 1023, 2048, 5 * 1024 ** 3].map((bytes) => sizeOf(bytes, format))).toEqual([
      '0 B',
      '1023 B',
      '2 KiB',
      '5 GiB',
    ])
  })
})

describe('integration', () => {
  it('is for those who manage a provider', async () => {
    fakeGateway({}, operator({ role: 'viewer' }))
    show('usage')
    expect(await screen.findByText(/thành viên của một nhà cung cấp/)).toBeTruthy()
  })

  it('shows what was sent, and what may be', async () => {
    fakeGateway({ '/v1/provider': page([PROVIDER]), '/v1/provider/kttv/usage': USAGE }, INTEGRATOR)
    show('usage')
    const facts = await screen.findAllByTestId('usage-fact')
    expect(facts.map((fact) => fact.textContent)).toEqual(['7', '2 KiB', '1', '2'])
    expect(screen.getByText('hạn mức 1.000')).toBeTruthy()
    const rows = screen.getAllByTestId('usage-row')
    expect(within(rows[1] as HTMLElement).getByText('Qua MQTT')).toBeTruthy()
  })

  it('points from each reason to its line, and sends the text as it is', async () => {
    const report = {
      dryRun: true,
      accepted: 1,
      refused: 1,
      rejected: [
        { index: 1, code: 'result-type', detail: 'số' },
        { index: 1, code: 'time-in-future', detail: 'muộn' },
      ],
      reasonsLeftOut: 0,
      datastreams: [
        { datastream: 'kttv/a/b', registered: false, observationType: 'x', unit: 'Cel', items: 1 },
      ],
      items: [],
    }
    const bodies: unknown[] = []
    fakeGateway({ '/v1/provider': page([PROVIDER]) }, INTEGRATOR)
    const answering = globalThis.fetch
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      if (!url.startsWith('/v1/provider/kttv/sandbox')) return answering(url, init)
      bodies.push([url, init.body])
      return Promise.resolve(Response.json(report))
    })
    show('sandbox')
    const user = userEvent.setup()
    const body = await screen.findByLabelText('Nội dung sẽ gửi')
    await user.click(body)
    await user.paste('[\n{},\n{}\n]')
    await user.selectOptions(screen.getByLabelText('Định dạng'), 'senml')
    await user.click(screen.getByRole('button', { name: 'Kiểm tra' }))
    const rows = await screen.findAllByTestId('reason-row')
    expect(rows.map((one) => within(one).getByRole('rowheader').textContent)).toEqual(['Dòng 3', 'Dòng 3'])
    expect(screen.getByText('sẽ đăng ký mới')).toBeTruthy()
    expect(bodies).toEqual([['/v1/provider/kttv/sandbox?format=senml', '[\n{},\n{}\n]']])
  })

  it('makes a webhook and shows its secret once', async () => {
    const webhook = {
      id: 'abcdefghijkl',
      name: 'nhận',
      url: 'https://example.vn/hook',
      events: ['indicator-values'],
      indicators: ['aqi'],
      areas: [],
      bands: [],
      severities: [],
      state: 'active',
      failingSince: null,
      disabledAt: null,
      disabledReason: null,
      waiting: 0,
      failed: 0,
      lastDeliveredAt: null,
    }
    const sent = fakeGateway(
      {
        '/v1/provider': page([PROVIDER]),
        '/v1/provider/kttv/webhooks': { items: [] },
        'POST /v1/provider/kttv/webhooks': () => ({
          status: 201,
          body: { ...webhook, secret: 'whsec_abc' },
        }),
      },
      INTEGRATOR,
    )
    show('webhooks')
    const user = userEvent.setup()
    await user.click(await screen.findByRole('button', { name: 'Thêm webhook' }))
    const form = screen.getByRole('dialog')
    await user.type(within(form).getByLabelText('Tên'), 'nhận')
    await user.type(within(form).getByLabelText('Địa chỉ nhận'), 'https://example.vn/hook')
    await user.type(within(form).getByLabelText('Chỉ những chỉ số'), 'aqi, rain')
    await user.click(within(form).getByRole('button', { name: 'Tạo' }))
    expect((await screen.findByTestId('secret')).textContent).toBe('whsec_abc')
    await waitFor(() =>
      expect(sent.find(({ method }) => method === 'POST')?.body).toMatchObject({
        indicators: ['aqi', 'rain'],
        events: ['indicator-values'],
      }),
    )
  })
})
