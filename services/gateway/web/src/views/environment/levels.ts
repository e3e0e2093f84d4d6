import type { Row } from '../../datastreams/model'
import type { Threshold } from '../../explorer/option'

/** Stages (m) at which the alarm levels of a river gauge begin, in its own datum; null where one is not known. */
export interface AlarmLevels {
  bd1: number | null
  bd2: number | null
  bd3: number | null
}

export const WATER_LEVEL = 'water_level'
const NAMES = ['bd1', 'bd2', 'bd3'] as const
/** Dark enough for a line on both grounds; in the order of the bands of river-alarm-level. */
const COLOURS = { bd1: '#d39e00', bd2: '#f76707', bd3: '#d6336c' } as const

/** Levels as an object states them: the gauge's own properties, or the details of an explanation. Null without any. */
export function parseLevels(source: unknown): AlarmLevels | null {
  if (typeof source !== 'object' || source === null) return null
  const read = (name: string) => {
    const value = (source as Record<string, unknown>)[name]
    return typeof value === 'number' && Number.isFinite(value) ? value : null
  }
  const levels = { bd1: read('bd1'), bd2: read('bd2'), bd3: read('bd3') }
  return NAMES.every((name) => levels[name] === null) ? null : levels
}

/** How a stage stands to the levels. */
export interface Standing {
  /** Highest level that is reached, 0 for none; null where that does not follow from what is known. */
  reached: 0 | 1 | 2 | 3 | null
  /** The level compared with: the highest that is reached, else the lowest that is known. */
  reference: 1 | 2 | 3
  /** Stage above the reference, m; negative below it. */
  difference: number
}

export function standingOf(stage: number, levels: AlarmLevels): Standing | null {
  const known = NAMES.flatMap((name, index) => {
    const value = levels[name]
    return value === null ? [] : [{ level: (index + 1) as 1 | 2 | 3, value }]
  })
  const [lowest] = known
  if (!lowest) return null
  const top = known.filter(({ value }) => stage >= value).at(-1)
  // Below BĐ3 with BĐ1 and BĐ2 unknown, nobody can say which level holds.
  const reference = top ?? lowest
  const following = known.find(({ level }) => level === (top ? top.level + 1 : 1))
  const certain = top?.level === 3 || following !== undefined
  return {
    reached: certain ? (top?.level ?? 0) : null,
    reference: reference.level,
    difference: stage - reference.value,
  }
}

/** The levels as lines for a chart, for gauges that state them. */
export function thresholdsOf(levels: AlarmLevels | null): Threshold[] {
  if (!levels) return []
  return NAMES.flatMap((name, index) => {
    const value = levels[name]
    return value === null ? [] : [{ value, label: `BĐ${index + 1}`, colour: COLOURS[name] }]
  })
}

const NO_THRESHOLDS: Threshold[] = []

export function levelThresholds({ datastream }: Row): Threshold[] {
  if (datastream.observedProperty.key !== WATER_LEVEL) return NO_THRESHOLDS
  return thresholdsOf(parseLevels(datastream.thing.properties?.['alarmLevels']))
}
