import type { I18n } from '../../i18n/I18n'
import { bandName } from '../../indicators/cardText'
import { WATER_LEVEL } from './levels'
import type { StationMark } from './StationMap'
import type { Layer, Station } from './stations'

const SHOWN: Record<Layer, { value: string; band: string; decimals: number }> = {
  air: { value: 'vn-aqi-hourly', band: 'vn-aqi-hourly', decimals: 0 },
  river: { value: 'river-stage', band: 'river-alarm-level', decimals: 2 },
  rain: { value: 'rain-24h', band: 'rainfall-risk', decimals: 0 },
}

/** A station as the map shows it; null without a place. */
export function markOf(station: Station, layer: Layer, { language, format, t }: I18n): StationMark | null {
  if (!station.position) return null
  const { value: valueOf, band: bandOf, decimals } = SHOWN[layer]
  const value = layer === 'river' ? stageOf(station) : (station.figures.get(valueOf)?.value ?? null)
  const band =
    station.figures.get(bandOf)?.band ?? (layer === 'rain' ? station.figures.get('rain-24h')?.band : null)
  const text = value === null ? '–' : format.fixed(value, decimals)
  return {
    key: station.key,
    position: station.position,
    text,
    colour: value === null ? null : (band?.colour ?? null),
    label: [
      station.name,
      value === null ? t('noValue') : text,
      value !== null && band && bandName(band, language),
      station.areaName,
    ]
      .filter(Boolean)
      .join(', '),
  }
}

/** The newest stage, m: the reading itself, which is newer than the figure of the hour. */
export function stageOf(station: Station): number | null {
  const reading = station.measured.find((row) => row.datastream.observedProperty.key === WATER_LEVEL)?.latest
  if (typeof reading?.result === 'number' && reading.resultQuality !== 'bad') return reading.result
  return station.figures.get('river-stage')?.value ?? null
}
