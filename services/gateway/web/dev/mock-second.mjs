/**
 * Made-up answers of the stand-in gateway for environment, things, open data, administration and the account, in the
 * shapes of the gateway's OpenAPI document. Changes live until the server stops.
 */
import { randomBytes } from 'node:crypto'

import { AGENCIES, PROCEDURES } from './mock-definitions.mjs'
import { bodyOf, operatorOf, sessionOf } from './mock-session.mjs'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const ZONE = 7 * HOUR
const started = Date.now()
const text = (vi, en) => ({ vi, en })
const ago = (ms) => new Date(started - ms).toISOString()
const hex = (length) => randomBytes(length / 2).toString('hex')

// ---------------------------------------------------------------- environment
const AQI = [
  ['good', 'Tốt', 'Good', '#00e400', 50],
  ['moderate', 'Trung bình', 'Moderate', '#ffff00', 100],
  ['poor', 'Kém', 'Poor', '#ff7e00', 150],
  ['bad', 'Xấu', 'Bad', '#ff0000', 200],
  ['very-bad', 'Rất xấu', 'Very bad', '#8f3f97', 300],
  ['hazardous', 'Nguy hại', 'Hazardous', '#7e0023', null],
]
const ALARM = [
  ['below', 'Dưới báo động 1', 'Below alarm level 1', '#2f9e44', 0],
  ['bd1', 'Báo động 1', 'Alarm level 1', '#ffd43b', 1],
  ['bd2', 'Báo động 2', 'Alarm level 2', '#f76707', 2],
  ['bd3', 'Báo động 3', 'Alarm level 3', '#c92a2a', null],
]
const RAIN = [
  ['light', 'Không mưa hoặc mưa nhỏ', 'No or light rain', '#d0ebff', 15.9],
  ['moderate', 'Mưa vừa', 'Moderate rain', '#74c0fc', 50],
  ['heavy', 'Mưa to', 'Heavy rain', '#1c7ed6', 100],
  ['very-heavy', 'Mưa rất to', 'Very heavy rain', '#5f3dc4', null],
]
const RISK = [
  ['none', 'Chưa tới cấp 1', 'Below level 1', '#f1f3f5', 0],
  ['low', 'Cấp 1: rủi ro thấp', 'Level 1: low risk', '#9fd3f5', 1],
  ['medium', 'Cấp 2: rủi ro trung bình', 'Level 2: medium risk', '#fff3a0', 2],
  ['high', 'Cấp 3: rủi ro lớn', 'Level 3: high risk', '#ff9933', null],
]
const DUST = [
  ['within', 'Trong giới hạn', 'Within the limit', '#2f9e44', 45],
  ['above', 'Vượt giới hạn', 'Above the limit', '#e03131', null],
]
const PM = ['pm2_5', 'pm10']

