import type { Translate } from '../../../i18n/format'
import type { MessageKey } from '../../../i18n/messages'

const TOLD: ReadonlySet<string> = new Set([
  'row-shape',
  'encoding-invalid',
  'time-missing',
  'time-invalid',
  'time-ambiguous',
  'time-nonexistent',
  'time-too-early',
  'time-in-future',
  'name-missing',
  'datastream-key',
  'datastream-forbidden',
  'datastream-unknown',
  'result-type',
  'number-invalid',
  'number-too-large',
  'boolean-invalid',
  'text-too-long',
  'event-invalid',
  'unit-unknown',
  'quality-unknown',
  'mapping-column',
  'mapping-invalid',
  'import-refused',
  'import-worker-died',
  'ingest-away',
  'quota-exhausted',
  'file-empty',
  'file-kind',
  'file-damaged',
  'file-header',
  'file-quotes',
  'file-too-large',
])

/** What a code means, where it has words; the detail says the rest. */
export function codeText(code: string, t: Translate): string {
  return TOLD.has(code) ? t(`import.code.${code}` as MessageKey) : ''
}
