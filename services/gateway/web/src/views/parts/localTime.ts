import { ZONE_OFFSET_MS } from '../../i18n/format'

/** A time as `<input type="datetime-local">` gives it, read in Việt Nam, for the API: RFC 3339 with offset. */
export function instantOf(local: string): string {
  return `${local.length === 16 ? `${local}:00` : local}+07:00`
}

/** The other way round: a time (ms) as such an input takes it. */
export function localOf(time: number): string {
  return new Date(time + ZONE_OFFSET_MS).toISOString().slice(0, 16)
}