/** id, group, names, unit, decimals, period, bands, which things have it, how its value comes about */
const DEFINITIONS = [
  [
    'vn-aqi-hourly',
    'environment',
    'Chỉ số chất lượng không khí (VN_AQI) giờ',
    'Air quality index (VN_AQI), hourly',
    '',
    0,
    'hour',
    AQI,
    PM,
    (s) => Math.round(28 + s * 170),
  ],
  [
    'vn-aqi-daily',
    'environment',
    'Chỉ số chất lượng không khí (VN_AQI) ngày',
    'Air quality index (VN_AQI), daily',
    '',
    0,
    'day',
    AQI,
    PM,
    (s) => Math.round(30 + s * 120),
  ],
  [
    'pm2-5-24h',
    'environment',
    'PM2.5 trung bình 24 giờ',
    'PM2.5, mean of 24 hours',
    'µg/m³',
    1,
    'day',
    DUST,
    PM,
    (s) => 12 + s * 60,
  ],
  [
    'river-alarm-level',
    'floods',
    'Cấp báo động lũ',
    'Flood alarm level',
    'cấp',
    0,
    'hour',
    ALARM,
    ['water_level'],
    null,
  ],
  ['river-stage', 'floods', 'Mực nước sông', 'River stage', 'm', 2, 'hour', [], ['water_level'], null],
  [
    'river-rise',
    'floods',
    'Cường suất mực nước',
    'Rate of rise',
    'm/h',
    2,
    'hour',
    [],
    ['water_level'],
    (s) => Math.round((s - 0.45) * 160) / 100,
  ],
  [
    'rain-1h',
    'floods',
    'Lượng mưa 1 giờ',
    'Rain of 1 hour',
    'mm',
    1,
    'hour',
    [],
    ['rain'],
    (s) => s * s * 40,
  ],
  [
    'rain-24h',
    'floods',
    'Lượng mưa 24 giờ',
    'Rain of 24 hours',
    'mm',
    1,
    'hour',
    RAIN,
    ['rain'],
    (s) => s * s * 160,
  ],
  [
    'rain-72h',
    'floods',
    'Lượng mưa 72 giờ',
    'Rain of 72 hours',
    'mm',
    1,
    'hour',
    [],
    ['rain'],
    (s) => s * s * 290,
  ],
  [
    'rainfall-risk',
    'floods',
    'Cấp độ rủi ro lũ quét, sạt lở đất do mưa',
    'Risk level of flash floods and landslides by rain',
    'cấp',
    0,
    'hour',
    RISK,
    ['rain'],
    (s) => (s < 0.35 ? 0 : s < 0.6 ? 1 : s < 0.8 ? 2 : 3),
  ],
  [
    'sensor-completeness',
    'data-health',
    'Độ đầy đủ của số liệu',
    'Completeness of readings',
    '%',
    1,
    'day',
    [],
    null,
    (s) => Math.min(100, 70 + s * 45),
  ],
  [
    'sensor-stuck-share',
    'data-health',
    'Tỷ lệ số đo đứng yên',
    'Share of stuck readings',
    '%',
    1,
    'day',
    [],
    null,
    (s) => s * 6,
  ],
].map(([id, group, vi, en, symbol, decimals, period, bands, properties, value]) => ({
  document: {
    id,
    group,
    names: text(vi, en),
    shortNames: null,
    description: text(`${vi}. Số liệu giả.`, `${en}. Made-up figures.`),
    unit: { symbol, ucum: '1', name: symbol === 'cấp' ? text('cấp', 'level') : null },
    direction: 'lower-is-better',
    decimals,
    public: true,
    periods: [period],
    subjects: ['thing', 'commune', 'province'],
    bands: bands.map(([key, nameVi, nameEn, colour, upTo]) => ({
      key,
      name: text(nameVi, nameEn),
      colour,
      upTo,
    })),
  },
  properties,
  value,
}))

function periodOf(kind) {
  const now = Date.now()
  const label = new Date(now + ZONE).toISOString().slice(0, kind === 'hour' ? 13 : 10)
  const start = Date.parse(kind === 'hour' ? `${label}:00:00Z` : `${label}T00:00:00Z`) - ZONE
  return {
    label,
    start: new Date(start).toISOString(),
    end: new Date(start + (kind === 'hour' ? HOUR : DAY)).toISOString(),
  }
}

/** Levels of a gauge: most state their own, one is in the official table only, one is nowhere. */
const OFFICIAL = { bd1: 74.1, bd2: 74.9, bd3: 75.6 }
export function alarmLevels(index) {
  if (index % 7 === 5) return null
  return { bd1: 73.6 + (index % 5) * 0.35, bd2: 74.3 + (index % 5) * 0.35, bd3: 75.1 + (index % 5) * 0.35 }
}

