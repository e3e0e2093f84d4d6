import { useEffect } from 'react'

/** Keeps the screen on while the wall is seen, where the browser can. */
export function useWakeLock(): void {
  useEffect(() => {
    if (!('wakeLock' in navigator)) return undefined
    let lock: WakeLockSentinel | null = null
    let gone = false

    async function hold() {
      if (document.visibilityState !== 'visible') return
      try {
        const got = await navigator.wakeLock.request('screen')
        if (gone) await got.release()
        else lock = got
      } catch (error) {
        // The system refuses, for want of battery for example: the wall works, its screen may turn dark.
        console.warn('The screen cannot be kept on', error)
      }
    }

    void hold()
    document.addEventListener('visibilitychange', hold)
    return () => {
      gone = true
      document.removeEventListener('visibilitychange', hold)
      void lock?.release()
    }
  }, [])
}
