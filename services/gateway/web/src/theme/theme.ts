import { useCallback, useSyncExternalStore } from 'react'

/** Light or dark, by choice or as the system has it. public/theme.js does the same before the first paint. */
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const STORE = 'fansipan.theme'
const SYSTEM_DARK = '(prefers-color-scheme: dark)'
const listeners = new Set<() => void>()
let unstored: Theme = 'system'

export function chosenTheme(): Theme {
  try {
    const stored = window.localStorage.getItem(STORE)
    return THEMES.find((one) => one === stored) ?? unstored
  } catch {
    // Storage is blocked by the browser's settings: the choice lasts as long as this page.
    return unstored
  }
}

export function isDark(): boolean {
  return document.documentElement.dataset['theme'] === 'dark'
}

export function chooseTheme(theme: Theme): void {
  unstored = theme
  try {
    window.localStorage.setItem(STORE, theme)
  } catch {
    // See chosenTheme.
  }
  apply()
}

function apply(): void {
  const theme = chosenTheme()
  const dark = theme === 'dark' || (theme === 'system' && window.matchMedia(SYSTEM_DARK).matches)
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light'
  for (const listener of listeners) listener()
}

function subscribe(onChange: () => void): () => void {
  const system = window.matchMedia(SYSTEM_DARK)
  listeners.add(onChange)
  system.addEventListener('change', apply)
  return () => {
    listeners.delete(onChange)
    system.removeEventListener('change', apply)
  }
}

/** Whether the page is dark now. */
export function useDark(): boolean {
  return useSyncExternalStore(subscribe, isDark)
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(subscribe, chosenTheme), useCallback(chooseTheme, [])]
}