/** @param things() things with key, areaCode, properties and streams [{ property, value }] */
export function mockSecond({ things, province }) {
  const share = (thing, id) => {
    let seed = id.length * 31
    for (const letter of thing.key) seed = (seed * 33 + letter.charCodeAt(0)) % 997
    return (Math.sin(seed + Date.now() / (40 * MINUTE)) + 1) / 2
  }

  function figure({ document, value }, thing) {
    const period = periodOf(document.periods[0])
    const stage = thing.streams.find((one) => one.property === 'water_level')?.value ?? null
    const levels = thing.properties.alarmLevels ?? (thing.official ? OFFICIAL : null)
    let result = value ? value(share(thing, document.id)) : stage
    if (document.id === 'river-alarm-level')
      result =
        stage === null || !levels
          ? null
          : [levels.bd1, levels.bd2, levels.bd3].filter((at) => stage >= at).length
    const band = result === null ? null : document.bands.find(({ upTo }) => upTo === null || result <= upTo)
    return {
      indicator: document.id,
      version: 1,
      subject: { kind: 'thing', key: thing.key, name: thing.name, nameEn: thing.properties.nameEn ?? null },
      period: period.label,
      start: period.start,
      end: period.end,
      value: result,
      band: band ? { key: band.key, name: band.name, colour: band.colour } : null,
      numerator: null,
      denominator: null,
      sampleCount: 12,
      completeness: document.id.startsWith('rain-') ? 0.8 + share(thing, 'x') * 0.2 : 0.97,
      revision: 3,
      reason: 'new-data',
      knownFrom: new Date(Math.floor(Date.now() / 30_000) * 30_000).toISOString(),
      missing: result === null ? 'missing-attribute' : null,
      provisional: true,
      closed: false,
      restated: null,
      previous: result,
      change: 0,
      rank: 1,
    }
  }
  const has = ({ properties }, thing) =>
    properties === null || thing.streams.some((one) => properties.includes(one.property))
  const figuresOf = (definition) =>
    things()
      .filter((thing) => has(definition, thing))
      .map((thing) => figure(definition, thing))
  const ofProvince = (definition) => {
    const all = figuresOf(definition).filter((one) => one.value !== null)
    const worst = all.sort((a, b) => b.value - a.value)[0]
    return worst ? { ...worst, subject: province } : null
  }

  function explanation(definition, thing) {
    const found = figure(definition, thing)
    const { id } = definition.document
    const levels = thing.properties.alarmLevels ?? (thing.official ? OFFICIAL : null)
    const index = found.value ?? 0
    return {
      definition: {
        ...definition.document,
        version: 1,
        effectiveFrom: '2019-11-12',
        effectiveTo: null,
        inWords: text('Số liệu giả để phát triển trang.', 'Made-up figures for work on the page.'),
        sources: [],
        limits: id === 'pm2-5-24h' ? [{ value: 45, name: text('Giới hạn 24 giờ', 'Limit of 24 hours') }] : [],
        disputed: [],
        assumed: [],
      },
      figure: found,
      numerator: null,
      denominator: null,
      completeness: { value: 0.97, sampleCount: 12, minimumPercent: null, expectedIntervalSeconds: 300 },
      details: id.startsWith('vn-aqi')
        ? {
            dominant: 'pm2_5',
            subIndices: {
              pm2_5: index,
              pm10: Math.round(index * 0.7),
              no2: Math.round(index * 0.3),
              o3_1h: 22,
            },
            concentrations: { pm2_5: index / 2.4, pm10: index * 0.8, no2: index * 0.6, o3_1h: 44 },
          }
        : id === 'river-alarm-level'
          ? { stage: 74.2, ...(levels ? { levels } : {}) }
          : {},
      inputs: { kind: 'things', combine: 'max', items: [] },
      next: null,
      nextCorrections: null,
      revisions: [{ ...found, revision: 1, supersededAt: null }],
      moreRevisions: false,
      close: null,
    }
  }

  /** Answers what is about things and environment; undefined leaves it to the other made-up indicators. */
  function indicators(path, query, others) {
    if (path === '/v1/indicators') {
      const { items } = others()
      const known = new Set(items.map((one) => one.id))
      return {
        items: [...items, ...DEFINITIONS.map((one) => one.document).filter((one) => !known.has(one.id))],
      }
    }
    const subject = query.get('subject')
    if (path === '/v1/indicators/latest' && subject?.startsWith('thing:')) {
      const thing = things().find((one) => one.key === subject.slice(6))
      if (!thing) return { items: [] }
      return {
        items: DEFINITIONS.filter((one) => has(one, thing)).map((one) => ({
          ...one.document,
          ...figure(one, thing),
        })),
      }
    }
    const [, id, rest] = /^\/v1\/indicators\/([^/]+)\/(.+)$/.exec(path) ?? []
    const definition = DEFINITIONS.find((one) => one.document.id === id)
    if (!definition) return undefined
    if (rest === 'latest' && query.get('by') === 'thing')
      return {
        indicator: id,
        period: definition.document.periods[0],
        direction: 'lower-is-better',
        total: 0,
        province: ofProvince(definition),
        items: figuresOf(definition),
        next: null,
      }
    const [, key] = /^values\/thing:(.+)\/[^/]+\/explain$/.exec(rest) ?? []
    const thing = key && things().find((one) => one.key === key)
    if (thing) return explanation(definition, thing)
    if (rest === 'values' && !others()) {
      const now = ofProvince(definition)
      return {
        items: Array.from({ length: 48 }, (_, at) => ({
          ...now,
          value: (now?.value ?? 50) * (1 + 0.3 * Math.sin(at / 5) + 0.1 * Math.sin(at * 1.7)),
        })),
        next: null,
      }
    }
    return undefined
  }

  function openData(others) {
    const documents = [
      ...DEFINITIONS.map((one) => [one.document, ofProvince(one)]),
      ...others('/v1/indicators', new URLSearchParams()).items.map((one) => [
        one,
        others('/v1/indicators/latest', new URLSearchParams({ subject: '15' })).items.find(
          (card) => card.indicator === one.id,
        ) ?? null,
      ]),
    ]
    const seen = new Set()
    return {
      licence: 'https://creativecommons.org/licenses/by/4.0/',
      publisher: 'UBND tỉnh Lào Cai',
      province,
      items: documents
        .filter(([{ id }]) => !seen.has(id) && seen.add(id))
        .map(([one, latest]) => ({
          ...one,
          description: one.description ?? one.names,
          version: 1,
          sources: [
            {
              title: 'Quyết định 1459/QĐ-TCMT',
              article: 'Mục 2.2',
              issued: null,
              inForceFrom: null,
              note: null,
            },
          ],
          latest,
          links: {
            downloads: Object.fromEntries(
              ['csv', 'xlsx', 'parquet', 'geojson'].map((format) => [
                format,
                `http://other.example/v1/indicators/${one.id}/export?format=${format}`,
              ]),
            ),
            values: `http://other.example/v1/indicators/${one.id}/values?area=15`,
            definition: `http://other.example/v1/indicators/${one.id}`,
          },
        })),
    }
  }

  return { indicators, openData }
}

