import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { ApiError } from '../src/api/client'
import { IntegrationView } from '../src/views/integration/IntegrationView'
import {
  firstMapping,
  inForm,
  keyOf,
  keysText,
  lackOf,
  readKeys,
} from '../src/views/integration/imports/mappingModel'
import type { ImportDetail, Mapping, Preview, Report } from '../src/views/integration/imports/types'
import { SMALLEST_PIECE, uploadFile, type Line } from '../src/views/integration/imports/uploading'
import { operator } from './session'
import { fakeGateway, page, showView, type Sent } from './views'

afterEach(() => vi.unstubAllGlobals())

const MIB = 1024 * 1024
const FILE = new File([new Uint8Array(5 * MIB)], 'trạm.csv')

function lineOf(
  answers: (number | Error)[],
  there: () => number,
  took: (piece: number) => number = () => 100,
) {
  const pieces: [number, number][] = []
  const waits: number[] = []
  let clock = 0
  const line: Line = {
    send: (offset, piece) => {
      pieces.push([offset, piece.size])
      clock += took(piece.size)
      const answer = answers.shift() ?? offset + piece.size
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
    },
    received: () => Promise.resolve(there()),
    wait: (ms) => {
      waits.push(ms)
      return Promise.resolve()
    },
    now: () => clock,
  }
  return { line, pieces, waits }
}

const following = (signal = new AbortController().signal) => {
  const trouble: boolean[] = []
  return { onProgress: () => undefined, onTrouble: (is: boolean) => trouble.push(is), signal, trouble }
}

describe('uploading in pieces', () => {
  it('sends larger pieces on a quick line', async () => {
    const { line, pieces } = lineOf([], () => 0)
    await uploadFile(FILE, 0, line, following())
    expect(pieces).toEqual([
      [0, MIB],
      [MIB, 2 * MIB],
      [3 * MIB, 2 * MIB],
    ])
  })

  it('goes on after a lost connection where the gateway is, with smaller pieces', async () => {
    const lost = new ApiError(0, 'network')
    const { line, pieces, waits } = lineOf(
      [lost, lost],
      () => 3 * MIB,
      () => 5_000,
    )
    const seen = following()
    await uploadFile(FILE, 0, line, seen)
    expect(pieces.slice(0, 3)).toEqual([
      [0, MIB],
      [3 * MIB, MIB / 2],
      [3 * MIB, MIB / 4],
    ])
    expect(waits).toEqual([500, 1000])
    expect(seen.trouble.slice(0, 3)).toEqual([true, true, false])
    expect(pieces.every(([offset, size]) => size >= SMALLEST_PIECE || offset + size === FILE.size)).toBe(true)
  })

  it('asks where it is when the offset is wrong, and gives up what is refused', async () => {
    const wrong = new ApiError(409, 'x', null, 'import-offset')
    const { line, pieces, waits } = lineOf([wrong], () => 4 * MIB)
    await uploadFile(FILE, 0, line, following())
    expect(pieces[1]).toEqual([4 * MIB, MIB])
    expect(waits).toEqual([])
    const ended = new ApiError(409, 'x', null, 'import-state')
    await expect(uploadFile(FILE, 0, lineOf([ended], () => 0).line, following())).rejects.toBe(ended)
  })

  it('stops when it is told to', async () => {
    const control = new AbortController()
    const { line, pieces } = lineOf([], () => 0)
    const stopping = { ...following(control.signal), onProgress: () => control.abort() }
    await expect(uploadFile(FILE, 0, line, stopping)).rejects.toThrow()
    expect(pieces).toHaveLength(1)
  })
})

const PROPOSED: Mapping = {
  provider: 'kttv',
  time: { column: 'Ngày', format: 'day-first', zone: 'Asia/Ho_Chi_Minh' },
  numbers: { decimal: ',', thousands: '' },
  values: { form: 'wide', thing: { column: 'Trạm', keys: {} }, columns: { 'PM2.5': { property: 'pm2_5' } } },
}
const PREVIEW: Preview = {
  findings: [
    { what: 'kind', value: 'csv', reason: { code: 'first-bytes', values: {}, detail: 'by its first bytes' } },
  ],
  sheets: [],
  columns: [
    { name: 'Ngày', type: 'date', examples: ['01/03/2026'] },
    { name: 'Trạm', type: 'text', examples: ['Cốc Lếu'] },
    { name: 'PM2.5', type: 'number', examples: ['23,5'] },
  ],
  rows: [{ line: 2, cells: ['01/03/2026', 'Cốc Lếu', '23,5'] }],
  proposal: {
    mapping: PROPOSED,
    reasons: [{ code: 'time', values: { column: 'Ngày', example: '01/03/2026' }, detail: 'the time' }],
    unsure: [
      { code: 'no-offset', values: { zone: 'Asia/Ho_Chi_Minh' }, detail: 'times state no offset' },
      { code: 'of-tomorrow', values: {}, detail: 'a newer server says this' },
    ],
  },
  proposalMissing: null,
  earlier: null,
}

