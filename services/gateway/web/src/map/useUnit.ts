import { useEffect, useState, type RefObject } from 'react'

/** Size of one screen pixel in units of a drawing that is fitted into its box. */
export function useUnit(svg: RefObject<SVGSVGElement | null>, width: number, height: number): number {
  const [unit, setUnit] = useState(1.6)
  useEffect(() => {
    const element = svg.current
    if (!element) return undefined
    const observer = new ResizeObserver(([entry]) => {
      const box = entry?.contentRect
      if (box && box.width > 0 && box.height > 0) setUnit(Math.max(width / box.width, height / box.height))
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [svg, width, height])
  return unit
}
