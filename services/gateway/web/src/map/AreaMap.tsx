import { memo, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'

import type { AreaCollection } from '../api/types'
import { FRESH_HOURS } from '../datastreams/freshness'
import { areaName, type ThingMark } from '../datastreams/model'
import { StateMark, StateShape } from '../datastreams/StateMark'
import { useI18n } from '../i18n/I18n'
import type { Language } from '../i18n/messages'
import type { Shade, Shading } from '../indicators/shading'
import {
  areaPath,
  fitProjection,
  nearestTowards,
  placeLabels,
  type Label,
  type Projection,
} from './projection'
import { useUnit } from './useUnit'
import { useZoom } from './useZoom'
import { ZoomButtons } from './ZoomButtons'

interface Props {
  areas: AreaCollection
  things: readonly ThingMark[]
  chosenThing: string | null
  filteredThing: string | null
  filteredArea: string | null
  /** How communes are coloured; null leaves them plain. */
  shading: Shading | null
  onThing: (key: string | null) => void
  onArea: (code: string | null) => void
}

const DIRECTIONS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}
/** Zoomed in so far there is room for the names of communes where nothing is shown. */
const ALL_NAMES_FROM = 1.5
const STATE_TEXTS = { fresh: 'stateFresh', stale: 'stateStale', none: 'stateNone' } as const
/** What needs a look is drawn last, on top. */
const DRAW_ORDER = { none: 0, fresh: 1, stale: 2 } as const

/** The communes with the things on them; drawn anew only when one of them or the choice changes. */
export const AreaMap = memo(function AreaMap({
  areas,
  things,
  chosenThing,
  filteredThing,
  filteredArea,
  shading,
  onThing,
  onArea,
}: Props) {
  const { t, language } = useI18n()
  const svg = useRef<SVGSVGElement>(null)
  const projection = useMemo(() => fitProjection(areas), [areas])
  const { width, height } = projection
  const zoom = useZoom(svg, width, height)
  const unit = useUnit(svg, width, height) / zoom.k
  const [hint, setHint] = useState<{ text: string; detail: string; left: number; top: number } | null>(null)
  const [active, setActive] = useState<string | null>(null)

  const marks = useMemo(
    () =>
      [...things]
        .sort((a, b) => DRAW_ORDER[a.state] - DRAW_ORDER[b.state])
        .map((mark) => ({ ...mark, point: projection.project(mark.position) })),
    [things, projection],
  )
  const perArea = useMemo(() => {
    const counts = new Map<string, number>()
    for (const { thing } of things) {
      if (thing.areaCode) counts.set(thing.areaCode, (counts.get(thing.areaCode) ?? 0) + 1)
    }
    return counts
  }, [things])
  const named = zoom.k >= ALL_NAMES_FROM
  const labels = useMemo(() => {
    const weight = (code: string, type: string) =>
      (code === filteredArea ? 4 : 0) +
      (perArea.has(code) || shading?.shades.get(code)?.colour ? 2 : 0) +
      (type === 'phường' ? 1 : 0)
    const candidates = areas.features
      .map(({ properties }) => {
        const [x, y] = projection.project(properties.label)
        const label: Label = {
          code: properties.code,
          text: language === 'en' ? properties.nameEn : properties.name,
          x,
          y,
        }
        return { label, weight: weight(properties.code, properties.unitType) }
      })
      .filter(({ weight }) => weight > 0 || named)
      .sort((a, b) => b.weight - a.weight)
    return placeLabels(
      candidates.map((candidate) => candidate.label),
      marks.map((mark) => mark.point),
      projection,
      unit,
    )
  }, [areas, projection, marks, perArea, filteredArea, shading, named, language, unit])

  // Shown once more above all others: its neighbours must not hide it.
  const chosenMark = marks.find((mark) => String(mark.thing.id) === chosenThing)
  const tabStop =
    [active, filteredThing, chosenThing].find((key) => marks.some((mark) => String(mark.thing.id) === key)) ??
    (marks[0] && String(marks[0].thing.id))

  function onKeyDown(event: KeyboardEvent<SVGGElement>) {
    const direction = DIRECTIONS[event.key]
    if (direction) {
      event.preventDefault()
      const from = marks.findIndex((mark) => String(mark.thing.id) === tabStop)
      const next = nearestTowards(
        marks.map((mark) => mark.point),
        from,
        direction,
      )
      const mark = marks[next]
      if (!mark) return
      setActive(String(mark.thing.id))
      ;(event.currentTarget.children[next] as SVGGElement).focus()
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      if (tabStop !== undefined) onThing(tabStop === filteredThing ? null : tabStop)
    }
  }

  function pointTo(event: PointerEvent<Element>, text: string, detail: string) {
    if (event.pointerType === 'touch') return
    const box = svg.current?.parentElement?.getBoundingClientRect()
    if (box) setHint({ text, detail, left: event.clientX - box.left, top: event.clientY - box.top })
  }

  return (
    <div className="map-box">
      <svg
        ref={svg}
        className="map"
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label={t('mapLabel', { n: areas.features.length })}
        aria-describedby="map-help"
        onPointerLeave={() => setHint(null)}
      >
        <g transform={`translate(${zoom.x} ${zoom.y}) scale(${zoom.k})`}>
          <AreaShapes
            areas={areas}
            perArea={perArea}
            filteredArea={filteredArea}
            shades={shading?.shades ?? null}
            projection={projection}
            language={language}
            onArea={onArea}
            onPoint={(event, code) => {
              const area = areas.features.find((feature) => feature.id === code)
              if (area)
                pointTo(
                  event,
                  areaName(area.properties, language),
                  [
                    shading && (shading.shades.get(code)?.text ?? t('shadeMissing')),
                    t('thingsHere', { n: perArea.get(code) ?? 0 }),
                  ]
                    .filter(Boolean)
                    .join(' · '),
                )
            }}
          />
          <g className="area-labels" aria-hidden="true" fontSize={11 * unit} strokeWidth={3 * unit}>
            {labels.map(({ code, text, x, y }) => (
              <text key={code} x={x} y={y} data-filled={perArea.has(code)}>
                {text}
              </text>
            ))}
          </g>
          <g onKeyDown={onKeyDown}>
            {marks.map(({ thing, name, areaName: place, state, point: [x, y] }) => (
              <g
                key={String(thing.id)}
                className="thing"
                role="button"
                tabIndex={String(thing.id) === tabStop ? 0 : -1}
                transform={`translate(${x} ${y}) scale(${unit})`}
                aria-label={[name, place, t(STATE_TEXTS[state])].filter(Boolean).join(', ')}
                aria-pressed={String(thing.id) === filteredThing}
                data-testid="thing-point"
                data-thing={String(thing.id)}
                data-state={state}
                onClick={() => onThing(String(thing.id) === filteredThing ? null : String(thing.id))}
                onFocus={() => setActive(String(thing.id))}
                onPointerMove={(event) => {
                  event.stopPropagation()
                  pointTo(event, name, [place, t(STATE_TEXTS[state])].filter(Boolean).join(' · '))
                }}
              >
                <circle className="thing-reach" r="12" />
                <circle className="thing-ring" r="10.5" />
                <StateShape state={state} size={5.5} />
              </g>
            ))}
          </g>
          {chosenMark && (
            <g
              className="thing-chosen"
              aria-hidden="true"
              transform={`translate(${chosenMark.point[0]} ${chosenMark.point[1]}) scale(${unit})`}
            >
              <circle className="thing-ring" r="10.5" />
              <StateShape state={chosenMark.state} size={5.5} />
            </g>
          )}
        </g>
      </svg>
      <p id="map-help" className="visually-hidden">
        {t('mapHelp')}
      </p>
      {hint && <MapHint {...hint} />}
      <ZoomButtons zoom={zoom} />
      <div className="map-foot">
        {shading && <ShadeLegend shading={shading} />}
        <ul className="legend">
          <li>
            <StateMark state="fresh" /> {t('legendFresh', { hours: FRESH_HOURS })}
          </li>
          <li>
            <StateMark state="stale" /> {t('legendStale', { hours: FRESH_HOURS })}
          </li>
          <li>
            <StateMark state="none" /> {t('legendNone')}
          </li>
        </ul>
        <p className="map-note">{t('illustrative')}</p>
      </div>
    </div>
  )
})

