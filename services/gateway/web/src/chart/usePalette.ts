import { useMemo } from 'react'

import { useDark } from '../theme/theme'
import type { Palette } from './look'

/** The colours of the style sheet, for the canvas that cannot read them by itself. */
export function usePalette(): Palette {
  const dark = useDark()
  return useMemo(() => {
    const style = window.getComputedStyle(document.documentElement)
    const read = (name: string) => style.getPropertyValue(name).trim()
    return {
      line: read('--chart-line'),
      band: read('--chart-band'),
      text: read('--text'),
      muted: read('--text-muted'),
      grid: read('--chart-grid'),
      surface: read('--surface-raised'),
      warning: read('--stale'),
      font: read('--font'),
    }
    // The properties of the style sheet change with the scheme.
  }, [dark])
}
