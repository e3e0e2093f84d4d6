/**
 * How often to ask for what the live connection announces: while it stands, asking is only a safety net.
 */

const SAFETY_NET_MS = 60_000

export type LiveMode =
  /** Not yet known whether the gateway keeps a live connection. */
  | 'opening'
  /** Changes are announced. */
  | 'streaming'
  /** The gateway has no live connection for us now: the page asks by itself. */
  | 'polling'

let mode: LiveMode = 'opening'
const listeners = new Set<() => void>()

export function liveMode(): LiveMode {
  return mode
}

export function setLiveMode(next: LiveMode): void {
  if (next === mode) return
  mode = next
  for (const listener of listeners) listener()
}

export function subscribeLiveMode(onChange: () => void): () => void {
  listeners.add(onChange)
  return () => listeners.delete(onChange)
}

/** The interval (ms) for a query that would be asked every `pollMs` without a live connection. */
export function paced(pollMs: number): number {
  return mode === 'streaming' ? Math.max(pollMs, SAFETY_NET_MS) : pollMs
}
