import { useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'

import { useSearchChange } from '../../view/useSearchChange'

/** What an address may not say: its default, an empty text, nothing chosen. */
function isLeftOut(value: unknown, fallback: unknown): boolean {
  return value === null || value === '' || value === false || value === fallback
}

/**
 * What a view shows, kept in the address: its own values over the defaults, and a way to change some of them. What is
 * as by default is left out there.
 *
 * @param steps members whose change is a step that "back" undoes (opening a drawer); typing in a filter is none
 */
export function useAddress<Choice extends object>(
  defaults: Choice,
  steps: readonly (keyof Choice)[] = [],
): [Choice, (change: Partial<Choice>) => void] {
  const said = useSearch({ strict: false }) as Record<string, unknown>
  const changeSearch = useSearchChange()
  const choice = Object.fromEntries(
    Object.entries(defaults).map(([name, fallback]) => {
      const value = said[name]
      return [name, value === undefined ? fallback : typeof fallback === 'boolean' ? value === '1' : value]
    }),
  ) as Choice
  const change = useCallback(
    (part: Partial<Choice>) => {
      const texts = Object.fromEntries(
        Object.entries(part).map(([name, value]) => [
          name,
          isLeftOut(value, defaults[name as keyof Choice]) ? undefined : value === true ? '1' : value,
        ]),
      )
      changeSearch(
        texts,
        steps.some((name) => name in part),
      )
    },
    [changeSearch, defaults, steps],
  )
  return [choice, change]
}
