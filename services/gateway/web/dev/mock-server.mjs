/**
 * A stand-in for the gateway while one works on the page: made-up values, real commune boundaries.
 *
 *   node dev/mock-server.mjs [--port 8000] [--areas FILE] [--scenario normal|empty|down|silent|many]
 *
 * Serves dist/ with the gateway's content security policy and the /v1 routes that the page uses. Scenarios:
 * "empty" has nothing registered, "down" answers 503, "silent" stops all sensors three days ago, "many" has 2,000
 * datastreams. POST /mock/scenario?name=… changes it while running.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { mockAlerts } from './mock-alerts.mjs'
import { mockIndicators } from './mock-indicators.mjs'
import { mockLive } from './mock-live.mjs'
import { alarmLevels, mockAdministration, mockSecond } from './mock-second.mjs'
import { bodyOf, mockSession, operatorOf } from './mock-session.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '8000' },
    areas: { type: 'string', default: resolve(here, '../../../../catalogue/areas/laocai-communes.geojson') },
    scenario: { type: 'string', default: 'normal' },
  },
})
const dist = resolve(here, '../dist')
const SCENARIOS = ['normal', 'empty', 'down', 'silent', 'many']
let scenario = options.scenario
if (!SCENARIOS.includes(scenario)) throw new Error(`--scenario must be one of ${SCENARIOS.join(', ')}`)

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const started = Date.now()

// ---------------------------------------------------------------- areas
const source = JSON.parse(await readFile(options.areas, 'utf8'))
const areas = {
  type: 'FeatureCollection',
  features: source.features.map(({ geometry, properties: p }) => ({
    type: 'Feature',
    id: p.code,
    geometry,
    properties: {
      code: p.code,
      name: p.name,
      nameEn: p.nameEn ?? p.name_en,
      unitType: p.unitType ?? p.unit_type,
      areaKm2: p.areaKm2 ?? p.area_km2,
      parentCode: '15',
      label: p.label ?? middle(geometry),
    },
  })),
}

function middle(geometry) {
  const ring = geometry.type === 'Polygon' ? geometry.coordinates[0] : geometry.coordinates[0][0]
  let [doubleArea, x, y] = [0, 0, 0]
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const cross = ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1]
    doubleArea += cross
    x += (ring[i][0] + ring[i + 1][0]) * cross
    y += (ring[i][1] + ring[i + 1][1]) * cross
  }
  return [x / (3 * doubleArea), y / (3 * doubleArea)]
}

// ---------------------------------------------------------------- things and datastreams
const PROPERTIES = {
  pm25: { name: 'PM2.5', nameEn: 'PM2.5', unit: 'µg/m³', level: 38, swing: 22, step: 5 * MINUTE, floor: 2 },
  no2: { name: 'NO₂', nameEn: 'NO₂', unit: 'µg/m³', level: 31, swing: 18, step: 5 * MINUTE, floor: 1 },
  temperature: {
    name: 'Nhiệt độ không khí',
    nameEn: 'Air temperature',
    unit: '°C',
    level: 19,
    swing: 6,
    step: 5 * MINUTE,
    floor: -5,
  },
  humidity: {
    name: 'Độ ẩm',
    nameEn: 'Humidity',
    unit: '%',
    level: 78,
    swing: 14,
    step: 5 * MINUTE,
    floor: 20,
  },
  level: {
    name: 'Mực nước sông',
    nameEn: 'River level',
    unit: 'm',
    level: 74.2,
    swing: 0.9,
    step: 10 * MINUTE,
    floor: 60,
  },
  rain: {
    name: 'Lượng mưa',
    nameEn: 'Rainfall',
    unit: 'mm',
    level: 0.4,
    swing: 1.6,
    step: 10 * MINUTE,
    floor: 0,
  },
  gate: {
    name: 'Cửa xả',
    nameEn: 'Spillway gate',
    unit: '',
    step: 30 * MINUTE,
    states: ['Đóng', 'Mở một phần', 'Mở'],
  },
  vehicles: {
    name: 'Lưu lượng xe',
    nameEn: 'Vehicle flow',
    unit: '',
    level: 42,
    swing: 36,
    step: 5 * SECOND,
    floor: 0,
  },
  speed: {
    name: 'Tốc độ trung bình',
    nameEn: 'Mean speed',
    unit: 'km/h',
    level: 36,
    swing: 12,
    step: 5 * SECOND,
    floor: 3,
  },
}
const KINDS = [
  ['air', 'Trạm không khí', 'Air station', ['pm25', 'no2', 'temperature', 'humidity']],
  ['river', 'Trạm thủy văn', 'River gauge', ['level', 'rain', 'gate']],
  ['traffic', 'Đếm xe', 'Traffic counter', ['vehicles', 'speed']],
]
/** Keys of the observed properties, where they are not as above. */
const KEYS = { pm25: 'pm2_5', level: 'water_level' }
const datastreams = []
function build(count) {
  datastreams.length = 0
  for (let i = 0; i < count; i += 1) {
    const area = areas.features[(i * 37) % areas.features.length].properties
    const [kind, label, labelEn, names] = KINDS[(i * 7 + (i >> 2)) % KINDS.length]
    const thing = {
      id: i + 1,
      key: `${kind}-${String(i + 1).padStart(2, '0')}`,
      name: `${label} ${area.name}`,
      areaCode: area.code,
      longitude: area.label[0] + Math.sin(i * 3) * 0.012,
      latitude: area.label[1] + Math.cos(i * 5) * 0.012,
      properties: {
        sample: true,
        nameEn: `${labelEn} ${area.nameEn}`,
        ...(kind === 'river' && i % 9 !== 4 && alarmLevels(i) ? { alarmLevels: alarmLevels(i) } : {}),
      },
    }
    for (const name of names) {
      const property = PROPERTIES[name]
      datastreams.push({
        id: datastreams.length + 1,
        key: `demo/${thing.key}/${name}`,
        name: `${property.name} - ${thing.name}`,
        description: '',
        properties: { nameEn: `${property.nameEn} - ${thing.properties.nameEn}` },
        observationType: 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement',
        unitOfMeasurement: { name: property.unit, symbol: property.unit, definition: '' },
        observedProperty: { id: name, key: KEYS[name] ?? name, name: property.name, definition: '' },
        thing,
        property,
        seed: i * 1.7 + name.length,
        silentFor: i % 9 === 4 ? 30 * HOUR + i * HOUR : 0,
        never: i % 23 === 11,
      })
    }
  }
}
build(scenario === 'many' ? 750 : 34)

