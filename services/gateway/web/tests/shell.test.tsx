import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { chooseTheme } from '../src/theme/theme'
import { COLLECTION } from './data'
import { card, indicator, ranking } from './figures'
import { renderPage, stubGateway, type Sent } from './frame'
import { operator, sessionAnswer, TOKEN } from './session'

vi.mock('../src/chart/Chart', () => ({ default: () => null }))

const BASE = {
  '/v1/areas': COLLECTION,
  '/v1/datastreams': { items: [], next: null },
  '/v1/indicators/latest': { items: [] },
  '/v1/service-events/summary': { items: [] },
}

beforeEach(() => window.localStorage.clear())
afterEach(() => vi.unstubAllGlobals())

/** A gateway that knows one operator, who has an authenticator. */
function signInDoor() {
  let signedIn = false
  return ({ method, body }: Sent) => {
    const problem = (code: string, status = 401) => Response.json({ title: code, code }, { status })
    if (method === 'DELETE') {
      signedIn = false
      return new Response(null, { status: 204 })
    }
    if (method === 'GET') return sessionAnswer(signedIn ? operator() : null)
    const { password, code } = body as { password: string; code?: string }
    if (password !== 'đúng') return problem('wrong-credentials')
    if (code === undefined) return problem('totp-required')
    if (code !== '123456') return problem('wrong-code')
    signedIn = true
    return sessionAnswer(operator())
  }
}

describe('the frame', () => {
  it('leads to other views, keeps the language, and puts the focus at the beginning', async () => {
    stubGateway(BASE)
    const { address } = renderPage('/?lang=en')
    const user = userEvent.setup()
    const views = (await screen.findAllByRole('navigation', { name: 'Views' }))[0]
    if (!views) throw new Error('There is no navigation')
    await user.click(within(views).getByText('Public services'))
    expect(await screen.findByRole('heading', { name: 'Serving people and businesses' })).toBeTruthy()
    expect(address()).toBe('/services?lang=en')
    expect(document.title).toBe('Public services · Fansipan · Lào Cai')
    expect(document.activeElement).toBe(screen.getByRole('main'))
  })

  it('changes the language in the address, and remembers it', async () => {
    stubGateway(BASE)
    const { address } = renderPage('/?area=02680')
    const user = userEvent.setup()
    await user.click((await screen.findAllByText('EN'))[0] as HTMLElement)
    await waitFor(() => expect(address()).toContain('lang=en'))
    expect(address()).toContain('area=02680')
    await waitFor(() => expect(document.documentElement.lang).toBe('en'))
    expect(window.localStorage.getItem('fansipan.language')).toBe('en')
  })

  it('says so when there is no such view', async () => {
    stubGateway(BASE)
    renderPage('/nothing-here')
    expect(await screen.findByText('Không có trang này.')).toBeTruthy()
  })

  it('finds a commune without tone marks and opens it by keyboard alone', async () => {
    stubGateway({ ...BASE, '/v1/indicators': { items: [indicator()] } })
    const { address } = renderPage('/services')
    const user = userEvent.setup()
    await screen.findByRole('main')
    await user.keyboard('/')
    const box = await screen.findByTestId('command-search')
    await user.type(box, 'dong cuong')
    await within(screen.getByRole('dialog')).findByRole('option', { name: /Đông Cuông/ })
    await user.keyboard('{Enter}')
    await waitFor(() => expect(address()).toBe('/?area=02680'))
  })

  it('finds an agency by its name, also in the other language, and opens its scorecard', async () => {
    const agency = { kind: 'agency', key: 'SYT', name: 'Sở Y tế', nameEn: 'Department of Health' } as const
    stubGateway({
      ...BASE,
      '/v1/indicators/d766-2.1/latest': ({ url }: Sent) => ({
        ...ranking({}),
        items: url.searchParams.get('by') === 'agency' ? [{ ...card(), rank: 1, subject: agency }] : [],
      }),
    })
    const { address } = renderPage('/services')
    const user = userEvent.setup()
    await screen.findByRole('main')
    await user.keyboard('/')
    const box = await screen.findByTestId('command-search')
    for (const words of ['health', 'syt', 'so y te']) {
      await user.clear(box)
      await user.type(box, words)
      const option = await screen.findByRole('option', { name: /Sở Y tế/ })
      expect(option.textContent).toContain('Cơ quan · SYT')
    }
    await user.keyboard('{Enter}')
    await waitFor(() => expect(decodeURIComponent(address())).toContain('/services?subject=agency:SYT'))
  })

  it('goes to an indicator by a part of its name', async () => {
    stubGateway({ ...BASE, '/v1/indicators': { items: [indicator()] } })
    const { address } = renderPage('/services')
    const user = userEvent.setup()
    await screen.findByRole('main')
    await user.keyboard('{Control>}k{/Control}')
    await user.type(await screen.findByTestId('command-search'), 'dung han')
    await user.click(await screen.findByRole('option', { name: /Tỷ lệ hồ sơ đúng hạn/ }))
    await waitFor(() => expect(address()).toBe('/indicators/d766-2.1'))
  })
})

