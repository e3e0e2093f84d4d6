/** Shapes of `/v1/provider/{provider}/imports`, as the gateway's OpenAPI document describes them. */

export const WORKED_ON = ['looking', 'checking', 'importing'] as const
export type ImportState =
  (typeof WORKED_ON)[number] | 'uploading' | 'ready' | 'done' | 'cancelled' | 'expired'

export interface Progress {
  done: number
  size: number
  rows: number
  observations: number
  accepted: number
  faults: number
  rowsPerSecond: number
}

export interface ImportFault {
  step: 'preview' | 'check' | 'import'
  code: string
  detail: string
  waits: boolean
}

export interface FileImport {
  id: number
  name: string
  size: number
  received: number
  state: ImportState
  createdAt: string
  createdBy: string
  startedAt: string | null
  endedAt: string | null
  expiresAt: string | null
  hasMapping: boolean
  errorBytes: number
  progress: Progress | null
  fault: ImportFault | null
}

export interface Problem {
  code: string
  column: string
  count: number
  detail: string
  lines: number[]
}

export interface Report {
  rows: number
  blankRows: number
  observations: number
  missing: number
  accepted: number
  faults: number
  problems: Problem[]
  datastreams: string[]
  datastreamCount: number
  firstTime: string | null
  lastTime: string | null
  seconds: number
}

export interface ImportDetail extends FileImport {
  check: Report | null
  report: Report | null
}

export type ColumnType = 'empty' | 'time' | 'date' | 'time-of-day' | 'number' | 'integer' | 'boolean' | 'text'

export interface PreviewColumn {
  name: string
  type: ColumnType
  examples: string[]
}

/** Something said about a file: `detail` is the whole in English. */
export interface Remark {
  code: string
  values: Record<string, string>
  detail: string
}

export interface Preview {
  findings: { what: string; value: string; reason: Remark }[]
  sheets: string[]
  columns: PreviewColumn[]
  rows: { line: number; cells: string[] }[]
  proposal: { mapping: Mapping; reasons: Remark[]; unsure: Remark[] } | null
  proposalMissing: Remark | null
  earlier: Mapping | null
}

export const TIME_FORMATS = ['iso', 'day-first', 'month-first', 'excel', 'unix-s', 'unix-ms'] as const
export type TimeFormat = (typeof TIME_FORMATS)[number]
export const KINDS = ['number', 'text', 'boolean'] as const
export type Kind = (typeof KINDS)[number]
export const QUALITIES = ['good', 'suspect', 'bad'] as const
export type Quality = (typeof QUALITIES)[number]

export interface FileOptions {
  encoding?: string | null
  delimiter?: string | null
  header?: number | null
  sheet?: string | null
}

/** A column whose cells name it, or a constant. */
export interface NameSource {
  column?: string | null
  value?: string | null
  keys?: Record<string, string>
}

export interface WideColumn {
  property?: string | null
  thing?: string | null
  datastream?: string | null
  kind?: Kind
  scale?: number
}

interface QualitySource {
  column?: string | null
  value?: Quality | null
  words?: Record<string, Quality | null>
}

export interface WideValues {
  form: 'wide'
  thing?: NameSource | null
  columns: Record<string, WideColumn>
  quality?: QualitySource | null
}

export interface LongValues {
  form: 'long'
  datastream?: string | null
  thing?: NameSource | null
  property?: NameSource | null
  result: string
  kind?: Kind
  scale?: number
  quality?: QualitySource | null
  unit?: { column: string; factors: Record<string, number> } | null
}

export interface EventValues {
  form: 'events'
}

/** What the columns are: docs/integrators/files.md. */
export interface Mapping {
  provider?: string | null
  file?: FileOptions
  time: {
    column: string
    hour?: string | null
    format?: TimeFormat
    zone?: string
    ambiguous?: 'error' | 'earlier' | 'later'
    nonexistent?: 'error' | 'next'
  }
  numbers?: { decimal?: '.' | ','; thousands?: string; missing?: string[] }
  values: WideValues | LongValues | EventValues
}
