/**
 * Dates as people here write them, day first, in both languages: 26/11/2026 and 26/11/2026 08:30. The browser's own date
 * fields follow the browser's language, not the page's, and would show 11/26/2026 on many machines.
 */

const DAY = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/
const ISO_DAY = /^(\d{4})-(\d{2})-(\d{2})$/
const CLOCK = /^(\d{1,2})[:h](\d{2})$/

/** `2026-11-26` of what was written, or null where that is no day. */
export function readDay(text: string): string | null {
  const written = text.trim()
  const iso = ISO_DAY.exec(written)
  const own = DAY.exec(written)
  const [year, month, day] = iso ? iso.slice(1) : own ? [own[3], own[2], own[1]] : []
  if (!year || !month || !day) return null
  const known = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  const time = Date.parse(`${known}T00:00:00Z`)
  // JavaScript takes 31/02 for 03/03.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(known) ? known : null
}

/** `2026-11-26T08:30` of a day and a time in any order; a day alone begins at 00:00. Null where that is none. */
export function readMoment(text: string): string | null {
  const parts = text.trim().replace('T', ' ').split(/\s+/)
  const clocks = parts.flatMap((part) => {
    const match = CLOCK.exec(part)
    return match ? [[Number(match[1]), Number(match[2])] as const] : []
  })
  const [hour, minute] = clocks[0] ?? [0, 0]
  const day = parts.map(readDay).find((one) => one !== null)
  if (!day || parts.length !== 1 + clocks.length || clocks.length > 1 || hour > 23 || minute > 59) return null
  return `${day}T${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
}

/** The other way round, of either; what is empty stays empty. */
export function writtenDate(known: string): string {
  const [day = '', clock] = known.split('T')
  const match = ISO_DAY.exec(day)
  if (!match) return ''
  return `${match[3]}/${match[2]}/${match[1]}${clock ? ` ${clock.slice(0, 5)}` : ''}`
}
