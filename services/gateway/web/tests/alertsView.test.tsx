import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { newsOf } from '../src/views/alerts/AlertNotifier'
import { AlertsView } from '../src/views/alerts/AlertsView'
import { AssignForm } from '../src/views/alerts/AssignForm'
import { changeNotice, currentNotice, forgetNotice } from '../src/views/alerts/notice'
import { alertsQuery, NO_FILTER } from '../src/views/alerts/search'
import { alert, alertDetail } from './figures'
import { operator, TOKEN } from './session'
import { fakeGateway, page, showView } from './views'

beforeEach(() => {
  window.localStorage.clear()
  forgetNotice()
})
afterEach(() => vi.unstubAllGlobals())

describe('filters', () => {
  it('become the query of the gateway', () => {
    expect(alertsQuery({ ...NO_FILTER, state: 'ended', severity: 'critical', area: '02647' }, 'mai')).toEqual(
      {
        state: ['resolved', 'withdrawn'],
        severity: 'critical',
        rule: undefined,
        area: '02647',
        assignee: undefined,
        limit: 200,
      },
    )
  })

  it('show only what was given to the reader', async () => {
    const sent = fakeGateway({ '/v1/alerts': page([alert(1, { assignee: 'mai' })]) }, operator())
    showView(<AlertsView search={{ ...NO_FILTER, mine: true }} onSearch={vi.fn()} onAlert={vi.fn()} />)
    await screen.findByText('giao cho mai')
    expect(sent.filter(({ url }) => url.startsWith('/v1/alerts?')).at(-1)?.url).toContain('assignee=mai')
  })

  it('that nothing matches can be cleared', async () => {
    fakeGateway({ '/v1/alerts': page([]) })
    const onSearch = vi.fn()
    showView(<AlertsView search={{ ...NO_FILTER, severity: 'info' }} onSearch={onSearch} onAlert={vi.fn()} />)
    await userEvent.setup().click(await screen.findByText('Bỏ lọc'))
    expect(onSearch).toHaveBeenCalledWith(NO_FILTER)
  })
})

describe('acting in the list', () => {
  it('acknowledges the version that is shown, with the token of the session', async () => {
    const sent = fakeGateway(
      {
        '/v1/alerts': page([alert(1, { version: 7 })]),
        'POST /v1/alerts/1/acknowledge': () => ({ status: 412, body: { title: 'changed' } }),
      },
      operator(),
    )
    showView(<AlertsView search={NO_FILTER} onSearch={vi.fn()} onAlert={vi.fn()} />)
    await userEvent.setup().click(await screen.findByText('Nhận xử lý'))
    expect((await screen.findByRole('alert')).textContent).toContain('Có người vừa thay đổi')
    const [post] = sent.filter(({ method }) => method === 'POST')
    expect(post?.headers).toMatchObject({ 'If-Match': '"7"', 'X-CSRF-Token': TOKEN })
  })

  it('is not offered to who may only look', async () => {
    fakeGateway({ '/v1/alerts': page([alert(1)]) }, operator({ role: 'viewer' }))
    showView(<AlertsView search={NO_FILTER} onSearch={vi.fn()} onAlert={vi.fn()} />)
    await screen.findByTestId('alert-line')
    expect(screen.queryByText('Nhận xử lý')).toBeNull()
  })

  it('gives an alert to oneself and takes it away', async () => {
    const sent = fakeGateway({ 'POST /v1/alerts/1/assign': alertDetail() }, operator())
    showView(<AssignForm alert={alertDetail({ assignee: 'hoa' })} />)
    const user = userEvent.setup()
    await user.click(await screen.findByText('Giao cho tôi'))
    await user.click(screen.getByText('Bỏ giao'))
    await waitFor(() =>
      expect(sent.filter(({ method }) => method === 'POST').map(({ body }) => body)).toEqual([
        { assignee: 'mai' },
        { assignee: null },
      ]),
    )
  })
})

describe('being told', () => {
  it('is of new and graver alerts, not of silenced, ended or known ones', () => {
    const before = new Map([
      [1, 'warning'],
      [2, 'warning'],
    ])
    const now = [
      alert(1),
      alert(2, { severity: 'serious' }),
      alert(3),
      alert(4, { silenced: true }),
      alert(5, { state: 'acknowledged' }),
    ]
    expect(newsOf(before, now).map(({ id }) => id)).toEqual([2, 3])
  })

  it('is off at first, asks on a click only, and says when the browser refuses', async () => {
    fakeGateway({ '/v1/alerts': page([]) })
    const requestPermission = vi.fn().mockResolvedValue('denied')
    vi.stubGlobal('Notification', { permission: 'default', requestPermission })
    showView(<AlertsView search={NO_FILTER} onSearch={vi.fn()} onAlert={vi.fn()} />)
    const box = (await screen.findByLabelText('Thông báo trình duyệt')) as HTMLInputElement
    expect(box.checked).toBe(false)
    expect(requestPermission).not.toHaveBeenCalled()
    await userEvent.setup().click(box)
    expect(requestPermission).toHaveBeenCalledOnce()
    expect((await screen.findByRole('alert')).textContent).toContain('không cho hiện thông báo')
    expect(currentNotice().notification).toBe(false)
  })

  it('is remembered', () => {
    changeNotice({ sound: true })
    forgetNotice()
    expect(currentNotice()).toEqual({ notification: false, sound: true })
  })
})

describe('maintenance windows', () => {
  it('are made in the time of Việt Nam and ended after asking', async () => {
    const window = {
      id: 4,
      rule: 'river-gauge-silent',
      subject: null,
      startsAt: '2026-01-01T00:00:00Z',
      endsAt: '2099-01-01T00:00:00Z',
      reason: 'Hiệu chuẩn',
      createdBy: 'mai',
      endedBy: null,
    }
    const sent = fakeGateway(
      {
        '/v1/maintenance-windows': page([window]),
        'POST /v1/maintenance-windows': window,
        'POST /v1/maintenance-windows/4/end': window,
      },
      operator(),
    )
    showView(
      <AlertsView search={{ ...NO_FILTER, tab: 'maintenance' }} onSearch={vi.fn()} onAlert={vi.fn()} />,
    )
    const user = userEvent.setup()
    await user.type(await screen.findByLabelText('Đến'), '2099-05-01T08:00')
    await user.type(screen.getByLabelText('Lý do'), 'Thay đầu đo')
    await user.click(screen.getByText('Thêm'))
    await waitFor(() =>
      expect(sent.find(({ method }) => method === 'POST')?.body).toEqual({
        endsAt: '2099-05-01T08:00:00+07:00',
        reason: 'Thay đầu đo',
      }),
    )
    await user.click(await screen.findByText('Kết thúc ngay'))
    const dialog = await screen.findByRole('dialog')
    expect(sent.filter(({ method }) => method === 'POST')).toHaveLength(1)
    await user.click(within(dialog).getByText('Kết thúc ngay', { selector: 'button' }))
    await waitFor(() => expect(sent.at(-1)?.url).toBeDefined())
    await waitFor(() => expect(sent.some(({ url }) => url === '/v1/maintenance-windows/4/end')).toBe(true))
  })
})
