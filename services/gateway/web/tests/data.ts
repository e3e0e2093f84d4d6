import type { AreaCollection, AreaProperties, Datastream } from '../src/api/types'

export const NOW = Date.parse('2026-07-01T05:00:00Z')

export function datastream(
  id: number,
  change: Partial<Datastream> & { area?: string | null } = {},
): Datastream {
  const { area = '02647', ...rest } = change
  return {
    id,
    key: `demo/station-${id}/pm25`,
    name: 'Bụi PM2.5',
    description: '',
    properties: {},
    observationType: 'OM_Measurement',
    unitOfMeasurement: { name: 'microgram per cubic metre', symbol: 'µg/m³', definition: null },
    observedProperty: { id: 1, key: 'pm25', name: 'PM2.5', definition: '' },
    thing: {
      id: 100 + id,
      key: `station-${id}`,
      name: `Trạm ${id}`,
      areaCode: area,
      longitude: 103.9 + id / 100,
      latitude: 22.4,
      properties: {},
    },
    latest: { phenomenonTime: '2026-07-01T04:55:00Z', result: 20 + id, resultQuality: null },
    ...rest,
  }
}

export const AREAS: AreaProperties[] = [
  {
    code: '02647',
    name: 'Lào Cai',
    nameEn: 'Lao Cai',
    unitType: 'phường',
    areaKm2: 72,
    parentCode: '15',
    label: [103.97, 22.48],
  },
  {
    code: '02680',
    name: 'Đông Cuông',
    nameEn: 'Dong Cuong',
    unitType: 'xã',
    areaKm2: 116,
    parentCode: '15',
    label: [104.6, 21.9],
  },
]

export const AREA_INDEX = new Map(AREAS.map((area) => [area.code, area]))

export const COLLECTION: AreaCollection = {
  type: 'FeatureCollection',
  features: AREAS.map((properties) => ({
    type: 'Feature',
    id: properties.code,
    properties,
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [properties.label[0] - 0.1, properties.label[1] - 0.1],
          [properties.label[0] + 0.1, properties.label[1] - 0.1],
          [properties.label[0] + 0.1, properties.label[1] + 0.1],
          [properties.label[0] - 0.1, properties.label[1] - 0.1],
        ],
      ],
    },
  })),
}
