import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState } from 'react'
import { describe, expect, it, vi } from 'vitest'

import { readDay, readMoment, writtenDate } from '../src/i18n/dateInput'
import { I18nProvider } from '../src/i18n/I18n'
import { DateInput } from '../src/views/parts/DateInput'

describe('a written day', () => {
  it('is read day first, with any of the usual signs, or as machines write it', () => {
    expect(readDay('26/11/2026')).toBe('2026-11-26')
    expect(readDay(' 6-1-2026 ')).toBe('2026-01-06')
    expect(readDay('6.1.2026')).toBe('2026-01-06')
    expect(readDay('2026-11-26')).toBe('2026-11-26')
  })

  it('that does not exist is none', () => {
    for (const text of ['31/02/2026', '11/26/2026', '26/11/26', '26/11', 'hôm nay', ''])
      expect(readDay(text)).toBeNull()
  })

  it('can have a time before or behind it', () => {
    expect(readMoment('26/11/2026 8:30')).toBe('2026-11-26T08:30')
    expect(readMoment('08:30 26/11/2026')).toBe('2026-11-26T08:30')
    expect(readMoment('8h30 26/11/2026')).toBe('2026-11-26T08:30')
    expect(readMoment('26/11/2026')).toBe('2026-11-26T00:00')
    expect(readMoment('2026-11-26T08:30')).toBe('2026-11-26T08:30')
    for (const text of ['08:30', '26/11/2026 24:00', '26/11/2026 8:30 9:30', '26/11/2026 x']) {
      expect(readMoment(text)).toBeNull()
    }
  })

  it('is written day first', () => {
    expect(writtenDate('2026-11-26')).toBe('26/11/2026')
    expect(writtenDate('2026-11-26T08:30')).toBe('26/11/2026 08:30')
    expect(writtenDate('')).toBe('')
  })
})

describe('the field', () => {
  function show(start = '') {
    const changed = vi.fn()
    function Holder() {
      const [value, setValue] = useState(start)
      return (
        <DateInput
          aria-label="Ngày"
          value={value}
          onChange={(next) => {
            changed(next)
            setValue(next)
          }}
        />
      )
    }
    render(
      <I18nProvider language="vi">
        <Holder />
      </I18nProvider>,
    )
    return { changed, field: screen.getByLabelText<HTMLInputElement>('Ngày') }
  }

  it('tells the day once it is whole, and keeps what is being written', async () => {
    const { changed, field } = show()
    await userEvent.setup().type(field, '6/1/2026')
    expect(changed.mock.calls).toEqual([['2026-01-06']])
    expect(field.value).toBe('6/1/2026')
    fireEvent.blur(field)
    expect(field.value).toBe('06/01/2026')
  })

  it('says what it cannot read and leaves the value', async () => {
    const { changed, field } = show('2026-11-26')
    expect(field.value).toBe('26/11/2026')
    const user = userEvent.setup()
    await user.clear(field)
    expect(changed.mock.calls).toEqual([['']])
    await user.type(field, '31/02/2026')
    expect(changed).toHaveBeenCalledTimes(1)
    expect(field.getAttribute('aria-invalid')).toBe('true')
    expect(field.validity.valid).toBe(false)
  })
})