describe('the mapping', () => {
  it('begins with the last one, else with what is proposed, else with a guess', () => {
    const earlier = { ...PROPOSED, numbers: {} }
    expect(firstMapping({ ...PREVIEW, earlier })).toBe(earlier)
    expect(firstMapping(PREVIEW)).toBe(PROPOSED)
    const guess = firstMapping({ ...PREVIEW, proposal: null })
    expect(guess.time.column).toBe('Ngày')
    expect(guess.values).toMatchObject({ form: 'wide', columns: { 'PM2.5': { property: 'pm2_5' } } })
  })

  it('changes its form, and says what is missing', () => {
    const long = inForm(PROPOSED, 'long', PREVIEW.columns)
    expect(long.values).toMatchObject({ form: 'long', thing: { column: 'Trạm' }, result: 'PM2.5' })
    expect(lackOf(long)).toBeNull()
    expect(lackOf({ ...PROPOSED, time: { column: '' } })).toBe('import.lackTime')
    expect(lackOf({ ...PROPOSED, values: { form: 'wide', columns: {} } })).toBe('import.lackColumns')
    expect(lackOf({ ...PROPOSED, values: { form: 'wide', columns: { a: { property: 'a' } } } })).toBe(
      'import.lackThing',
    )
    expect(lackOf({ ...long, values: { form: 'long', result: '' } })).toBe('import.lackResult')
  })

  it('makes keys of names', () => {
    expect(keyOf('Nhiệt độ không khí (°C)')).toBe('nhiet_do_khong_khi')
    expect(keyOf('(°C)')).toBe('value')
    const keys = { 'Cầu Cốc Lếu': 'coc-leu', 'a = b': 'c' }
    expect(readKeys(keysText(keys))).toEqual(keys)
    expect(readKeys('half\n = x\n')).toEqual({})
  })
})

const PROVIDER = { key: 'kttv', name: 'Đài Khí tượng', disabled: false, things: 2, datastreams: 5 }
const INTEGRATOR = operator({ username: 'an', role: 'integrator', providers: ['kttv'] })
const BASE = '/v1/provider/kttv/imports'
const one = (change: Partial<ImportDetail>): ImportDetail => ({
  id: 7,
  name: 'trạm.csv',
  size: 1000,
  received: 1000,
  state: 'ready',
  createdAt: '2026-07-01T01:00:00Z',
  createdBy: 'an',
  startedAt: null,
  endedAt: null,
  expiresAt: null,
  hasMapping: false,
  errorBytes: 0,
  progress: null,
  fault: null,
  check: null,
  report: null,
  ...change,
})
const REPORT: Report = {
  rows: 4,
  blankRows: 0,
  observations: 2,
  missing: 0,
  accepted: 0,
  faults: 2,
  problems: [
    { code: 'number-invalid', column: 'PM2.5', count: 2, detail: "'nhiều' is no number", lines: [3, 9] },
  ],
  datastreams: ['kttv/coc-leu/pm2_5'],
  datastreamCount: 1,
  firstTime: null,
  lastTime: null,
  seconds: 0.1,
}

function show(now: ImportDetail, more: Record<string, unknown> = {}) {
  const sent = fakeGateway(
    {
      '/v1/provider': page([PROVIDER]),
      [BASE]: page([now]),
      [`${BASE}/7`]: now,
      [`${BASE}/7/preview`]: PREVIEW,
      ...more,
    },
    INTEGRATOR,
  )
  showView(
    <IntegrationView
      search={{ tab: 'files', provider: null, webhook: null, file: '7' }}
      onSearch={() => undefined}
    />,
  )
  return sent
}