// ---------------------------------------------------------------- administration
const NAMES = ['created', 'changed']
const provider = (key, name, contact, things, autoRegister = false) => ({
  key,
  name,
  contact,
  autoRegister,
  limits: { observationsPerDay: null, bytesPerDay: null, requestsPerMinute: null },
  disabled: false,
  disabledAt: null,
  createdAt: ago(200 * DAY),
  activeKeys: 0,
  things,
  version: hex(12),
})
const providers = [
  provider('kttv', 'Đài Khí tượng Thủy văn khu vực Tây Bắc', 'Trực ban: 0214 3840 000', 12),
  provider('mot-cua', 'Trung tâm Phục vụ hành chính công', 'hcc@laocai.example', 0),
  provider('so-nnmt', 'Sở Nông nghiệp và Môi trường', 'quan-trac@laocai.example', 9, true),
]
const keyOf = (of, name, scopes, days, change = {}) => ({
  id: hex(12),
  provider: of,
  name,
  scopes,
  datastreamPrefixes: [],
  state: 'active',
  createdAt: ago(days * DAY),
  createdBy: 'admin',
  expiresAt: null,
  revokedAt: null,
  revokedBy: null,
  ...change,
})
const keys = [
  keyOf('kttv', 'Máy chủ thu thập Lào Cai', ['write'], 120),
  keyOf('kttv', 'Trạm Bảo Hà (cũ)', ['write'], 190, {
    state: 'revoked',
    revokedAt: ago(60 * DAY),
    revokedBy: 'admin',
  }),
  keyOf('so-nnmt', 'Trạm không khí Cam Đường', ['read', 'write'], 40, {
    datastreamPrefixes: ['so-nnmt/air-01/'],
  }),
  keyOf('mot-cua', 'Hệ thống một cửa', ['write'], 90),
]
const account = (username, displayName, role, change = {}) => ({
  username,
  displayName,
  role,
  areaCodes: [],
  agencies: [],
  disabled: false,
  disabledAt: null,
  password: true,
  openIdConnect: null,
  totp: false,
  failedSignIns: 0,
  lockedUntil: null,
  lastSignInAt: ago(3 * HOUR),
  passwordChangedAt: ago(30 * DAY),
  createdAt: ago(300 * DAY),
  version: hex(12),
  ...change,
})
const accounts = [
  account('admin', 'Nguyễn Thị Lan', 'admin', { totp: true }),
  account('hoa', 'Trần Thị Hoa', 'operator', { areaCodes: ['02647', '02671'] }),
  account('minh', 'Phạm Văn Minh', 'operator', { failedSignIns: 5, lockedUntil: ago(-10 * MINUTE) }),
  account('thanh-tra', 'Thanh tra tỉnh', 'viewer', { lastSignInAt: null, agencies: ['so-xay-dung'] }),
  account('tuan', 'Lê Anh Tuấn', 'operator', { disabled: true, disabledAt: ago(9 * DAY) }),
]
const namedAs = ({ key, name, nameEn }, details) => ({
  key,
  name,
  nameEn,
  ...details,
  inEvents: true,
  updatedAt: ago(40 * DAY),
  version: hex(12),
})
const withoutName = (key, details) => ({
  ...namedAs({ key, name: null, nameEn: null }, details),
  updatedAt: null,
})
const registers = {
  agencies: [
    withoutName('H38.17', { level: null, areaCode: null }),
    ...AGENCIES.map((one) =>
      namedAs(
        one,
        one.key.startsWith('UBND-')
          ? { level: 'commune', areaCode: one.key.slice(5) }
          : { level: 'province', areaCode: '15' },
      ),
    ),
  ],
  procedures: [
    withoutName('1.013124', { field: null, nationalCode: null, law: null, processingDays: null }),
    ...PROCEDURES.map((one, place) =>
      namedAs(one, { field: 'Tư pháp', nationalCode: null, law: null, processingDays: 3 + place * 2 }),
    ),
  ],
}
const audit = []
function did(actor, action, object, details = {}, at = new Date().toISOString()) {
  audit.unshift({ id: audit.length + 1, at, actor, action, object, details, client: '10.15.2.14' })
}
for (const [minutes, actor, action, object, details] of [
  [4000, 'admin', 'provider.created', 'provider/so-nnmt', { name: 'Sở Nông nghiệp và Môi trường' }],
  [
    3990,
    'admin',
    'api-key.created',
    `api-key/${keys[2].id}`,
    { provider: 'so-nnmt', scopes: ['read', 'write'] },
  ],
  [2600, 'admin', 'period.closed', 'period/2026-10', { values: 4210, note: 'Báo cáo tháng 10' }],
  [900, 'hoa', 'session.began', 'operator/hoa', {}],
  [880, 'hoa', 'alert.acknowledged', 'alert/2', { note: 'đang đến hiện trường' }],
  [300, 'minh', 'session.failed', 'operator/minh', { reason: 'wrong-credentials' }],
  [20, 'admin', 'session.began', 'operator/admin', { secondFactor: true }],
])
  did(actor, action, object, details, ago(minutes * MINUTE))