describe('the session', () => {
  it('asks for a code where one is set up, and signs out with the token of the session', async () => {
    const sent = stubGateway({ ...BASE, '/v1/session': signInDoor() })
    renderPage('/services')
    const user = userEvent.setup()
    await user.click(
      (await screen.findAllByText('Đăng nhập', { selector: '.account-sign-in' }))[0] as HTMLElement,
    )
    await user.type(screen.getByLabelText('Tên đăng nhập'), 'mai')
    await user.type(screen.getByLabelText('Mật khẩu'), 'sai{Enter}')
    expect((await screen.findByRole('alert')).textContent).toBe('Sai tên hoặc mật khẩu.')
    await user.clear(screen.getByLabelText('Mật khẩu'))
    await user.type(screen.getByLabelText('Mật khẩu'), 'đúng{Enter}')
    await user.type(await screen.findByLabelText('Mã xác thực'), '000000{Enter}')
    expect((await screen.findByRole('alert')).textContent).toBe('Mã không đúng hoặc đã hết hạn.')
    await user.clear(screen.getByLabelText('Mã xác thực'))
    await user.type(screen.getByLabelText('Mã xác thực'), '123 456{Enter}')

    await user.click(await screen.findByRole('button', { name: 'Tài khoản Trần Thị Mai' }))
    expect(screen.getByText('mai · điều hành viên')).toBeTruthy()
    await user.click(screen.getByText('Đăng xuất'))
    await screen.findByText('Đăng nhập', { selector: '.account-sign-in' })
    const bye = sent.find((one) => one.method === 'DELETE')
    expect(bye?.headers['X-CSRF-Token']).toBe(TOKEN)
  })

  it('offers the province’s own sign-in and comes back to this very view', async () => {
    const offered = {
      signIn: {
        password: true,
        openIdConnect: { name: 'Một tài khoản Lào Cai', start: '/v1/session/open-id-connect' },
      },
    }
    stubGateway({ ...BASE, '/v1/session': sessionAnswer(null, offered) })
    renderPage('/services')
    await userEvent.setup().click(await screen.findByText('Đăng nhập', { selector: '.account-sign-in' }))
    const link = screen.getByText('Đăng nhập bằng Một tài khoản Lào Cai')
    expect(link.getAttribute('href')).toMatch(/^\/v1\/session\/open-id-connect\?returnTo=%2F/)
  })

  it('is nobody’s where the gateway has no sessions, and the page reads on', async () => {
    stubGateway({ ...BASE, '/v1/session': Response.json({ title: 'Not found' }, { status: 404 }) })
    renderPage('/')
    expect(await screen.findByText('Chưa có chỉ số nào.')).toBeTruthy()
    expect(screen.getByText('Đăng nhập', { selector: '.account-sign-in' })).toBeTruthy()
  })
})

describe('the theme', () => {
  it('goes from the system’s to light to dark, and is remembered', async () => {
    stubGateway(BASE)
    chooseTheme('system')
    renderPage('/')
    const user = userEvent.setup()
    const button = await screen.findByTestId('theme')
    await user.click(button)
    expect(button.dataset['themeChoice']).toBe('light')
    await user.click(button)
    expect(document.documentElement.dataset['theme']).toBe('dark')
    expect(window.localStorage.getItem('fansipan.theme')).toBe('dark')
  })
})
