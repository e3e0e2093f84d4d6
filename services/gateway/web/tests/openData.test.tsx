import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { EmbedCard } from '../src/views/open/EmbedCard'
import { embedSnippet, licenceName } from '../src/views/open/openData'
import { OpenView } from '../src/views/open/OpenView'
import { sparkPath } from '../src/views/open/Sparkline'
import { card, indicator } from './figures'
import { fakeGateway, page, showView } from './views'

afterEach(() => vi.unstubAllGlobals())

const OPEN = {
  licence: 'https://creativecommons.org/licenses/by/4.0/',
  publisher: 'UBND tỉnh Lào Cai',
  province: { kind: 'area', key: '15', name: 'Tỉnh Lào Cai', nameEn: 'Lao Cai Province' },
  items: [
    {
      ...indicator(),
      description: { vi: 'Tỷ lệ đúng hạn.', en: 'Share on time.' },
      version: 1,
      sources: [],
      latest: card(),
      links: {
        downloads: { csv: 'https://other.example/v1/indicators/d766-2.1/export?format=csv' },
        values: 'https://other.example/v1/indicators/d766-2.1/values?area=15',
        definition: 'https://other.example/v1/indicators/d766-2.1',
      },
    },
  ],
}
const ANSWERS = {
  '/v1/open-data/indicators': OPEN,
  '/v1/indicators/d766-2.1/values': page([card({ value: 70 }), card({ value: 80 })]),
}

describe('the open data page', () => {
  it('shows figures, licence and files of our own host to anybody', async () => {
    const sent = fakeGateway(ANSWERS)
    showView(<OpenView search={{ q: '', group: null }} onSearch={vi.fn()} />)
    expect(await screen.findByText('78,96')).toBeTruthy()
    expect(screen.getByText('CC BY 4.0')).toBeTruthy()
    expect(screen.getByText('CSV').getAttribute('href')).toBe('/v1/indicators/d766-2.1/export?format=csv')
    expect(screen.getByText('Tài liệu API').getAttribute('href')).toBe('/docs')
    expect(sent.every(({ method }) => method === 'GET')).toBe(true)
  })

  it('gives a snippet that cannot be broken by a name', async () => {
    fakeGateway(ANSWERS)
    showView(<OpenView search={{ q: 'dung han', group: null }} onSearch={vi.fn()} />)
    await userEvent.setup().click(await screen.findByText('Nhúng'))
    expect((screen.getByRole('textbox') as HTMLTextAreaElement).value).toContain('/embed/d766-2.1?lang=vi"')
    expect(embedSnippet('https://a.example', 'x', '"><script>', 'vi')).toContain('title="&quot;>&lt;script>"')
  })

  it('says when there is nothing public yet', async () => {
    fakeGateway({ '/v1/open-data/indicators': { ...OPEN, items: [] } })
    showView(<OpenView search={{ q: '', group: null }} onSearch={vi.fn()} />, 'en')
    expect(await screen.findByText('There are no public indicators yet.')).toBeTruthy()
  })
})

describe('the card', () => {
  it('shows one figure with its period, its source and its course', async () => {
    fakeGateway(ANSWERS)
    showView(<EmbedCard indicator="d766-2.1" />)
    const shown = await screen.findByTestId('embed-card')
    for (const text of ['78,96', '%', 'Tháng 11/2026', 'Tỉnh Lào Cai', 'CC BY 4.0'])
      expect(shown.textContent).toContain(text)
    expect(await screen.findByLabelText('2 kỳ gần nhất')).toBeTruthy()
  })

  it('of what is not public says so', async () => {
    fakeGateway(ANSWERS)
    showView(<EmbedCard indicator="secret" />)
    expect(await screen.findByText('Không có chỉ số công khai secret.')).toBeTruthy()
  })
})

describe('small things', () => {
  it('a course has gaps where there is no value, and needs two values', () => {
    expect(sparkPath([1, null, 2, 3]).match(/M/g)).toHaveLength(2)
    expect(sparkPath([5, null])).toBe('')
    expect(sparkPath([5, 5])).not.toContain('NaN')
  })

  it('an unknown licence is called by its address', () => {
    expect(licenceName('https://example.org/x')).toBe('https://example.org/x')
  })
})
