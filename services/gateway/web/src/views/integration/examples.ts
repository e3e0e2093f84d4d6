/** A small body of each format, to begin with. */

import type { Format } from './lines'

const SERVICE_EVENT = {
  specversion: '1.0',
  id: '2026-000123-received',
  source: '/agencies/so-tu-phap',
  type: 'vn.fansipan.dossier.received.v1',
  time: '2026-07-01T08:00:00+07:00',
  data: {
    dossierId: '2026-000123',
    agency: 'so-tu-phap',
    procedure: '1.000688',
    area: '02671',
    channel: 'online',
    dueAt: '2026-07-08T17:00:00+07:00',
  },
}

export function exampleOf(format: Format, provider: string): string {
  const observation = (minute: string, result: unknown) => ({
    datastream: `${provider}/tram-1/pm2_5`,
    phenomenonTime: `2026-07-01T08:${minute}:00+07:00`,
    result,
  })
  switch (format) {
    case 'observations':
      return JSON.stringify([observation('00', 23.4), observation('01', 'hỏng')], null, 2)
    case 'observations-ndjson':
      return [observation('00', 23.4), observation('01', 24.1)].map((one) => JSON.stringify(one)).join('\n')
    case 'service-events':
      return JSON.stringify([SERVICE_EVENT], null, 2)
    case 'cloud-events':
      return JSON.stringify(
        [
          {
            specversion: '1.0',
            id: 'tram-1-2026-07-01T08:00',
            source: '/tram-1',
            type: 'vn.fansipan.observation.v1',
            data: observation('00', 23.4),
          },
        ],
        null,
        2,
      )
    case 'senml':
      return JSON.stringify(
        [{ bn: 'urn:dev:ow:10e2073a01080063:', n: 'temperature', u: 'Cel', v: 23.1, t: 1782867600 }],
        null,
        2,
      )
    case 'influx':
      return 'air,station=tram-1 pm2_5=23.4,temperature=31.5 1782867600000000000'
    case 'chirpstack':
      return JSON.stringify(
        {
          deduplicationId: '3ac7e3c4-4401-4b8d-9386-a5c902f9202d',
          time: '2026-07-01T01:00:00.775023242+00:00',
          deviceInfo: { devEui: '0101010101010101', deviceName: 'tram-1' },
          object: { temperature: 23.4 },
        },
        null,
        2,
      )
    case 'the-things-stack':
      return JSON.stringify(
        {
          end_device_ids: { device_id: 'tram-1', application_ids: { application_id: 'lao-cai' } },
          received_at: '2026-07-01T01:00:00.614773143Z',
          uplink_message: {
            decoded_payload: { temperature: 23.4 },
            received_at: '2026-07-01T01:00:00.589585559Z',
          },
        },
        null,
        2,
      )
    case 'ngsi-v2':
      return JSON.stringify(
        {
          subscriptionId: '57f7787a5f817988e4eb3dda',
          data: [
            { id: 'tram-1', type: 'Station', temperature: { type: 'Number', value: 23.4, metadata: {} } },
          ],
        },
        null,
        2,
      )
    case 'ngsi-ld':
      return JSON.stringify(
        {
          id: 'urn:ngsi-ld:Notification:1',
          type: 'Notification',
          subscriptionId: 'urn:ngsi-ld:Subscription:1',
          notifiedAt: '2026-07-01T01:00:00Z',
          data: [
            {
              id: 'urn:ngsi-ld:Station:tram-1',
              type: 'Station',
              temperature: { type: 'Property', value: 23.4, observedAt: '2026-07-01T01:00:00Z' },
            },
          ],
        },
        null,
        2,
      )
  }
}
