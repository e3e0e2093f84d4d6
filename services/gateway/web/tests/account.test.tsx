import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { AccountView } from '../src/views/account/AccountView'
import { qrPath } from '../src/views/account/QrCode'
import { operator } from './session'
import { fakeGateway, showView } from './views'

afterEach(() => vi.unstubAllGlobals())

const SECRET = 'JBSWY3DPEHPK3PXP'
const TOTP = { secret: SECRET, uri: `otpauth://totp/Fansipan:mai?secret=${SECRET}&issuer=Fansipan` }

async function fill(user: ReturnType<typeof userEvent.setup>, again: string) {
  await user.type(await screen.findByLabelText('Mật khẩu hiện tại'), 'mật khẩu cũ')
  await user.type(screen.getByLabelText('Mật khẩu mới'), 'sương mù trên đỉnh')
  await user.type(screen.getByLabelText('Nhập lại mật khẩu mới'), again)
  await user.click(screen.getByText('Đổi mật khẩu', { selector: 'button' }))
}

describe('the account', () => {
  it('is nobody’s before one signs in', async () => {
    fakeGateway({})
    showView(<AccountView />)
    expect(await screen.findByText('Cần đăng nhập để xem phần này.')).toBeTruthy()
  })

  it('tells name, role and scope', async () => {
    fakeGateway({}, operator({ agencies: ['so-tu-phap'] }))
    showView(<AccountView />)
    expect(await screen.findByText('Trần Thị Mai')).toBeTruthy()
    expect(screen.getByText('điều hành viên')).toBeTruthy()
    expect(screen.getByText('Toàn tỉnh')).toBeTruthy()
    expect(screen.getByText('so-tu-phap')).toBeTruthy()
  })
})

describe('the password', () => {
  it('is sent only when both new ones are the same', async () => {
    const sent = fakeGateway({ 'PUT /v1/session/password': () => ({ status: 204 }) }, operator())
    showView(<AccountView />)
    const user = userEvent.setup()
    await fill(user, 'khác')
    expect((await screen.findByRole('alert')).textContent).toContain('không giống nhau')
    expect(sent.some(({ method }) => method === 'PUT')).toBe(false)
    await user.clear(screen.getByLabelText('Nhập lại mật khẩu mới'))
    await user.type(screen.getByLabelText('Nhập lại mật khẩu mới'), 'sương mù trên đỉnh')
    await user.click(screen.getByText('Đổi mật khẩu', { selector: 'button' }))
    expect(await screen.findByText(/Đã đổi mật khẩu/)).toBeTruthy()
    expect(sent.find(({ method }) => method === 'PUT')?.body).toEqual({
      current: 'mật khẩu cũ',
      new: 'sương mù trên đỉnh',
    })
  })

  it('that is wrong is told, and nothing typed is lost', async () => {
    fakeGateway(
      {
        'PUT /v1/session/password': () => ({
          status: 401,
          body: { title: 'Unauthorized', detail: 'Mật khẩu hiện tại không đúng.' },
        }),
      },
      operator(),
    )
    showView(<AccountView />)
    await fill(userEvent.setup(), 'sương mù trên đỉnh')
    expect((await screen.findByRole('alert')).textContent).toBe('Mật khẩu hiện tại không đúng.')
    expect((screen.getByLabelText('Mật khẩu hiện tại') as HTMLInputElement).value).toBe('mật khẩu cũ')
  })
})

describe('the second factor', () => {
  it('is in force after a code of the app was confirmed', async () => {
    const sent = fakeGateway(
      { 'POST /v1/session/totp': TOTP, 'PUT /v1/session/totp': () => ({ status: 204 }) },
      operator(),
    )
    showView(<AccountView />)
    const user = userEvent.setup()
    await user.click(await screen.findByText('Bật xác thực hai bước'))
    expect(await screen.findByTestId('qr')).toBeTruthy()
    expect(screen.getByText('JBSW Y3DP EHPK 3PXP')).toBeTruthy()
    await user.type(screen.getByLabelText('Mã 6 chữ số'), '123 456')
    await user.click(screen.getByText('Xác nhận'))
    await waitFor(() => expect(sent.find(({ method }) => method === 'PUT')?.body).toEqual({ code: '123456' }))
  })

  it('has a QR code that begins with a finder pattern inside its quiet zone', () => {
    const { path, size } = qrPath(TOTP.uri)
    expect(size).toBeGreaterThan(21 + 8)
    for (let column = 4; column < 11; column += 1) expect(path).toContain(`M${column} 4h1v1h-1z`)
    expect(path).not.toContain('M5 5h')
    expect(path).not.toMatch(/M[0-3] /)
  })

  it('is turned off with a code', async () => {
    const sent = fakeGateway({ 'DELETE /v1/session/totp': () => ({ status: 204 }) }, operator({ totp: true }))
    showView(<AccountView />)
    const user = userEvent.setup()
    await user.click(await screen.findByText('Tắt xác thực hai bước'))
    await user.type(screen.getByLabelText('Mã 6 chữ số'), '654321')
    await user.click(screen.getByText('Tắt xác thực hai bước'))
    await waitFor(() =>
      expect(sent.find(({ method }) => method === 'DELETE')?.body).toEqual({ code: '654321' }),
    )
  })
})

describe('signing out everywhere', () => {
  it('asks first', async () => {
    const sent = fakeGateway({ 'DELETE /v1/session': () => ({ status: 204 }) }, operator())
    showView(<AccountView />)
    const user = userEvent.setup()
    await user.click(await screen.findByText('Đăng xuất mọi nơi'))
    expect(sent.some(({ method }) => method === 'DELETE')).toBe(false)
    await user.click(
      within(screen.getByRole('dialog')).getByText('Đăng xuất mọi nơi', { selector: 'button' }),
    )
    await waitFor(() =>
      expect(sent.find(({ method }) => method === 'DELETE')?.url).toBe('/v1/session?everywhere=true'),
    )
  })
})