const closes = [
  ['2026-Q3', 'quarter', 12_904, 3, 'Báo cáo quý III'],
  ['2026-10', 'month', 4_210, 12, 'Báo cáo tháng 10 gửi Sở Nội vụ'],
  ['2026-09', 'month', 4_188, 0, ''],
].map(([period, kind, values, restatements, note], at) => ({
  period,
  kind,
  start: ago(60 * DAY),
  end: ago(30 * DAY),
  closedAt: ago((20 + at * 30) * DAY),
  closedBy: 'admin',
  note,
  values,
  restatements,
  previous: '0'.repeat(64),
  digest: hex(64),
}))
const windows = [
  {
    id: 2,
    rule: 'river-gauge-silent',
    subject: 'demo/river-05/water_level',
    startsAt: ago(2 * HOUR),
    endsAt: ago(-6 * HOUR),
    reason: 'Hiệu chuẩn cảm biến',
    createdBy: 'hoa',
    createdAt: ago(2 * HOUR),
    endedBy: null,
  },
  {
    id: 1,
    rule: null,
    subject: 'demo/air-07/pm2_5',
    startsAt: ago(30 * DAY),
    endsAt: ago(29 * DAY),
    reason: 'Thay đầu đo',
    createdBy: 'admin',
    createdAt: ago(31 * DAY),
    endedBy: 'hoa',
  },
]
const letters = [
  [
    'unknown-datastream',
    'There is no datastream so-nnmt/air-09/pm2_5, and the provider does not register by itself.',
    'so-nnmt',
    { datastream: 'so-nnmt/air-09/pm2_5', phenomenonTime: ago(3 * HOUR), result: 41.2 },
  ],
  [
    'time-in-the-future',
    'phenomenonTime is 2 h 10 min ahead of the clock.',
    'kttv',
    { datastream: 'kttv/bao-ha/water_level', phenomenonTime: ago(-2 * HOUR), result: 55.31 },
  ],
  [
    'not-a-number',
    'result: a number is expected, "n/a" was given.',
    'kttv',
    { datastream: 'kttv/lao-cai/rain', phenomenonTime: ago(5 * HOUR), result: 'n/a' },
  ],
  [
    'invalid-json',
    'The message is no JSON: unexpected end at byte 212.',
    null,
    '{"datastream": "so-nnmt/air-01/pm2_5", "resu',
  ],
].map(([code, detail, of, payload], at) => ({
  id: 900 - at,
  receivedAt: ago((at * 97 + 12) * MINUTE),
  provider: of,
  kind: typeof payload === 'string' ? 'record' : 'observation',
  code,
  detail,
  payload: typeof payload === 'string' ? null : payload,
  payloadText: typeof payload === 'string' ? payload : null,
  payloadComplete: true,
  replayable: of !== null,
  replay:
    at === 2
      ? {
          at: ago(20 * MINUTE),
          by: 'admin',
          outcome: 'refused',
          stored: null,
          corrected: false,
          reasons: [{ code, detail }],
        }
      : null,
}))
const lane = (name, definitions, seconds, properties = []) => ({
  name,
  properties,
  refreshMilliseconds: 1000,
  definitions,
  evaluatedAt: ago(4_000),
  tickedAt: ago(1_000),
  owner: 'analytics-1',
  oldest: seconds === null ? null : ago(seconds * 1000),
  oldestSeconds: seconds,
})
const queue = (name, waiting, seconds) => ({
  name,
  waiting,
  more: waiting >= 10_000,
  oldest: seconds === null ? null : ago(seconds * 1000),
  oldestSeconds: seconds,
})
function catalogue() {
  const version = ({ document }, at) => ({
    id: document.id,
    version: 1,
    names: document.names,
    digest: 'd1e9a0c44f7b2c6d',
    lane: document.group === 'floods' ? 'water' : 'air',
    public: document.public,
    effectiveFrom: '2019-11-12',
    effectiveTo: null,
    syncedAt: ago(2 * DAY),
    retiredAt: null,
    evaluating: at === 2 ? { nextFrom: '2026-03-01', until: '2026-11-26', reason: 'changed' } : null,
  })
  const rule = (id, vi, en, severity, openAlerts) => ({
    id,
    names: text(vi, en),
    digest: '77b1c0aa12de4f90',
    severity,
    openAlerts,
    syncedAt: ago(2 * DAY),
    retiredAt: null,
  })
  return {
    at: new Date().toISOString(),
    definitions: DEFINITIONS.map(version),
    alertRules: [
      rule('flash-flood-danger', 'Nguy cơ lũ quét', 'Flash-flood danger', 'critical', 1),
      rule(
        'river-reaches-alarm-level',
        'Sông đạt mức báo động',
        'River reaches an alarm level',
        'serious',
        2,
      ),
      rule('air-station-silent', 'Trạm không khí mất tín hiệu', 'Air station is silent', 'info', 1),
    ],
    lanes: [
      lane('air', 3, null),
      lane('water', 7, 1.2),
      lane('cases', 38, 140),
      lane('data-health', 5, null),
    ],
    queues: [
      queue('touchedHours', 42, 1.2),
      queue('cascade', 3, 0.4),
      queue('cases', 10_000, 140),
      queue('staleDefinitions', 0, null),
    ],
    state: [],
  }
}

