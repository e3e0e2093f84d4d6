import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'

import { I18nProvider } from '../src/i18n/I18n'
import { SubjectPicker } from '../src/indicators/SubjectPicker'
import type { SubjectChoice } from '../src/indicators/subjects'

const CHOICES: SubjectChoice[] = [
  { reference: '15', name: 'Tỉnh Lào Cai', kind: 'province' },
  { reference: '02680', name: 'Xã Đông Cuông', kind: 'commune' },
]

function picker(choices: readonly SubjectChoice[], onChoose: (reference: string) => void) {
  return (
    <I18nProvider language="vi">
      <SubjectPicker label="Đơn vị" choices={choices} chosen="15" onChoose={onChoose} />
    </I18nProvider>
  )
}

describe('a subject sought before the choices are there', () => {
  it('is chosen when they come', async () => {
    const chosen = vi.fn()
    const { rerender } = render(picker([], chosen))
    await userEvent.type(screen.getByRole('combobox'), 'dong cuong{Enter}')
    expect(chosen).not.toHaveBeenCalled()
    rerender(picker(CHOICES, chosen))
    expect(chosen).toHaveBeenCalledExactlyOnceWith('02680')
    expect(screen.getByRole('combobox').getAttribute('aria-expanded')).toBe('false')
  })

  it('is not chosen when the words changed or were given up', async () => {
    const chosen = vi.fn()
    const { rerender } = render(picker([], chosen))
    await userEvent.type(screen.getByRole('combobox'), 'dong{Enter} cuong')
    rerender(picker(CHOICES, chosen))
    rerender(picker([], chosen))
    await userEvent.type(screen.getByRole('combobox'), '{Enter}{Escape}')
    rerender(picker(CHOICES, chosen))
    expect(chosen).not.toHaveBeenCalled()
  })
})
