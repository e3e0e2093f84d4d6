import { QueryClientProvider } from '@tanstack/react-query'
import { render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { AlertDrawer, figureOf } from '../src/alerts/AlertDrawer'
import { AlertPanel } from '../src/alerts/AlertPanel'
import { inOrder } from '../src/alerts/order'
import { createQueryClient } from '../src/api/queries'
import { I18nProvider } from '../src/i18n/I18n'
import { SessionProvider } from '../src/operator/session'
import { alert, alertDetail } from './figures'
import { operator, sessionAnswer, TOKEN } from './session'

const NOW = Date.parse('2026-11-21T03:00:00Z')
const GOOD = { username: 'mai', password: 'mật khẩu' }

interface Sent {
  url: string
  init: RequestInit & { headers: Record<string, string> }
}

afterEach(() => vi.unstubAllGlobals())

/** A gateway with one alert; it knows one operator. */
function gateway({ refuse }: { refuse?: number } = {}) {
  const sent: Sent[] = []
  let detail = alertDetail()
  vi.stubGlobal('fetch', (url: string, init: Sent['init']) => {
    sent.push({ url, init })
    if (url === '/v1/session') {
      if (init.method !== 'POST') return Promise.resolve(Response.json(sessionAnswer()))
      const good = JSON.stringify(GOOD) === init.body
      return Promise.resolve(
        good
          ? Response.json(sessionAnswer(operator()))
          : Response.json({ title: 'Unauthorized', code: 'wrong-credentials' }, { status: 401 }),
      )
    }
    if (init.method === 'POST') {
      if (refuse)
        return Promise.resolve(Response.json({ title: 'The alert has changed' }, { status: refuse }))
      const { note } = JSON.parse(init.body as string) as { note: string }
      const at = '2026-11-21T03:00:00Z'
      detail = alertDetail({
        state: 'acknowledged',
        version: 2,
        history: [...detail.history, { id: 11, at, kind: 'acknowledged', actor: 'mai', note, details: {} }],
      })
      return Promise.resolve(Response.json(detail))
    }
    if (url === '/v1/alerts/1') return Promise.resolve(Response.json(detail))
    return Promise.resolve(Response.json({ items: [detail], next: null }))
  })
  return sent
}

function page(content: React.ReactNode) {
  return render(
    <QueryClientProvider client={createQueryClient()}>
      <I18nProvider language="vi">
        <SessionProvider>{content}</SessionProvider>
      </I18nProvider>
    </QueryClientProvider>,
  )
}

const drawer = (onWhy = vi.fn()) => <AlertDrawer id={1} onWhy={onWhy} onClose={() => undefined} />

async function signIn(user: ReturnType<typeof userEvent.setup>, name: string, password: string) {
  await user.click(await screen.findByText('Đăng nhập để xử lý'))
  expect(document.activeElement).toBe(screen.getByLabelText('Tên đăng nhập'))
  await user.type(screen.getByLabelText('Tên đăng nhập'), name)
  await user.type(screen.getByLabelText('Mật khẩu'), password)
  await user.keyboard('{Enter}')
}

describe('the order of alerts', () => {
  it('is the gravest first, then what nobody looks after, then the newest', () => {
    const alerts = [
      alert(1, { severity: 'info' }),
      alert(2, { state: 'acknowledged', severity: 'serious' }),
      alert(3, { severity: 'serious', startedAt: '2026-11-20T00:00:00Z' }),
      alert(4, { severity: 'serious' }),
      alert(5, { severity: 'critical', state: 'acknowledged' }),
    ]
    expect(inOrder(alerts).map((one) => one.id)).toEqual([5, 4, 3, 2, 1])
  })
})

describe('the panel', () => {
  it('says how grave, what, where and since when', async () => {
    gateway()
    const onAlert = vi.fn()
    page(<AlertPanel now={NOW} areaNames={new Map([['02647', 'Phường Lào Cai']])} onAlert={onAlert} />)
    const row = await screen.findByTestId('alert-row')
    for (const text of [
      'Cảnh báo',
      'mực nước đạt báo động 1',
      'từ 2 giờ trước',
      'chưa ai nhận',
      'Phường Lào Cai',
    ])
      expect(row.textContent).toContain(text)
    expect(screen.getByTestId('alert-count').textContent).toBe('1 chưa xử lý')
    await userEvent.setup().click(row)
    expect(onAlert).toHaveBeenCalledExactlyOnceWith(1)
  })
})

describe('acting on an alert', () => {
  it('needs an operator, whose wrong password is told and whose good one acts on the version seen', async () => {
    const sent = gateway()
    const user = userEvent.setup()
    page(drawer())
    await signIn(user, 'mai', 'sai')
    expect((await screen.findByRole('alert')).textContent).toBe('Sai tên hoặc mật khẩu.')
    await user.clear(screen.getByLabelText('Mật khẩu'))
    await user.type(screen.getByLabelText('Mật khẩu'), 'mật khẩu{Enter}')

    await user.type(await screen.findByLabelText('Ghi chú'), 'đang đến')
    await user.click(screen.getByText('Nhận xử lý'))

    await waitFor(() => expect(screen.getByTestId('alert-state').dataset['alertState']).toBe('acknowledged'))
    expect(screen.getByText('đang đến', { selector: '.history-note' })).toBeTruthy()
    expect(screen.queryByText('Nhận xử lý', { selector: 'button' })).toBeNull()
    const posts = sent.filter((one) => one.init.method === 'POST' && one.url !== '/v1/session')
    expect(posts).toHaveLength(1)
    expect(posts[0]?.url).toBe('/v1/alerts/1/acknowledge')
    expect(posts[0]?.init.headers).toMatchObject({ 'X-CSRF-Token': TOKEN, 'If-Match': '"1"' })
    expect(posts[0]?.init.credentials).toBe('same-origin')
  })

  it('tells when somebody was faster, and keeps the note', async () => {
    gateway({ refuse: 412 })
    const user = userEvent.setup()
    page(drawer())
    await signIn(user, 'mai', 'mật khẩu')
    await user.type(await screen.findByLabelText('Ghi chú'), 'xong')
    await user.click(screen.getByText('Kết thúc', { selector: 'button' }))
    expect((await screen.findByRole('alert')).textContent).toContain('Có người vừa thay đổi')
    expect((screen.getByLabelText('Ghi chú') as HTMLTextAreaElement).value).toBe('xong')
  })

  it('sends no empty comment', async () => {
    const sent = gateway()
    const user = userEvent.setup()
    page(drawer())
    await signIn(user, 'mai', 'mật khẩu')
    await user.click(await screen.findByText('Gửi ghi chú'))
    expect((await screen.findByRole('alert')).textContent).toBe('Hãy viết ghi chú trước khi gửi.')
    expect(sent.some((one) => one.init.method === 'POST' && one.url !== '/v1/session')).toBe(false)
  })
})

describe('the cause', () => {
  it('leads to the figure behind it', async () => {
    gateway()
    const onWhy = vi.fn()
    page(drawer(onWhy))
    await userEvent.setup().click(await screen.findByText('Vì sao có số này?'))
    expect(onWhy).toHaveBeenCalledExactlyOnceWith({
      indicator: 'river-alarm-level',
      subject: 'thing:demo/river-1',
      period: '2026-11-21T08',
    })
  })

  it('of an alert on readings has no figure', () => {
    expect(figureOf(alertDetail({ cause: { kind: 'silence', property: 'rain' } }))).toBeNull()
  })
})