const refuse = (status, code, detail) => ({ status, title: code, code, detail })
const page = (items) => ({ body: { items, next: null } })

/** Answers `/v1/admin`, `/v1/periods`, `/v1/maintenance-windows` and the account; undefined for everything else. */
export async function mockAdministration(request, path, query) {
  const { method } = request
  if (!/^\/v1\/(admin|periods|maintenance-windows|session\/)/.test(path)) return undefined
  const who = operatorOf(request)
  if (who === false) return refuse(403, 'csrf-token-missing', 'Send X-CSRF-Token.')
  const session = sessionOf(request)
  const role = session?.operator.role
  const admin = role === 'admin'
  const body = method === 'GET' ? {} : await bodyOf(request)
  const open = path.startsWith('/v1/periods') && method === 'GET'
  if (!who && !open) return refuse(401, 'unauthorised', 'Sign in.')
  if (path.startsWith('/v1/admin') && !admin) return refuse(403, 'forbidden', 'This needs the role admin.')

  if (path.startsWith('/v1/session/')) return accountOf(method, path, session, body)
  if (path.startsWith('/v1/periods')) return periods(method, path, who, body, admin)
  if (path.startsWith('/v1/maintenance-windows')) {
    if (method === 'GET')
      return page(
        windows.filter(
          (one) => !query.get('current') || (Date.parse(one.endsAt) > Date.now() && !one.endedBy),
        ),
      )
    const [, id] = /\/(\d+)\/end$/.exec(path) ?? []
    if (id) {
      const one = windows.find((each) => String(each.id) === id)
      Object.assign(one, { endsAt: new Date().toISOString(), endedBy: who })
      return { body: one }
    }
    if (Date.parse(body.endsAt) <= Date.now())
      return refuse(422, 'invalid-time', 'endsAt must lie in the future.')
    const made = {
      id: windows.length + 1,
      rule: null,
      subject: null,
      startsAt: new Date().toISOString(),
      createdBy: who,
      createdAt: new Date().toISOString(),
      endedBy: null,
      ...body,
    }
    windows.unshift(made)
    return { status: 201, body: made }
  }
  return administration(method, path, query, who, body, request)
}

