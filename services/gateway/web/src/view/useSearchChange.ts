import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'

import type { RawSearch } from './search'

/**
 * Changes some members of what is chosen, on whatever view is shown; undefined takes one out.
 *
 * @returns a function whose second argument says whether "back" undoes the change
 */
export function useSearchChange(): (change: RawSearch, isStep?: boolean) => void {
  const navigate = useNavigate()
  return useCallback(
    (change, isStep = false) =>
      void navigate({
        to: '.',
        search: (before: object) => ({ ...before, ...change }),
        replace: !isStep,
        resetScroll: false,
      }),
    [navigate],
  )
}