function ShadeLegend({ shading }: { shading: Shading }) {
  const { t } = useI18n()
  return (
    <ul
      className="legend legend-shade"
      aria-label={t('shadeLegend', { name: shading.title })}
      data-testid="shade-legend"
    >
      {shading.legend.map(({ colour, label, range }) => (
        <li key={label} title={range}>
          <span className="swatch" style={{ background: colour }} aria-hidden="true" />
          {label}
        </li>
      ))}
      <li>
        <span className="swatch swatch-none" aria-hidden="true" />
        {t('shadeMissing')}
      </li>
    </ul>
  )
}

interface ShapesProps {
  areas: AreaCollection
  perArea: ReadonlyMap<string, number>
  filteredArea: string | null
  shades: Shading['shades'] | null
  projection: Projection
  /** Names in hints depend on it. */
  language: Language
  onArea: (code: string | null) => void
  onPoint: (event: PointerEvent<Element>, code: string) => void
}

/** The 30,000 corners are written once; panning and new values leave this part alone. */
const AreaShapes = memo(
  function AreaShapes({ areas, perArea, filteredArea, shades, projection, onArea, onPoint }: ShapesProps) {
    const paths = useMemo(
      () => areas.features.map((feature) => [feature.id, areaPath(feature, projection)] as const),
      [areas, projection],
    )
    return (
      <g className="areas">
        {paths.map(([code, path]) => (
          <path
            key={code}
            d={path}
            data-area={code}
            data-filled={perArea.has(code)}
            data-chosen={code === filteredArea}
            data-shaded={shades !== null}
            {...fillOf(shades?.get(code))}
            onClick={() => onArea(code === filteredArea ? null : code)}
            onPointerMove={(event) => onPoint(event, code)}
          />
        ))}
      </g>
    )
  },
  (before, after) =>
    before.areas === after.areas &&
    before.filteredArea === after.filteredArea &&
    before.shades === after.shades &&
    before.onArea === after.onArea &&
    sameCounts(before.perArea, after.perArea) &&
    before.language === after.language,
)

function fillOf(shade: Shade | undefined): { style?: { fill: string } } {
  return shade?.colour ? { style: { fill: shade.colour } } : {}
}

function sameCounts(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): boolean {
  return before.size === after.size && [...before].every(([code, count]) => after.get(code) === count)
}

function MapHint({ text, detail, left, top }: { text: string; detail: string; left: number; top: number }) {
  return (
    <div className="map-hint" style={{ left, top }} aria-hidden="true">
      <strong>{text}</strong>
      <span>{detail}</span>
    </div>
  )
}
