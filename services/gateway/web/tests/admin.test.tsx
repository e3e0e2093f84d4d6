import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { Audit } from '../src/views/admin/Audit'
import { Catalogue } from '../src/views/admin/Catalogue'
import { DeadLetters } from '../src/views/admin/DeadLetters'
import { Operators } from '../src/views/admin/Operators'
import { Periods } from '../src/views/admin/Periods'
import { Providers } from '../src/views/admin/Providers'
import { operator, TOKEN } from './session'
import { fakeGateway, page, showView } from './views'

afterEach(() => vi.unstubAllGlobals())

const ADMIN = operator({ username: 'lan', role: 'admin' })
const PROVIDER = {
  key: 'kttv',
  name: 'Đài Khí tượng',
  contact: '',
  autoRegister: false,
  limits: { observationsPerDay: null, bytesPerDay: null, requestsPerMinute: null },
  disabled: false,
  disabledAt: null,
  createdAt: '2026-01-01T00:00:00Z',
  activeKeys: 1,
  things: 12,
  version: 'v1',
}
const KEY = {
  id: 'k3v9a1m2n4b5',
  provider: 'kttv',
  name: 'Trạm Bảo Hà',
  scopes: ['write'],
  datastreamPrefixes: [],
  state: 'active',
  createdAt: '2026-01-01T00:00:00Z',
  createdBy: 'lan',
  expiresAt: null,
  revokedAt: null,
  revokedBy: null,
}
const PROVIDERS = {
  '/v1/admin/providers': page([PROVIDER]),
  '/v1/admin/providers/kttv/api-keys': page([KEY]),
  '/v1/admin/providers/kttv/members': page([]),
}
const AUDIT_SEARCH = { actor: '', action: '', object: '', from: '', to: '' }

describe('who may administer', () => {
  it('is an administrator; nothing is asked for anybody else', async () => {
    const sent = fakeGateway(PROVIDERS, operator())
    showView(<Providers search={{ provider: null }} onSearch={vi.fn()} />)
    expect(await screen.findByText('Phần này cần tài khoản quản trị viên.')).toBeTruthy()
    expect(sent.some(({ url }) => url.startsWith('/v1/admin'))).toBe(false)
  })
})

describe('keys', () => {
  it('are shown once, in a dialog that only its button closes', async () => {
    const sent = fakeGateway(
      {
        ...PROVIDERS,
        'POST /v1/admin/providers/kttv/api-keys': { ...KEY, key: 'fsp_k3v9a1m2n4b5_secret' },
      },
      ADMIN,
    )
    const user = userEvent.setup()
    showView(<Providers search={{ provider: 'kttv' }} onSearch={vi.fn()} />)
    await user.click(await screen.findByText('Tạo khóa'))
    await user.type(screen.getByLabelText('Dùng cho'), 'trạm mới')
    await user.type(screen.getByLabelText('Giới hạn ở các chuỗi bắt đầu bằng'), 'kttv/a/, kttv/b/')
    await user.click(screen.getByText('Tạo', { selector: 'button' }))
    expect((await screen.findByTestId('secret')).textContent).toBe('fsp_k3v9a1m2n4b5_secret')
    const post = sent.find(({ method }) => method === 'POST')
    expect(post?.body).toEqual({
      name: 'trạm mới',
      scopes: ['write'],
      datastreamPrefixes: ['kttv/a/', 'kttv/b/'],
      expiresAt: null,
    })
    expect(post?.headers['X-CSRF-Token']).toBe(TOKEN)
    await user.click(screen.getByLabelText('Đóng'))
    expect(screen.getByTestId('secret')).toBeTruthy()
    await user.click(screen.getByText('Tôi đã lưu'))
    expect(screen.queryByTestId('secret')).toBeNull()
  })

  it('are revoked after asking; what the server says when it refuses is shown', async () => {
    const sent = fakeGateway(
      {
        ...PROVIDERS,
        'DELETE /v1/admin/api-keys/k3v9a1m2n4b5': () => ({
          status: 409,
          body: { title: 'Conflict', detail: 'It is revoked already.' },
        }),
      },
      ADMIN,
    )
    const user = userEvent.setup()
    showView(<Providers search={{ provider: 'kttv' }} onSearch={vi.fn()} />)
    await user.click(await screen.findByText('Thu hồi'))
    expect(sent.some(({ method }) => method === 'DELETE')).toBe(false)
    await user.click(within(screen.getByRole('dialog')).getByText('Thu hồi', { selector: 'button' }))
    expect((await screen.findByRole('alert')).textContent).toBe('It is revoked already.')
    expect(screen.getByRole('dialog')).toBeTruthy()
  })
})

