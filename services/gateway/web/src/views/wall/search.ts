import { textOf, type RawSearch } from '../../view/search'

export const WALL_PAGES = ['overview', 'services', 'environment', 'alerts'] as const
export type WallPage = (typeof WALL_PAGES)[number]

/** Seconds a page stands. */
export const DEFAULT_SECONDS = 20
const [LEAST_SECONDS, MOST_SECONDS] = [5, 600]

/** What the wall shows; what is left out has its default. */
export interface WallSearch {
  /** Pages by name with commas between: `overview,alerts`. All by default. */
  pages?: string | undefined
  /** Seconds a page stands, 5 to 600. */
  every?: string | undefined
  /** Id of the indicator that colours the map. */
  shade?: string | undefined
}

export function wallSearch(raw: RawSearch): WallSearch {
  const pages = textOf(raw, 'pages')
  const every = Number(textOf(raw, 'every'))
  return {
    pages: pages && pagesOf(pages).length > 0 ? pages : undefined,
    every: every >= LEAST_SECONDS && every <= MOST_SECONDS ? String(every) : undefined,
    shade: textOf(raw, 'shade'),
  }
}

/** In the order in which they are named; unknown names are left out. */
export function pagesOf(text: string | undefined): WallPage[] {
  if (text === undefined) return [...WALL_PAGES]
  return text.split(',').flatMap((name) => WALL_PAGES.find((page) => page === name.trim()) ?? [])
}