function accountOf(method, path, session, body) {
  if (path === '/v1/session/password') {
    if (body.current !== 'mock') return refuse(401, 'wrong-credentials', 'Mật khẩu hiện tại không đúng.')
    return { status: 204 }
  }
  if (path !== '/v1/session/totp') return refuse(404, 'not-found', 'No such address.')
  if (method === 'POST') {
    const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
    return {
      body: {
        secret,
        uri: `otpauth://totp/Fansipan:${session.operator.username}?secret=${secret}&issuer=Fansipan&algorithm=SHA1&digits=6&period=30`,
      },
    }
  }
  if (body.code !== '123456') return refuse(401, 'wrong-code', 'Mã không đúng hoặc đã hết hạn.')
  session.operator.totp = method === 'PUT'
  return { status: 204 }
}

function periods(method, path, who, body, admin) {
  if (path === '/v1/periods') return page(closes)
  const [, period, rest] = /^\/v1\/periods\/([^/]+)(?:\/(.+))?$/.exec(path)
  const close = closes.find((one) => one.period === period)
  if (rest === 'close') {
    if (!admin) return refuse(403, 'forbidden', 'This needs the role admin.')
    if (close) return refuse(409, 'already-closed', `${period} is closed already.`)
    if (period >= new Date().toISOString().slice(0, 7))
      return refuse(409, 'period-not-ended', `${period} has not ended.`)
    const made = {
      ...closes[0],
      period,
      kind: 'month',
      closedAt: new Date().toISOString(),
      closedBy: who,
      note: body.note,
      restatements: 0,
      digest: hex(64),
    }
    closes.unshift(made)
    did(who, 'period.closed', `period/${period}`, { note: body.note })
    return { status: 201, body: made }
  }
  if (!close) return refuse(404, 'not-found', `${period} is not closed.`)
  if (rest === 'verify')
    return { body: { period, ok: true, values: close.values, digest: close.digest, broken: null } }
  if (rest === 'restatements')
    return page(
      Array.from({ length: close.restatements }, (_, at) => ({
        indicator: at % 2 ? 'd766-2.1' : 'vn-aqi-daily',
        version: 1,
        subject: { kind: 'area', key: at % 2 ? '02671' : '02647' },
        closedValue: 97.5 - at,
        closedRevision: 1,
        value: 97.75 - at,
        revision: 2,
        reason: at % 3 ? 'late-data' : 'correction',
        at: ago(at * DAY),
      })),
    )
  return { body: { ...close, indicators: [] } }
}

