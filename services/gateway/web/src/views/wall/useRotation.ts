import { useCallback, useEffect, useState } from 'react'

export interface Rotation {
  /** Index of the page that stands now. */
  at: number
  running: boolean
  step: (by: number) => void
  toggle: () => void
}

/** Goes round `count` pages, each for `seconds`, until somebody pauses; a step begins the time of the page anew. */
export function useRotation(count: number, seconds: number): Rotation {
  const [at, setAt] = useState(0)
  const [running, setRunning] = useState(true)
  const step = useCallback((by: number) => setAt((before) => (before + by + count) % count), [count])
  const toggle = useCallback(() => setRunning((before) => !before), [])

  useEffect(() => {
    if (!running || count < 2) return undefined
    const timer = window.setTimeout(() => step(1), seconds * 1_000)
    return () => window.clearTimeout(timer)
  }, [running, count, seconds, at, step])

  return { at: Math.min(at, count - 1), running, step, toggle }
}