function valueAt({ property, seed }, t) {
  if (property.states) return property.states[Math.floor(t / property.step + seed) % property.states.length]
  const wave =
    Math.sin((t / DAY) * 2 * Math.PI + seed) * 0.55 +
    Math.sin((t / (7.3 * HOUR)) * 2 * Math.PI + seed * 2) * 0.25 +
    Math.sin((t / (31 * DAY)) * 2 * Math.PI + seed) * 0.35 +
    Math.sin(t / 7919 + seed) * 0.11 * Math.sin(t / 104729 + seed)
  return Math.max(property.floor, Math.round((property.level + property.swing * wave) * 100) / 100)
}

function lastTime(stream) {
  if (stream.never) return null
  const silence = scenario === 'silent' ? 3 * DAY : stream.silentFor
  return Math.floor((Date.now() - silence) / stream.property.step) * stream.property.step
}

function reading(stream) {
  const t = lastTime(stream)
  if (t === null) return null
  return { phenomenonTime: new Date(t).toISOString(), result: valueAt(stream, t), resultQuality: 'good' }
}

// ---------------------------------------------------------------- routes
const STEPS = { raw: 0, '1m': MINUTE, '1h': HOUR, '1d': DAY }
const ZONE = 7 * HOUR

function observations(query) {
  const stream = find(query.get('datastream'))
  if (!stream) return problem(404, 'Unknown datastream', `There is no datastream ${query.get('datastream')}.`)
  const now = Date.now()
  const to = Date.parse(query.get('to') ?? new Date(now).toISOString())
  const from = Date.parse(query.get('from') ?? new Date(to - DAY).toISOString())
  const maxPoints = Number(query.get('maxPoints') ?? 1000)
  let granularity = query.get('granularity') ?? 'auto'
  if (granularity === 'auto' && stream.property.states) granularity = 'raw'
  if (granularity === 'auto') {
    const fits = (step) => (to - from) / step <= maxPoints
    granularity = fits(stream.property.step)
      ? 'raw'
      : (['1m', '1h', '1d'].find((name) => fits(STEPS[name])) ?? '1d')
  }
  const end = Math.min(to, (lastTime(stream) ?? -Infinity) + 1)
  // Nothing before the first year of the sensor, and one outage that the chart must show as a gap.
  const present = (t) => t > started - 300 * DAY && !(t > started - 9 * HOUR && t < started - 7.5 * HOUR)
  const items = []
  if (granularity === 'raw') {
    const { step } = stream.property
    for (let t = Math.ceil(from / step) * step; t < end && items.length < 5000; t += step) {
      if (!present(t)) continue
      const phenomenonTime = new Date(t).toISOString()
      items.push({
        id: String(t),
        datastream: stream.key,
        phenomenonTime,
        result: valueAt(stream, t),
        resultQuality: Math.sin(t / 991) > 0.9997 ? 'suspect' : 'good',
      })
    }
  } else {
    const width = STEPS[granularity]
    const inner = Math.max(stream.property.step, width / 24)
    for (let start = Math.floor((from + ZONE) / width) * width - ZONE; start < end; start += width) {
      if (start < from) continue
      const values = []
      for (let t = start; t < Math.min(start + width, end); t += inner)
        if (present(t)) values.push(valueAt(stream, t))
      if (values.length === 0) continue
      const sum = values.reduce((a, b) => a + b, 0)
      items.push({
        datastream: stream.key,
        bucket: new Date(start).toISOString(),
        count: values.length,
        sum,
        min: Math.min(...values),
        max: Math.max(...values),
        first: values[0],
        last: values.at(-1),
        mean: sum / values.length,
      })
    }
  }
  return { items, next: null, granularity }
}

