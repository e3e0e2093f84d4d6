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
  'invalid-line',
  'unit-mismatch',
  'unit-unknown',
  'not-decoded',
  'name-missing',
  'senml-name',
  'event-type-unknown',
] as const

export function codeText(code: string, t: Translate): string {
  const known = KNOWN.find((one) => one === code)
  return known ? t(`letter.${known}`) : code
}

/** Doors with a form of their own, by their names in the world; others show by their word. */
const DOORS: Record<string, string> = {
  influx: 'Influx line protocol',
  senml: 'SenML',
  'cloud-events': 'CloudEvents',
  chirpstack: 'LoRaWAN · ChirpStack',
  'the-things-stack': 'LoRaWAN · The Things Stack',
  'ngsi-v2': 'FIWARE NGSI-v2',
  'ngsi-ld': 'FIWARE NGSI-LD',
  mqtt: 'MQTT',
}

export function doorText(door: string): string {
  return DOORS[door] ?? door
}

/** JSON laid out for people; text, and what is no JSON, stays as it came. */
export function payloadOf({ payload, payloadText, payloadForm }: DeadLetterDetail): string {
  if (payloadForm === 'text' && typeof payload === 'string') return payload
  return payloadText ?? JSON.stringify(payload, null, 2)
}

/** The correction that was written, in the form of its door; undefined where it is not in it. */
export function corrected(text: string, { payloadForm }: DeadLetterDetail): { payload: unknown } | undefined {
  if (payloadForm === 'text') return text.trim() ? { payload: text } : undefined
  try {
    return { payload: JSON.parse(text) as unknown }
  } catch {
    // Somebody is still writing: the form says so.
    return undefined
  }
}
