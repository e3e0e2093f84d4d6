import { useQuery, type UseQueryResult } from '@tanstack/react-query'

import { getJson } from '../../api/client'
import type {
  Band,
  Citation,
  Direction,
  FigureBand,
  Missing,
  PeriodKind,
  Subject,
  Text,
  Unit,
} from '../../api/indicatorTypes'

/** Shapes of `/v1/open-data/indicators`, as the gateway's OpenAPI document describes them. */
export interface OpenFigure {
  period: string
  start: string
  end: string
  value: number | null
  band: FigureBand | null
  missing: Missing | null
  provisional: boolean
  closed: boolean
  knownFrom: string | null
  previous: number | null
  change: number | null
}

export interface OpenIndicator {
  id: string
  names: Text
  shortNames: Text | null
  description: Text
  group: string
  unit: Unit
  decimals: number
  direction: Direction
  version: number
  periods: PeriodKind[]
  bands: Band[]
  sources: Citation[]
  /** Null: the province has no recent figure. */
  latest: OpenFigure | null
  links: { downloads: Record<string, string>; values: string; definition: string }
}

export interface OpenData {
  /** URI of the licence. */
  licence: string
  publisher: string
  province: Subject
  items: OpenIndicator[]
}

const REFRESH_MS = 60_000
export const CATALOGUE_URL = '/v1/open-data/catalogue'

/** What everybody may read, signed in or not. */
export function useOpenData(): UseQueryResult<OpenData> {
  return useQuery({
    queryKey: ['open-data'],
    queryFn: ({ signal }) => getJson<OpenData>('/v1/open-data/indicators', { signal }),
    refetchInterval: REFRESH_MS,
  })
}

const LICENCES: readonly [RegExp, string][] = [
  [/creativecommons\.org\/licenses\/by\/4\.0/, 'CC BY 4.0'],
  [/creativecommons\.org\/licenses\/by-sa\/4\.0/, 'CC BY-SA 4.0'],
  [/creativecommons\.org\/publicdomain\/zero/, 'CC0 1.0'],
  [/publications\.europa\.eu\/resource\/authority\/licence\/CC_BY_4_0/, 'CC BY 4.0'],
]

/** The name people know a licence by; an unknown one is called by its address. */
export function licenceName(uri: string): string {
  return LICENCES.find(([pattern]) => pattern.test(uri))?.[1] ?? uri
}

/** Whether a text is the address of a page: only such a one becomes a link. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\//.test(text)
}

/** HTML that shows a figure on somebody else's page. */
export function embedSnippet(origin: string, id: string, title: string, language: string): string {
  const source = `${origin}/embed/${encodeURIComponent(id)}?lang=${language}`
  const safe = title.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;')
  return `<iframe src="${source}" title="${safe}" width="320" height="200" loading="lazy" style="border:0"></iframe>`
}
