import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'

import type { FigureName } from '../api/indicatorQueries'
import { whyText } from './search'

/** Opens what lies above every view: the explanation of a figure, an alert. "Back" closes it again. */
export function useOverlays() {
  const navigate = useNavigate()
  const askWhy = useCallback(
    (name: FigureName) =>
      void navigate({
        to: '.',
        search: (before: object) => ({ ...before, why: whyText(name), alert: undefined }),
        resetScroll: false,
      } as never),
    [navigate],
  )
  const openAlert = useCallback(
    (id: number) =>
      void navigate({
        to: '.',
        search: (before: object) => ({ ...before, alert: String(id), why: undefined }),
        resetScroll: false,
      } as never),
    [navigate],
  )
  const close = useCallback(
    () =>
      void navigate({
        to: '.',
        search: (before: object) => ({ ...before, alert: undefined, why: undefined }),
        replace: true,
        resetScroll: false,
      } as never),
    [navigate],
  )
  return { askWhy, openAlert, close }
}