function administration(method, path, query, who, body, request) {
  const rest = path.slice('/v1/admin/'.length)
  const stale = (one) => request.headers['if-match'] && request.headers['if-match'] !== `"${one.version}"`
  if (rest === 'audit') {
    const [actor, action, object] = ['actor', 'action', 'object'].map((name) => query.get(name))
    return page(
      audit.filter(
        (one) =>
          (!actor || one.actor === actor) &&
          (!action || one.action.startsWith(action)) &&
          (!object || one.object.startsWith(object)),
      ),
    )
  }
  if (rest === 'catalogue') return { body: catalogue() }
  const [, register, nameKey] = /^(agencies|procedures)(?:\/(.+))?$/.exec(rest) ?? []
  if (register) {
    const all = registers[register]
    const found = all.find((one) => one.key === nameKey)
    if (method === 'PUT') {
      if (found && stale(found)) return refuse(412, 'precondition-failed', 'Somebody changed it meanwhile.')
      const named = { inEvents: false, ...found, ...body, key: nameKey }
      Object.assign(named, { updatedAt: new Date().toISOString(), version: hex(12) })
      if (found) all.splice(all.indexOf(found), 1, named)
      else all.push(named)
      did(who, `${register === 'agencies' ? 'agency' : 'procedure'}.named`, `${register}/${nameKey}`, body)
      return { body: named }
    }
    const q = (query.get('q') ?? '').toLowerCase()
    const items = all
      .filter((one) => `${one.key} ${one.name ?? ''} ${one.nameEn ?? ''}`.toLowerCase().includes(q))
      .filter((one) => query.get('unnamed') !== 'true' || one.name === null)
    return { body: { items, next: null, unnamed: all.filter((one) => one.name === null).length } }
  }
  if (rest === 'providers') {
    const counted = providers.map((one) => ({
      ...one,
      activeKeys: keys.filter((key) => key.provider === one.key && key.state === 'active').length,
    }))
    if (method === 'GET') return page(counted)
    if (providers.some((one) => one.key === body.key))
      return refuse(409, 'provider-exists', `There is a provider ${body.key} already.`)
    const made = {
      ...provider(body.key, body.name, body.contact, 0, body.autoRegister),
      createdAt: new Date().toISOString(),
    }
    providers.push(made)
    did(who, `provider.${NAMES[0]}`, `provider/${body.key}`, { name: body.name })
    return { status: 201, body: made }
  }
  const [, ofKeys] = /^providers\/([^/]+)\/api-keys$/.exec(rest) ?? []
  if (ofKeys) {
    if (method === 'GET') return page(keys.filter((one) => one.provider === ofKeys))
    const made = keyOf(ofKeys, body.name, body.scopes, 0, {
      createdBy: who,
      datastreamPrefixes: body.datastreamPrefixes,
      expiresAt: body.expiresAt,
    })
    keys.unshift(made)
    did(who, 'api-key.created', `api-key/${made.id}`, { provider: ofKeys, scopes: body.scopes })
    return { status: 201, body: { ...made, key: `fsp_${made.id}_${hex(43)}` } }
  }
  const [, revoked] = /^api-keys\/(.+)$/.exec(rest) ?? []
  if (revoked) {
    Object.assign(
      keys.find((one) => one.id === revoked),
      { state: 'revoked', revokedAt: new Date().toISOString(), revokedBy: who },
    )
    did(who, 'api-key.revoked', `api-key/${revoked}`)
    return { status: 204 }
  }
  const [, changed] = /^providers\/([^/]+)$/.exec(rest) ?? []
  if (changed) {
    const one = providers.find((each) => each.key === changed)
    if (stale(one)) return refuse(412, 'changed-meanwhile', 'Somebody has changed it.')
    Object.assign(one, body, { version: hex(12) })
    did(who, `provider.${NAMES[1]}`, `provider/${changed}`, body)
    return { body: one }
  }
  if (rest === 'operators') {
    if (method === 'GET') return page(accounts)
    if (accounts.some((one) => one.username === body.username))
      return refuse(409, 'operator-exists', `There is an operator ${body.username} already.`)
    const { generatePassword, ...values } = body
    const made = account(body.username, '', body.role, {
      ...values,
      lastSignInAt: null,
      createdAt: new Date().toISOString(),
    })
    accounts.push(made)
    did(who, `operator.${NAMES[0]}`, `operator/${body.username}`, { role: body.role })
    return {
      status: 201,
      body: { ...made, generatedPassword: generatePassword ? 'suong-mu-tren-dinh-fansipan' : null },
    }
  }
  const [, name] = /^operators\/([^/]+)$/.exec(rest) ?? []
  if (name) {
    const one = accounts.find((each) => each.username === name)
    if (stale(one)) return refuse(412, 'changed-meanwhile', 'Somebody has changed it.')
    const { generatePassword, resetTotp, unlock, newPassword: _newPassword, ...values } = body
    Object.assign(one, values, { version: hex(12) })
    if (resetTotp) one.totp = false
    if (unlock) Object.assign(one, { failedSignIns: 0, lockedUntil: null })
    did(who, `operator.${NAMES[1]}`, `operator/${name}`, values)
    return { body: { ...one, generatedPassword: generatePassword ? 'ruong-bac-thang-mua-lua-chin' : null } }
  }
  const [, letter, replay] = /^dead-letters(?:\/(\d+)(\/replay)?)?$/.exec(rest) ?? []
  if (rest.startsWith('dead-letters')) {
    if (!letter)
      return page(
        letters.filter(
          (one) =>
            (!query.get('code') || one.code.startsWith(query.get('code'))) &&
            (!query.get('provider') || one.provider === query.get('provider')),
        ),
      )
    const one = letters.find((each) => String(each.id) === letter)
    if (!one) return refuse(404, 'not-found', `There is no dead letter ${letter}.`)
    if (replay) {
      one.replay = {
        at: new Date().toISOString(),
        by: who,
        outcome: 'accepted',
        stored: true,
        corrected: false,
        reasons: [],
      }
      did(who, 'dead-letter.replayed', `dead-letter/${letter}`)
    }
    return { body: one }
  }
  return refuse(404, 'not-found', `There is no ${path}.`)
}