function find(idOrKey) {
  return datastreams.find((stream) => String(stream.id) === idOrKey || stream.key === idOrKey)
}

const AGENCIES = [
  ['so-xay-dung', 'Sở Xây dựng', 1843, 0.93, 31],
  ['so-tai-nguyen', 'Sở Nông nghiệp và Môi trường', 2210, 0.88, 64],
  ['so-tu-phap', 'Sở Tư pháp', 977, 0.97, 4],
  ['so-cong-thuong', 'Sở Công Thương', 640, 0.95, 9],
  ['so-y-te', 'Sở Y tế', 418, 0.96, 0],
  ['ubnd-sa-pa', 'UBND phường Sa Pa', 351, 0.9, 12],
]

function summary() {
  return {
    items: AGENCIES.map(([key, name, received, share, overdue]) => {
      const processed = Math.round(received * share)
      const onTime = Math.round(processed * share)
      return {
        key,
        name,
        received,
        processed,
        onTime,
        late: processed - onTime,
        open: received - processed,
        overdue,
      }
    }),
  }
}

const indicators = mockIndicators(areas.features)

function thingsWithReadings() {
  const found = new Map()
  for (const stream of datastreams) {
    const { thing } = stream
    const known = found.get(thing.id) ?? {
      ...thing,
      key: `demo/${thing.key}`,
      official: thing.id % 2 === 0,
      streams: [],
    }
    known.streams.push({ property: stream.observedProperty.key, value: reading(stream)?.result ?? null })
    found.set(thing.id, known)
  }
  return [...found.values()]
}
const second = mockSecond({
  things: thingsWithReadings,
  province: { kind: 'area', key: '15', name: 'Tỉnh Lào Cai', nameEn: 'Lao Cai Province' },
})

const routes = {
  '/v1/areas': () => areas,
  '/v1/datastreams': (query) => {
    const limit = Number(query.get('limit') ?? 100)
    const start = Number(query.get('cursor') ?? 0)
    const items = datastreams
      .slice(start, start + limit)
      .map(
        ({ property: _property, seed: _seed, silentFor: _silentFor, never: _never, ...stream }, index) => ({
          ...stream,
          latest: reading(datastreams[start + index]),
        }),
      )
    const more = start + limit < datastreams.length
    return {
      items,
      next: more ? `http://other.example/v1/datastreams?limit=${limit}&cursor=${start + limit}` : null,
    }
  },
  '/v1/latest': (query) => ({
    items: query.getAll('datastream').flatMap((id) => {
      const stream = find(id)
      const latest = stream && reading(stream)
      return latest ? [{ datastream: stream.key, ...latest, storedAt: latest.phenomenonTime }] : []
    }),
  }),
  '/v1/observations': observations,
  '/v1/service-events/summary': () => (scenario === 'empty' ? { items: [] } : summary()),
}

function problem(status, title, detail, code) {
  return { problem: { type: 'about:blank', status, title, detail, code } }
}

function answerJson(request, response, body) {
  const failed = body.problem
  const text = JSON.stringify(failed ?? body)
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  const headers = {
    'content-type': failed ? 'application/problem+json' : 'application/json',
    'cache-control': 'no-cache',
    ...(failed ? {} : { etag }),
  }
  if (!failed && request.headers['if-none-match'] === etag) return response.writeHead(304, headers).end()
  return response.writeHead(failed ? failed.status : 200, headers).end(text)
}

