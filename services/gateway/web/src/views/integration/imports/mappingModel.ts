import type { LongValues, Mapping, NameSource, Preview, PreviewColumn, WideColumn, WideValues } from './types'

const ZONE = 'Asia/Ho_Chi_Minh'
const NUMERIC = new Set(['number', 'integer'])
const TIMES = new Set(['time', 'date'])

/** What the form begins with: what was used for such a file before, else what is proposed, else a guess to correct. */
export function firstMapping(preview: Preview): Mapping {
  return preview.earlier ?? preview.proposal?.mapping ?? guessed(preview.columns)
}

function guessed(columns: PreviewColumn[]): Mapping {
  const time = columns.find(({ type }) => TIMES.has(type)) ?? columns[0]
  return {
    time: { column: time?.name ?? '', format: 'iso', zone: ZONE },
    numbers: { decimal: '.', thousands: '' },
    values: wideOf(columns, time?.name ?? ''),
  }
}

function wideOf(columns: PreviewColumn[], time: string): WideValues {
  const results = columns.filter(({ name, type }) => name !== time && NUMERIC.has(type))
  return {
    form: 'wide',
    thing: { value: 'thing-1' },
    columns: Object.fromEntries(results.map(({ name }) => [name, { property: keyOf(name) }])),
  }
}

function longOf(columns: PreviewColumn[], time: string): LongValues {
  const others = columns.filter(({ name }) => name !== time)
  const texts = others.filter(({ type }) => type === 'text')
  const result = others.find(({ type }) => NUMERIC.has(type)) ?? others[0]
  return {
    form: 'long',
    thing: { column: texts[0]?.name ?? others[0]?.name ?? '' },
    property: { column: texts[1]?.name ?? texts[0]?.name ?? others[0]?.name ?? '' },
    result: result?.name ?? '',
  }
}

/** Another form of the same file; what both have is kept. */
export function inForm(mapping: Mapping, form: 'wide' | 'long', columns: PreviewColumn[]): Mapping {
  if (mapping.values.form === form) return mapping
  const make = form === 'wide' ? wideOf : longOf
  return { ...mapping, values: make(columns, mapping.time.column) }
}

/** A key as people would choose it: small letters without marks, digits, underscores. */
export function keyOf(name: string): string {
  const plain = name
    .replace(/[(\[].*$/, '')
    .replace(/[đĐ]/g, 'd')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  return plain.slice(0, 60) || 'value'
}

/** Imports a column, or leaves it out. */
export function withColumn(values: WideValues, name: string, column: WideColumn | null): WideValues {
  const columns = { ...values.columns }
  if (column === null) delete columns[name]
  else columns[name] = column
  return { ...values, columns }
}

/** What names things or properties: a column, or one for all rows. */
export function withSource(source: NameSource | null | undefined, change: NameSource): NameSource {
  const keys = source?.keys ?? {}
  return Object.keys(keys).length > 0 && change.column ? { ...change, keys } : change
}

/** `Cầu Cốc Lếu = coc-leu`, one a line. */
export function keysText(keys: Record<string, string> | undefined): string {
  return Object.entries(keys ?? {})
    .map(([cell, key]) => `${cell} = ${key}`)
    .join('\n')
}

export function readKeys(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const place = line.lastIndexOf('=')
    if (place < 1) continue
    const cell = line.slice(0, place).trim()
    const key = line.slice(place + 1).trim()
    if (cell && key) found[cell] = key
  }
  return found
}

/** Why a mapping cannot be used, as the name of a text; null when nothing is missing at first sight. */
export type Lack = 'import.lackTime' | 'import.lackColumns' | 'import.lackThing' | 'import.lackResult'

export function lackOf({ time, values }: Mapping): Lack | null {
  if (!time.column) return 'import.lackTime'
  if (values.form === 'wide') {
    const columns = Object.values(values.columns)
    if (columns.length === 0) return 'import.lackColumns'
    if (columns.some(({ property, datastream }) => !property && !datastream)) return 'import.lackColumns'
    const all = columns.every(({ thing, datastream }) => thing || datastream)
    return all || isNamed(values.thing) ? null : 'import.lackThing'
  }
  if (values.form === 'long') {
    if (!values.result) return 'import.lackResult'
    return values.datastream || (isNamed(values.thing) && isNamed(values.property))
      ? null
      : 'import.lackThing'
  }
  return null
}

function isNamed(source: NameSource | null | undefined): boolean {
  return Boolean(source && (source.column || source.value))
}
