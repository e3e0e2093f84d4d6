import { currentAnswers } from '../api/answers'

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

/** While nothing new can be read, this is how often it is tried all the same. */
const HELD_BACK_MS = 30_000

let heldBack = false
const recoveries = new Set<() => void>()

/** Whether what is asked for cannot be answered now: the database or the gateway is away. */
export function isHeldBack(): boolean {
  return heldBack
}

export function setHeldBack(next: boolean): void {
  heldBack = next
}

/** Something that was away is back: those who wait for it need not wait any longer. */
export function announceRecovery(): void {
  for (const recovered of recoveries) recovered()
}

export function onRecovery(recovered: () => void): () => void {
  recoveries.add(recovered)
  return () => recoveries.delete(recovered)
}

/** The interval (ms) for a query that is asked every `pollMs` in good times: an outage is not made worse by asking. */
export function eased(pollMs: number): number {
  return heldBack || currentAnswers().failing ? Math.max(pollMs, HELD_BACK_MS) : pollMs
}

/** The same for what the live connection announces. */
export function paced(pollMs: number): number {
  return eased(mode === 'streaming' ? Math.max(pollMs, SAFETY_NET_MS) : pollMs)
}