const VIEWS = /^\/(indicators|services|environment|things|alerts|admin|open|embed|wall|account)(\/|$)/
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "

async function answerFile(path, response, framedBy = "'none'") {
  const file = join(dist, normalize(path === '/' ? '/index.html' : path))
  if (!file.startsWith(dist)) return response.writeHead(404).end()
  try {
    const body = await readFile(file)
    return response
      .writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': POLICY + framedBy,
        'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      })
      .end(body)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EISDIR') throw error
    return response
      .writeHead(404, { 'content-type': 'text/plain' })
      .end('Not found. Has the page been built?\n')
  }
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://mock')
  if (request.method === 'POST' && url.pathname === '/mock/scenario') {
    const name = url.searchParams.get('name')
    if (!SCENARIOS.includes(name)) return response.writeHead(400).end()
    scenario = name
    build(scenario === 'many' ? 750 : scenario === 'empty' ? 0 : 34)
    return response.writeHead(204).end()
  }
  const path = decodeURIComponent(url.pathname)
  if (path === '/v1/status') {
    const at = new Date().toISOString()
    const parts = ['database', 'redis', 'ingest', 'analytics'].map((part) => ({
      part,
      state: part === 'database' && scenario === 'down' ? 'away' : 'ok',
      okAt: at,
    }))
    return answerJson(request, response, { checkedAt: at, parts, newestReadingAt: at, unusuallyQuiet: false })
  }
  if (path.startsWith('/v1/') && scenario === 'down') {
    return answerJson(request, response, problem(503, 'Service unavailable', 'The database does not answer.'))
  }
  if (path === '/v1/session') {
    const { status, body, code, headers = {} } = await mockSession(request)
    if (status === 204) return response.writeHead(204, headers).end()
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    return answerJson(request, response, code ? problem(status, code, null, code) : body)
  }
  if (path === '/v1/live') {
    return mockLive(request, response, {
      topics: url.searchParams.get('topics') ?? '',
      indicators: ['river-alarm-level', 'vn-aqi-hourly', 'd766-2.1'],
      readings: () =>
        datastreams.slice(0, 500).flatMap((stream) => {
          const latest = reading(stream)
          return latest ? [{ id: stream.id, key: stream.key, ...latest }] : []
        }),
    })
  }
  const administered = await mockAdministration(request, path, url.searchParams)
  if (administered) {
    const { status = 200, title, detail, code, body } = administered
    if (status === 204) return response.writeHead(204).end()
    return answerJson(request, response, title ? problem(status, title, detail, code) : body)
  }
  if (path === '/v1/open-data/indicators')
    return answerJson(
      request,
      response,
      scenario === 'empty' ? { ...second.openData(indicators), items: [] } : second.openData(indicators),
    )
  if (path.startsWith('/v1/alerts')) {
    const { status, title, body } =
      scenario === 'empty'
        ? { body: { items: [], next: null } }
        : await mockAlerts(request, path, url.searchParams)
    return answerJson(request, response, status ? problem(status, title, title) : body)
  }
  if (path.startsWith('/v1/indicators')) {
    const operator = operatorOf(request)
    if (path.endsWith('/export')) {
      const format = url.searchParams.get('format')
      response.setHeader('content-disposition', `attachment; filename="export.${format}"`)
      return response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8' }).end('period,value\n')
    }
    if (operator === false) return answerJson(request, response, problem(403, 'csrf-token-missing'))
    const body = request.method === 'POST' ? await bodyOf(request) : null
    if (body && !operator) return answerJson(request, response, problem(401, 'Log in'))
    const others = () => indicators(path, url.searchParams, { operator, body })
    const answer =
      scenario === 'empty' ? { items: [] } : (second.indicators(path, url.searchParams, others) ?? others())
    return answerJson(request, response, answer ?? problem(404, 'Not found', `There is no ${path}.`))
  }
  const route = routes[path]
  if (!route && path.startsWith('/v1/'))
    return answerJson(request, response, problem(404, 'Not found', `There is no ${path}.`, 'not-found'))
  // Views have addresses without a file behind them: the page finds out which is meant.
  // Cards alone may stand in the pages of others.
  if (!route && path.startsWith('/embed/')) return answerFile('/', response, '*')
  if (!route) return answerFile(VIEWS.test(path) ? '/' : url.pathname, response)
  return answerJson(request, response, route(url.searchParams))
})
if (scenario === 'empty') build(0)
server.listen(Number(options.port), '127.0.0.1', () => {
  console.log(`Mock gateway (${scenario}) on http://127.0.0.1:${options.port}`)
})
