/** Shapes of the gateway's answers, as its OpenAPI document describes them. Times are RFC 3339 texts. */

export type Result = number | string | boolean | Record<string, unknown> | unknown[] | null
export type Quality = 'good' | 'suspect' | 'bad'
export type Granularity = 'raw' | '1m' | '1h' | '1d'

export interface Thing {
  id: number | string
  key: string
  name: string
  areaCode: string | null
  /** Degrees, WGS 84; null when the thing has no point location. */
  longitude: number | null
  latitude: number | null
  properties?: Record<string, unknown> | null
}

export interface Reading {
  phenomenonTime: string
  result: Result
  resultQuality?: Quality | null
}

export interface Datastream {
  id: number | string
  /** provider/thing/property */
  key: string
  name: string
  description: string
  /** What the provider adds; `nameEn` is the English name. Things have it too. */
  properties: Record<string, unknown>
  observationType: string
  unitOfMeasurement: { name: string | null; symbol: string | null; definition: string | null } | null
  observedProperty: { id: number | string; key: string; name: string; definition: string }
  thing: Thing
  latest: Reading | null
}

export interface LatestItem extends Reading {
  /** Key of the datastream. */
  datastream: string
  storedAt: string
}

export interface RawItem extends Reading {
  id: string
  datastream: string
}

export interface RollupItem {
  datastream: string
  bucket: string
  count: number
  sum: number
  min: number
  max: number
  first: number
  last: number
  mean: number
}

export interface Page<Item> {
  items: Item[]
  /** Address of the following page; null after the last. */
  next: string | null
}

export interface ObservationPage extends Page<RawItem | RollupItem> {
  granularity: Granularity
}

export type Ring = [number, number][]

export interface AreaProperties {
  code: string
  name: string
  nameEn: string
  unitType: string
  areaKm2: number | null
  /** Code of the province. */
  parentCode: string
  /** A point inside the area: longitude, latitude. */
  label: [number, number]
}

export interface AreaFeature {
  type: 'Feature'
  id: string
  properties: AreaProperties
  geometry: { type: 'Polygon'; coordinates: Ring[] } | { type: 'MultiPolygon'; coordinates: Ring[][] }
}

export interface AreaCollection {
  type: 'FeatureCollection'
  features: AreaFeature[]
}

export interface ServiceSummaryItem {
  key: string | null
  name: string | null
  nameEn: string | null
  /** Dossiers received in the range. */
  received: number
  processed: number
  /** Of those that ended in the range: by their due time, or after it. */
  onTime: number
  late: number
  /** At the end of the range. */
  open: number
  overdue: number
}

export interface ServiceSummary {
  items: ServiceSummaryItem[]
}