describe('providers', () => {
  it('are disabled on the version that was seen', async () => {
    const sent = fakeGateway({ ...PROVIDERS, 'PATCH /v1/admin/providers/kttv': PROVIDER }, ADMIN)
    const user = userEvent.setup()
    showView(<Providers search={{ provider: null }} onSearch={vi.fn()} />)
    await user.click(await screen.findByText('Ngừng'))
    await user.click(within(screen.getByRole('dialog')).getByText('Ngừng', { selector: 'button' }))
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    const patch = sent.find(({ method }) => method === 'PATCH')
    expect(patch).toMatchObject({ body: { disabled: true }, headers: { 'If-Match': '"v1"' } })
  })
})

describe('operators', () => {
  const account = {
    username: 'hoa',
    displayName: 'Trần Thị Hoa',
    role: 'operator',
    areaCodes: [],
    agencies: [],
    disabled: false,
    disabledAt: null,
    password: true,
    openIdConnect: null,
    totp: true,
    failedSignIns: 0,
    lockedUntil: null,
    lastSignInAt: null,
    passwordChangedAt: null,
    createdAt: '2026-01-01T00:00:00Z',
    version: 'v9',
  }

  it('are made with a password that is shown once', async () => {
    const sent = fakeGateway(
      {
        '/v1/admin/operators': page([account]),
        'POST /v1/admin/operators': { ...account, username: 'minh', generatedPassword: 'ruong bac thang' },
      },
      ADMIN,
    )
    const user = userEvent.setup()
    showView(<Operators />)
    await user.click(await screen.findByText('Thêm tài khoản'))
    await user.type(screen.getByLabelText('Tên đăng nhập'), 'minh')
    await user.click(screen.getByLabelText(/người xem/))
    await user.click(screen.getByText('Tạo', { selector: 'button' }))
    expect((await screen.findByTestId('secret')).textContent).toBe('ruong bac thang')
    expect(sent.find(({ method }) => method === 'POST')?.body).toMatchObject({
      username: 'minh',
      role: 'viewer',
      areaCodes: [],
      agencies: [],
      generatePassword: true,
    })
  })

  it('lose their second factor only after a question', async () => {
    const sent = fakeGateway(
      { '/v1/admin/operators': page([account]), 'PATCH /v1/admin/operators/hoa': account },
      ADMIN,
    )
    const user = userEvent.setup()
    showView(<Operators />)
    await user.selectOptions(await screen.findByLabelText('Thao tác khác với hoa'), 'resetTotp')
    const dialog = await screen.findByRole('dialog')
    await user.click(within(dialog).getByText('Xóa xác thực hai bước', { selector: 'button' }))
    await waitFor(() =>
      expect(sent.find(({ method }) => method === 'PATCH')?.body).toEqual({ resetTotp: true }),
    )
  })
})

describe('the audit trail', () => {
  it('says what was done in words and keeps the name of the action', async () => {
    fakeGateway(
      {
        '/v1/admin/audit': page([
          {
            id: 1,
            at: '2026-11-26T01:00:00Z',
            actor: 'lan',
            action: 'period.closed',
            object: 'period/2026-10',
            details: { values: 4210 },
            client: '10.0.0.1',
          },
        ]),
      },
      ADMIN,
    )
    showView(<Audit search={AUDIT_SEARCH} onSearch={vi.fn()} />)
    const row = await screen.findByTestId('audit-row')
    expect(row.textContent).toContain('08:00:00 26/11/2026')
    expect(row.textContent).toContain('Khóa sổ')
    expect(row.textContent).toContain('period.closed')
    await userEvent.setup().click(within(row).getByText('Chi tiết'))
    expect(row.textContent).toContain('4210')
  })
})

