import { useSyncExternalStore } from 'react'

/** How the reader wants to be told of new alerts while the page is open. Both are off until asked for. */
export interface Notice {
  notification: boolean
  sound: boolean
}

const STORE = 'fansipan.alertNotice'
const OFF: Notice = { notification: false, sound: false }
const listeners = new Set<() => void>()
let known: Notice | null = null

export function currentNotice(): Notice {
  known ??= stored()
  return known
}

export function changeNotice(change: Partial<Notice>): void {
  known = { ...currentNotice(), ...change }
  try {
    window.localStorage.setItem(STORE, JSON.stringify(known))
  } catch {
    // Storage is blocked by the browser's settings: the choice then holds until the page is closed.
  }
  for (const listener of listeners) listener()
}

export function useNotice(): Notice {
  return useSyncExternalStore(subscribe, currentNotice)
}

function subscribe(onChange: () => void): () => void {
  listeners.add(onChange)
  return () => listeners.delete(onChange)
}

function stored(): Notice {
  try {
    const read = JSON.parse(window.localStorage.getItem(STORE) ?? '{}') as Partial<Notice>
    return { notification: read.notification === true, sound: read.sound === true }
  } catch {
    // Blocked, or written by something else: then it is as if nothing had been chosen.
    return OFF
  }
}

/** For tests: forgets what was read, not what is stored. */
export function forgetNotice(): void {
  known = null
}

/** Asks the browser, on a click only. Tells whether notifications may be shown now. */
export async function allowNotifications(): Promise<boolean> {
  if (!('Notification' in window)) return false
  if (Notification.permission === 'granted') return true
  return (await Notification.requestPermission()) === 'granted'
}