const changes = (sent: Sent[]) =>
  sent.filter(({ method }) => method !== 'GET').map(({ method, url }) => `${method} ${url}`)

describe('files', () => {
  it('shows the first rows and the proposal, and sends what was changed before it checks', async () => {
    const sent = show(one({}), {
      [`PUT ${BASE}/7/mapping`]: PROPOSED,
      [`POST ${BASE}/7/check`]: one({ state: 'checking' }),
    })
    const table = await screen.findByTestId('preview')
    expect(within(table).getByText('Cốc Lếu')).toBeTruthy()
    expect(screen.getByTestId('unsure').textContent).toBe(
      'Thời gian không ghi múi giờ: coi là giờ Asia/Ho_Chi_Minh.a newer server says this',
    )
    expect(screen.getByText('“Ngày” là thời gian: ô có dạng “01/03/2026”')).toBeTruthy()
    const property = screen.getByLabelText('Mã đại lượng của PM2.5')
    expect((property as HTMLInputElement).value).toBe('pm2_5')
    await userEvent.clear(property)
    expect(await screen.findByText(/ít nhất một cột số đo/)).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Nhập' })).toHaveProperty('disabled', true)
    await userEvent.type(property, 'pm10')
    await userEvent.selectOptions(screen.getByLabelText('Dấu thập phân'), '.')
    await userEvent.click(screen.getByRole('button', { name: 'Kiểm tra, chưa gửi' }))
    await waitFor(() => expect(changes(sent)).toEqual([`PUT ${BASE}/7/mapping`, `POST ${BASE}/7/check`]))
    const put = sent.find(({ method }) => method === 'PUT')
    expect(put?.body).toMatchObject({
      provider: 'kttv',
      numbers: { decimal: '.' },
      values: { columns: { 'PM2.5': { property: 'pm10' } }, thing: { column: 'Trạm' } },
    })
  })

  it('tells what a check found, by line, with the file of errors', async () => {
    show(one({ hasMapping: true, check: REPORT, errorBytes: 10 }), { [`${BASE}/7/mapping`]: PROPOSED })
    const row = await screen.findByTestId('problem-row')
    expect(row.textContent).toContain('Không phải số')
    expect(row.textContent).toContain('3, 9')
    expect(screen.getByText('Tải tệp lỗi (CSV)').getAttribute('href')).toBe(`${BASE}/7/errors`)
  })

  it('says how far it is while it runs, and that it waits', async () => {
    show(
      one({
        state: 'importing',
        progress: {
          done: 50,
          size: 100,
          rows: 500,
          observations: 500,
          accepted: 490,
          faults: 10,
          rowsPerSecond: 100,
        },
        fault: { step: 'import', code: 'ingest-away', detail: 'no answer', waits: true },
      }),
    )
    const figures = await screen.findByTestId('import-figures')
    expect(figures.textContent).toContain('490')
    expect(figures.textContent).toContain('5 giây')
    expect(screen.getByRole('progressbar')).toHaveProperty('value', 50)
    expect(screen.getByText(/sẽ tự thử lại/)).toBeTruthy()
  })

  it('uploads a dropped file in pieces, and goes on with one that was half uploaded', async () => {
    const half = one({ state: 'uploading', received: 4, size: 10 })
    const sent = show(half, {
      [`PUT ${BASE}/7/content`]: () => ({ body: one({ state: 'looking', size: 10, received: 10 }) }),
    })
    await screen.findByTestId('import-row')
    const drop = screen.getByLabelText('Kéo tệp vào đây, hoặc chọn tệp')
    fireEvent.change(drop, { target: { files: [new File(['0123456789'], 'trạm.csv')] } })
    await waitFor(() => expect(changes(sent)).toEqual([`PUT ${BASE}/7/content?offset=4`]))
    expect(sent.find(({ method }) => method === 'PUT')?.headers['X-CSRF-Token']).toBeTruthy()
  })

  it('does not mix two files', async () => {
    const sent = show(one({ state: 'uploading', received: 4, size: 10 }))
    const again = await screen.findByLabelText('Tiếp tục: chọn lại tệp này')
    fireEvent.change(again, { target: { files: [new File(['0123'], 'khác.csv')] } })
    expect(await screen.findByText(/Đó là tệp khác/)).toBeTruthy()
    expect(changes(sent)).toEqual([])
  })
})