describe('closing a period', () => {
  const close = {
    period: '2026-10',
    kind: 'month',
    start: '2026-09-30T17:00:00Z',
    end: '2026-10-31T17:00:00Z',
    closedAt: '2026-11-02T03:00:00Z',
    closedBy: 'lan',
    note: 'Báo cáo',
    values: 4210,
    restatements: 0,
    previous: '0'.repeat(64),
    digest: 'a'.repeat(64),
  }

  it('needs its name to be typed, and tells why the server refuses', async () => {
    const sent = fakeGateway(
      {
        '/v1/periods': page([close]),
        'POST /v1/periods/2026-09/close': () => ({
          status: 503,
          body: { title: 'Still evaluating', detail: 'Data wait to be evaluated.' },
        }),
      },
      ADMIN,
    )
    const user = userEvent.setup()
    showView(<Periods search={{ period: null }} onSearch={vi.fn()} />)
    const field = await screen.findByLabelText('Kỳ')
    await user.clear(field)
    await user.type(field, '2026-09')
    await user.click(screen.getByText('Khóa sổ', { selector: 'button' }))
    const dialog = await screen.findByRole('dialog')
    const confirm = within(dialog).getByText('Khóa sổ', { selector: 'button' }) as HTMLButtonElement
    expect(confirm.disabled).toBe(true)
    await user.type(within(dialog).getByLabelText('Gõ 2026-09 để xác nhận'), '2026-09')
    await user.click(confirm)
    expect((await within(dialog).findByRole('alert')).textContent).toBe('Data wait to be evaluated.')
    expect(sent.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  it('is verified on request, and a broken chain is named', async () => {
    fakeGateway(
      {
        '/v1/periods': page([close]),
        '/v1/periods/2026-10/verify': {
          period: '2026-10',
          ok: false,
          values: 4210,
          digest: 'b',
          broken: { what: 'changed-row', detail: 'Row 17 was changed.' },
        },
      },
      ADMIN,
    )
    showView(<Periods search={{ period: null }} onSearch={vi.fn()} />)
    await userEvent.setup().click(await screen.findByText('Kiểm chứng'))
    expect(await screen.findByText(/Row 17 was changed/)).toBeTruthy()
  })
})

describe('dead letters', () => {
  it('show the reason and are sent again after asking', async () => {
    const letter = {
      id: 900,
      receivedAt: '2026-11-26T01:00:00Z',
      provider: 'kttv',
      kind: 'observation',
      code: 'not-a-number',
      detail: 'result: a number is expected.',
      replayable: true,
      replay: null,
      payload: { result: 'n/a' },
      payloadText: null,
      payloadComplete: true,
      door: null,
      payloadForm: 'json',
      context: {},
    }
    const sent = fakeGateway(
      {
        '/v1/admin/dead-letters': page([letter]),
        '/v1/admin/dead-letters/900': letter,
        'POST /v1/admin/dead-letters/900/replay': letter,
      },
      ADMIN,
    )
    const user = userEvent.setup()
    showView(
      <DeadLetters search={{ code: '', provider: '', from: '', to: '', letter: '900' }} onSearch={vi.fn()} />,
    )
    const drawer = await screen.findByTestId('dead-letter-drawer')
    expect(await within(drawer).findByText(/"result": "n\/a"/)).toBeTruthy()
    await user.click(within(drawer).getByText('Gửi lại'))
    const dialogs = await screen.findAllByRole('dialog')
    await user.click(within(dialogs.at(-1) as HTMLElement).getByText('Gửi lại', { selector: 'button' }))
    await waitFor(() => expect(sent.some(({ url }) => url.endsWith('/900/replay'))).toBe(true))
  })
})

describe('a dead letter that was sent wrong', () => {
  it('is sent again as it was corrected, once that is JSON', async () => {
    const letter = {
      id: 901,
      receivedAt: '2026-11-26T01:00:00Z',
      provider: 'kttv',
      kind: 'observation',
      code: 'result-type',
      detail: 'a result of type string does not fit it',
      replayable: true,
      replay: null,
      payload: { result: 'n/a' },
      payloadText: null,
      payloadComplete: true,
      door: null,
      payloadForm: 'json',
      context: {},
    }
    const sent = fakeGateway(
      {
        '/v1/admin/dead-letters': page([letter]),
        '/v1/admin/dead-letters/901': letter,
        'POST /v1/admin/dead-letters/901/replay': letter,
      },
      ADMIN,
    )
    const user = userEvent.setup()
    showView(
      <DeadLetters search={{ code: '', provider: '', from: '', to: '', letter: '901' }} onSearch={vi.fn()} />,
    )
    const drawer = await screen.findByTestId('dead-letter-drawer')
    await user.click(await within(drawer).findByText('Sửa nội dung…'))
    const editor = within(drawer).getByTestId('payload-edit')
    await user.clear(editor)
    await user.type(editor, '{{"result": 2')
    const send = within(drawer).getByText<HTMLButtonElement>('Gửi bản đã sửa')
    expect(send.disabled).toBe(true)
    await user.type(editor, '3.5}')
    await user.click(send)
    const dialogs = await screen.findAllByRole('dialog')
    await user.click(within(dialogs.at(-1) as HTMLElement).getByText('Gửi lại', { selector: 'button' }))
    await waitFor(() =>
      expect(sent.find(({ url }) => url.endsWith('/901/replay'))?.body).toEqual({
        payload: { result: 23.5 },
      }),
    )
  })
})

describe('a line that was refused', () => {
  it('is corrected as text, and goes back to its door', async () => {
    const letter = {
      id: 902,
      receivedAt: '2026-11-26T01:00:00Z',
      provider: 'kttv',
      kind: 'observation',
      door: 'influx',
      code: 'invalid-line',
      detail: "'23,4' is no value",
      replayable: true,
      replay: null,
      payload: 'air,station=tram-1 pm2_5=23,4',
      payloadText: null,
      payloadComplete: true,
      payloadForm: 'text',
      context: { precision: 's' },
    }
    const sent = fakeGateway(
      {
        '/v1/admin/dead-letters': page([letter]),
        '/v1/admin/dead-letters/902': letter,
        'POST /v1/admin/dead-letters/902/replay': letter,
      },
      ADMIN,
    )
    const user = userEvent.setup()
    showView(
      <DeadLetters search={{ code: '', provider: '', from: '', to: '', letter: '902' }} onSearch={vi.fn()} />,
    )
    const drawer = await screen.findByTestId('dead-letter-drawer')
    expect(await within(drawer).findByText('precision: s')).toBeTruthy()
    expect(within(drawer).getByText('air,station=tram-1 pm2_5=23,4')).toBeTruthy()
    await user.click(within(drawer).getByText('Sửa nội dung…'))
    const editor = within(drawer).getByTestId('payload-edit')
    await user.clear(editor)
    expect(within(drawer).getByText<HTMLButtonElement>('Gửi bản đã sửa').disabled).toBe(true)
    await user.type(editor, 'air,station=tram-1 pm2_5=23.4')
    await user.click(within(drawer).getByText('Gửi bản đã sửa'))
    const dialogs = await screen.findAllByRole('dialog')
    await user.click(within(dialogs.at(-1) as HTMLElement).getByText('Gửi lại', { selector: 'button' }))
    await waitFor(() =>
      expect(sent.find(({ url }) => url.endsWith('/902/replay'))?.body).toEqual({
        payload: 'air,station=tram-1 pm2_5=23.4',
      }),
    )
  })
})

describe('the catalogue', () => {
  it('finds a definition without tone marks and marks what waits too long', async () => {
    const definition = (id: string, vi_: string) => ({
      id,
      version: 1,
      names: { vi: vi_, en: id },
      digest: 'd1e9a0c44f7b2c6d',
      lane: 'air',
      public: true,
      effectiveFrom: '2019-11-12',
      effectiveTo: null,
      syncedAt: '2026-11-20T00:00:00Z',
      retiredAt: null,
      evaluating: null,
    })
    fakeGateway(
      {
        '/v1/admin/catalogue': {
          at: '2026-11-26T01:00:00Z',
          definitions: [definition('rain-1h', 'Lượng mưa 1 giờ'), definition('vn-aqi', 'Không khí')],
          alertRules: [],
          lanes: [],
          queues: [{ name: 'cases', waiting: 10000, more: true, oldest: null, oldestSeconds: 140 }],
        },
      },
      ADMIN,
    )
    showView(<Catalogue search={{ q: 'luong mua' }} onSearch={vi.fn()} />)
    expect(await screen.findByText('Lượng mưa 1 giờ')).toBeTruthy()
    expect(screen.queryByText('Không khí')).toBeNull()
    expect(screen.getByText('2 phút').className).toContain('mark-warn')
    expect(screen.getByText(/10\.000/, { selector: 'td' }).textContent).toBe('10.000+')
  })
})
