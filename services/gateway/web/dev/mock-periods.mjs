/** Periods in the time of Việt Nam, as the gateway names them. */

const HOUR = 3_600_000
const ZONE = 7 * HOUR

const part = (time) => new Date(time + ZONE)
const local = (...numbers) => Date.UTC(...numbers) - ZONE

/** Start (ms) of the period of that kind which lies `steps` after the one that `time` is in. */
export function startOf(kind, time, steps = 0) {
  const at = part(time)
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()]
  if (kind === 'hour') return local(year, month, day, at.getUTCHours() + steps)
  if (kind === 'day') return local(year, month, day + steps)
  if (kind === 'month') return local(year, month + steps, 1)
  if (kind === 'quarter') return local(year, (Math.floor(month / 3) + steps) * 3, 1)
  return local(year + steps, 0, 1)
}

export function labelOf(kind, start) {
  const text = part(start).toISOString()
  if (kind === 'quarter') return `${text.slice(0, 4)}-Q${Math.floor(part(start).getUTCMonth() / 3) + 1}`
  return text.slice(0, { hour: 13, day: 10, month: 7, year: 4 }[kind])
}

export function periodOf(kind, time, steps = 0) {
  const start = startOf(kind, time, steps)
  return { kind, label: labelOf(kind, start), start, end: startOf(kind, start, 1) }
}

/** The period that a label names, or null. */
export function parsePeriod(label) {
  const [, year, quarter, month, day, hour] =
    /^(\d{4})(?:-Q([1-4])|-(\d{2})(?:-(\d{2})(?:T(\d{2}))?)?)?$/.exec(label) ?? []
  if (!year) return null
  const kind = quarter ? 'quarter' : hour ? 'hour' : day ? 'day' : month ? 'month' : 'year'
  const first = quarter ? (Number(quarter) - 1) * 3 : Number(month ?? 1) - 1
  return periodOf(kind, local(Number(year), first, Number(day ?? 1), Number(hour ?? 0)))
}
