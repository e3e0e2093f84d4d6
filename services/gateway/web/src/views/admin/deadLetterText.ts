import type { Translate } from '../../i18n/format'
import type { DeadLetterDetail } from './deadLetterTypes'

export const DEAD_LETTERS_KEY = ['admin', 'dead-letters'] as const
export const DEAD_LETTERS_URL = '/v1/admin/dead-letters'

/** Reasons that ingest refuses for most often (docs/integrators/errors.md); others show by their code. */
const KNOWN = [
  'invalid-json',
  'invalid-item',
  'datastream-key',
  'datastream-unknown',
  'datastream-forbidden',
  'result-type',
  'time-too-early',
  'time-in-future',
  'too-deep',
  'nul-character',
  'number-range',
] as const

export function codeText(code: string, t: Translate): string {
  const known = KNOWN.find((one) => one === code)
  return known ? t(`letter.${known}`) : code
}

/** JSON laid out for people; what is no JSON stays as it came. */
export function payloadOf({ payload, payloadText }: DeadLetterDetail): string {
  return payloadText ?? JSON.stringify(payload, null, 2)
}

/** The value that was written, or undefined where it is no JSON. */
export function parsed(text: string): { payload: unknown } | undefined {
  try {
    return { payload: JSON.parse(text) as unknown }
  } catch {
    // Somebody is still writing: the form says so.
    return undefined
  }
}
