import { useCallback } from 'react'

import type { FigureName } from '../api/indicatorQueries'
import { whyText } from './search'
import { useSearchChange } from './useSearchChange'

/** Opens what lies above every view: the explanation of a figure, an alert. "Back" closes it again. */
export function useOverlays() {
  const change = useSearchChange()
  const askWhy = useCallback(
    (name: FigureName) => change({ why: whyText(name), alert: undefined }, true),
    [change],
  )
  const openAlert = useCallback((id: number) => change({ alert: String(id), why: undefined }, true), [change])
  const close = useCallback(() => change({ alert: undefined, why: undefined }), [change])
  return { askWhy, openAlert, close }
}
