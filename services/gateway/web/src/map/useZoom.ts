import { select } from 'd3-selection'
import { zoom, zoomIdentity, type D3ZoomEvent, type ZoomBehavior } from 'd3-zoom'
import { useCallback, useEffect, useRef, useState, type RefObject } from 'react'

const MAX_ZOOM = 16

export interface Zoom {
  k: number
  x: number
  y: number
  zoomBy: (factor: number) => void
  reset: () => void
}

/** Wheel, drag and pinch on the drawing. One finger scrolls the page until the map has been zoomed. */
export function useZoom(svg: RefObject<SVGSVGElement | null>, width: number, height: number): Zoom {
  const [transform, setTransform] = useState({ k: 1, x: 0, y: 0 })
  const behaviour = useRef<ZoomBehavior<SVGSVGElement, unknown> | null>(null)

  useEffect(() => {
    const element = svg.current
    if (!element) return undefined
    let current = 1
    const zoomBehaviour = zoom<SVGSVGElement, unknown>()
      .scaleExtent([1, MAX_ZOOM])
      .extent([
        [0, 0],
        [width, height],
      ])
      .translateExtent([
        [0, 0],
        [width, height],
      ])
      .filter((event: Event) => {
        if (event instanceof WheelEvent)
          return event.ctrlKey || window.matchMedia('(min-width: 1080px)').matches
        if (event.type === 'touchstart') return current > 1 || (event as TouchEvent).touches.length > 1
        return !(event as MouseEvent).button
      })
      .on('zoom', (event: D3ZoomEvent<SVGSVGElement, unknown>) => {
        current = event.transform.k
        element.style.touchAction = current > 1 ? 'none' : 'pan-y'
        setTransform({ k: event.transform.k, x: event.transform.x, y: event.transform.y })
      })
    behaviour.current = zoomBehaviour
    select(element).call(zoomBehaviour).on('dblclick.zoom', null)
    element.style.touchAction = 'pan-y'
    return () => {
      select(element).on('.zoom', null)
      behaviour.current = null
    }
  }, [svg, width, height])

  const zoomBy = useCallback(
    (factor: number) => {
      if (svg.current && behaviour.current) select(svg.current).call(behaviour.current.scaleBy, factor)
    },
    [svg],
  )
  const reset = useCallback(() => {
    if (svg.current && behaviour.current) select(svg.current).call(behaviour.current.transform, zoomIdentity)
  }, [svg])
  return { ...transform, zoomBy, reset }
}
