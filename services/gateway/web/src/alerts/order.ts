import { SEVERITIES, type Alert } from '../api/alertTypes'

/** Gravest first; of the same severity those that nobody looks after, then the newest. */
export function inOrder(alerts: readonly Alert[]): Alert[] {
  return [...alerts].sort(
    (a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      Number(a.state !== 'open') - Number(b.state !== 'open') ||
      Date.parse(b.startedAt) - Date.parse(a.startedAt) ||
      b.id - a.id,
  )
}
