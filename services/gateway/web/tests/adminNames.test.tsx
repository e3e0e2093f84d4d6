import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { Names, type NamesSearch } from '../src/views/admin/Names'
import type { NamedKey } from '../src/views/admin/nameTypes'
import { COLLECTION } from './data'
import { operator } from './session'
import { fakeGateway, page, showView } from './views'

afterEach(() => vi.unstubAllGlobals())

const ADMIN = operator({ username: 'lan', role: 'admin' })
const ALL: NamesSearch = { of: 'agencies', q: '', unnamed: false }
const UNNAMED: NamedKey = {
  key: 'SYT',
  name: null,
  nameEn: null,
  level: null,
  areaCode: null,
  inEvents: true,
  updatedAt: null,
  version: 'v0',
}
const WARD: NamedKey = {
  key: 'UBND-02680',
  name: 'Ủy ban nhân dân xã Đông Cuông',
  nameEn: "People's Committee of Dong Cuong Commune",
  level: 'commune',
  areaCode: '02680',
  inEvents: false,
  updatedAt: '2026-11-20T00:00:00Z',
  version: 'v1',
}
const AGENCIES = {
  '/v1/areas': COLLECTION,
  '/v1/admin/agencies': { ...page([UNNAMED, WARD]), unnamed: 1 },
  '/v1/admin/procedures': { ...page([]), unnamed: 0 },
}

describe('names of agencies', () => {
  it('show the code where there is no name, and say how many have none', async () => {
    fakeGateway(AGENCIES, ADMIN)
    showView(<Names search={ALL} onSearch={vi.fn()} />)
    const [first, second] = await screen.findAllByTestId('name-row')
    expect(first?.textContent).toContain('SYT')
    expect(first?.textContent).toContain('chưa có tên')
    expect(second?.textContent).toContain('Ủy ban nhân dân xã Đông Cuông')
    expect(second?.textContent).toContain('UBND-02680')
    await waitFor(() => expect(second?.textContent).toMatch(/cấp xã · .*Đông Cuông/))
    expect(second?.textContent).toContain('chưa thấy trong dữ liệu')
    expect(await screen.findByText('Chỉ những mã chưa có tên (1)')).toBeTruthy()
  })

  it('are given on the version that was seen; what is left empty is not said', async () => {
    const sent = fakeGateway({ ...AGENCIES, 'PUT /v1/admin/agencies/SYT': UNNAMED }, ADMIN)
    const user = userEvent.setup()
    showView(<Names search={ALL} onSearch={vi.fn()} />)
    await user.click(await screen.findByText('Đặt tên'))
    const dialog = within(screen.getByRole('dialog'))
    await user.type(dialog.getByLabelText('Tên tiếng Việt'), 'Sở Y tế')
    await user.selectOptions(dialog.getByLabelText('Cấp'), 'cấp tỉnh')
    await user.selectOptions(dialog.getByLabelText('Phục vụ địa bàn'), 'Toàn tỉnh')
    await user.click(dialog.getByText('Lưu', { selector: 'button' }))
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    expect(sent.find(({ method }) => method === 'PUT')).toMatchObject({
      body: { name: 'Sở Y tế', nameEn: null, level: 'province', areaCode: '15' },
      headers: { 'If-Match': '"v0"' },
    })
  })

  it('are looked for and narrowed by the server', async () => {
    const sent = fakeGateway(AGENCIES, ADMIN)
    const onSearch = vi.fn()
    const user = userEvent.setup()
    showView(<Names search={{ ...ALL, q: 'so y', unnamed: true }} onSearch={onSearch} />)
    await screen.findAllByTestId('name-row')
    expect(sent.some(({ url }) => url.includes('q=so+y') && url.includes('unnamed=true'))).toBe(true)
    await user.click(screen.getByRole('checkbox'))
    await user.click(screen.getByRole('button', { name: 'Thủ tục' }))
    expect(onSearch.mock.calls).toEqual([[{ unnamed: false }], [{ of: 'procedures' }]])
  })
})

describe('names of procedures', () => {
  it('may be given before any event names them, with field, law and time', async () => {
    const sent = fakeGateway({ ...AGENCIES, 'PUT /v1/admin/procedures/1.004194': {} }, ADMIN)
    const user = userEvent.setup()
    showView(<Names search={{ ...ALL, of: 'procedures' }} onSearch={vi.fn()} />)
    await user.click(await screen.findByText('Thêm thủ tục'))
    const dialog = within(screen.getByRole('dialog'))
    await user.type(dialog.getByLabelText('Mã'), '1.004194')
    await user.type(dialog.getByLabelText('Tên tiếng Việt'), 'Đăng ký tạm trú')
    await user.type(dialog.getByLabelText('Lĩnh vực'), ' Đăng ký, quản lý cư trú ')
    await user.type(dialog.getByLabelText('Thời hạn giải quyết (ngày làm việc)'), '3')
    await user.click(dialog.getByText('Lưu', { selector: 'button' }))
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    expect(sent.find(({ method }) => method === 'PUT')?.body).toEqual({
      name: 'Đăng ký tạm trú',
      nameEn: null,
      field: 'Đăng ký, quản lý cư trú',
      nationalCode: null,
      law: null,
      processingDays: 3,
    })
  })
})
