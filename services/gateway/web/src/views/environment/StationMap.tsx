import { useMemo, useRef, useState, type KeyboardEvent } from 'react'

import type { AreaCollection } from '../../api/types'
import { textOn } from '../../indicators/colour'
import { areaPath, fitProjection, nearestTowards } from '../../map/projection'
import { useUnit } from '../../map/useUnit'
import { useZoom } from '../../map/useZoom'
import { ZoomButtons } from '../../map/ZoomButtons'

/** A station on the map: its value on the colour of its band. */
export interface StationMark {
  key: string
  position: readonly [number, number]
  text: string
  /** `#rrggbb`; null where there is no band. */
  colour: string | null
  /** Name, value, band, commune in words. */
  label: string
}

interface Props {
  areas: AreaCollection
  marks: readonly StationMark[]
  chosen: string | null
  label: string
  onChoose: (key: string) => void
}

const DIRECTIONS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** Communes with the stations of a layer; one tab stop, arrows walk from station to station. */
export function StationMap({ areas, marks, chosen, label, onChoose }: Props) {
  const svg = useRef<SVGSVGElement>(null)
  const group = useRef<SVGGElement>(null)
  const projection = useMemo(() => fitProjection(areas), [areas])
  const { width, height } = projection
  const zoom = useZoom(svg, width, height)
  const unit = useUnit(svg, width, height) / zoom.k
  const [active, setActive] = useState<string | null>(null)
  const paths = useMemo(
    () => areas.features.map((feature) => [feature.id, areaPath(feature, projection)] as const),
    [areas, projection],
  )
  const placed = marks.map((mark) => ({ ...mark, point: projection.project(mark.position) }))
  const tabStop = [active, chosen].find((key) => marks.some((mark) => mark.key === key)) ?? marks[0]?.key

  function onKeyDown(event: KeyboardEvent<SVGGElement>) {
    const direction = DIRECTIONS[event.key]
    if (direction) {
      event.preventDefault()
      const from = placed.findIndex((mark) => mark.key === tabStop)
      const next =
        placed[
          nearestTowards(
            placed.map((mark) => mark.point),
            from,
            direction,
          )
        ]
      if (!next) return
      setActive(next.key)
      group.current?.querySelector<SVGGElement>(`[data-station="${CSS.escape(next.key)}"]`)?.focus()
    } else if ((event.key === 'Enter' || event.key === ' ') && tabStop !== undefined) {
      event.preventDefault()
      onChoose(tabStop)
    }
  }

  return (
    <div className="map-box">
      <svg ref={svg} className="map" viewBox={`0 0 ${width} ${height}`} role="group" aria-label={label}>
        <g transform={`translate(${zoom.x} ${zoom.y}) scale(${zoom.k})`}>
          <g className="areas areas-quiet">
            {paths.map(([code, path]) => (
              <path key={code} d={path} />
            ))}
          </g>
          <g ref={group} onKeyDown={onKeyDown}>
            {placed.map(({ key, point: [x, y], text, colour, label: words }) => {
              const wide = Math.max(26, text.length * 7.2 + 12)
              return (
                <g
                  key={key}
                  className="station"
                  role="button"
                  tabIndex={key === tabStop ? 0 : -1}
                  transform={`translate(${x} ${y}) scale(${unit})`}
                  aria-label={words}
                  aria-pressed={key === chosen}
                  data-station={key}
                  data-testid="station-mark"
                  onClick={() => onChoose(key)}
                  onFocus={() => setActive(key)}
                >
                  <title>{words}</title>
                  <rect
                    className="station-pill"
                    x={-wide / 2}
                    y={-10}
                    width={wide}
                    height={20}
                    rx={10}
                    {...(colour ? { style: { fill: colour } } : {})}
                  />
                  <text
                    className="station-text"
                    dy="4"
                    {...(colour ? { style: { fill: textOn(colour) } } : {})}
                  >
                    {text}
                  </text>
                </g>
              )
            })}
          </g>
        </g>
      </svg>
      <ZoomButtons zoom={zoom} />
    </div>
  )
}
