/**
 * Made-up indicators for the stand-in gateway: definitions, newest figures that move, and their explanations, in the
 * shapes of docs/api/indicators.md.
 */

const HOUR = 3_600_000
const ZONE = 7 * HOUR
const started = Date.now()

const text = (vi, en) => ({ vi, en })
const AQI = [
  ['good', 'Tốt', 'Good', '#00e400', 50],
  ['moderate', 'Trung bình', 'Moderate', '#ffff00', 100],
  ['poor', 'Kém', 'Poor', '#ff7e00', 150],
  ['bad', 'Xấu', 'Bad', '#ff0000', null],
]
const ALARM = [
  ['below', 'Dưới báo động 1', 'Below alarm level 1', '#2f9e44', 0],
  ['bd1', 'Báo động 1', 'Alarm level 1', '#ffd43b', 1],
  ['bd2', 'Báo động 2', 'Alarm level 2', '#f76707', 2],
  ['bd3', 'Báo động 3', 'Alarm level 3', '#c92a2a', null],
]

function definition(id, group, vi, en, symbol, decimals, direction, period, [low, high], bands = []) {
  return {
    id,
    group,
    names: text(vi, en),
    shortNames: null,
    description: text(vi, en),
    unit: { symbol, ucum: '1', name: null },
    direction,
    decimals,
    public: true,
    periods: [period],
    subjects: ['province', 'commune'],
    bands: bands.map(([key, nameVi, nameEn, colour, upTo]) => ({
      key,
      name: text(nameVi, nameEn),
      colour,
      upTo,
    })),
    low,
    high,
  }
}

const DEFINITIONS = [
  definition(
    'river-alarm-level',
    'floods',
    'Cấp báo động lũ',
    'Flood alarm level',
    'cấp',
    0,
    'lower-is-better',
    'hour',
    [0, 3],
    ALARM,
  ),
  definition(
    'vn-aqi-hourly',
    'environment',
    'Chỉ số chất lượng không khí (VN_AQI) giờ',
    'Air quality index (VN_AQI), hourly',
    '',
    0,
    'lower-is-better',
    'hour',
    [20, 180],
    AQI,
  ),
  definition(
    'd766-total',
    'public-services',
    'Điểm 766',
    'Score 766',
    'điểm',
    2,
    'higher-is-better',
    'month',
    [60, 98],
  ),
  definition(
    'd766-2.1',
    'public-services',
    '766 – 2.1 Tỷ lệ hồ sơ đúng hạn',
    '766 – 2.1 Dossiers on time',
    '%',
    2,
    'higher-is-better',
    'month',
    [75, 100],
  ),
  definition(
    'cases-open',
    'public-services',
    'Hồ sơ đang giải quyết',
    'Open dossiers',
    'hồ sơ',
    0,
    'none',
    'day',
    [40, 900],
  ),
]

const wave = (seed, at) => (Math.sin(seed * 2.4 + at / (7 * 60_000)) + 1) / 2

function periodOf(kind, now) {
  const local = new Date(now + ZONE).toISOString()
  const label = local.slice(0, { hour: 13, day: 10, month: 7 }[kind])
  const [year, month] = label.split('-').map(Number)
  const start =
    kind === 'month'
      ? Date.UTC(year, month - 1, 1)
      : Date.parse(kind === 'hour' ? `${label}:00:00Z` : `${label}T00:00:00Z`)
  const end = kind === 'month' ? Date.UTC(year, month, 1) : start + (kind === 'hour' ? HOUR : 24 * HOUR)
  return { label, start: new Date(start - ZONE).toISOString(), end: new Date(end - ZONE).toISOString() }
}

function figure(one, subject, seed, missing = false) {
  const now = Math.floor(Date.now() / 30_000) * 30_000
  const period = periodOf(one.periods[0], now)
  const at = (time) => {
    const raw = one.low + (one.high - one.low) * wave(seed + one.id.length, time)
    return one.decimals === 0 ? Math.round(raw) : raw
  }
  const value = missing ? null : at(now)
  const band = value === null ? null : one.bands.find(({ upTo }) => upTo === null || value <= upTo)
  const ratio = one.unit.symbol === '%' && value !== null
  return {
    indicator: one.id,
    version: 1,
    subject,
    period: period.label,
    start: period.start,
    end: period.end,
    value,
    band: band ? { key: band.key, name: band.name, colour: band.colour } : null,
    numerator: ratio ? Math.round(value * 4) : null,
    denominator: ratio ? 400 : null,
    sampleCount: missing ? 0 : 400,
    completeness: missing ? 0 : 0.92,
    revision: 1 + Math.floor((now - started) / 30_000),
    reason: 'new-data',
    knownFrom: new Date(now).toISOString(),
    missing: missing ? 'no-data' : null,
    provisional: true,
    closed: false,
    restated: null,
    previous: missing ? null : at(now - HOUR),
    change: missing ? null : value - at(now - HOUR),
  }
}

/** @param areas GeoJSON features of communes, as /v1/areas answers them */
export function mockIndicators(areas) {
  const province = { kind: 'area', key: '15', name: 'Tỉnh Lào Cai', nameEn: 'Lao Cai Province' }
  const communes = areas.map(({ properties: p }) => ({
    kind: 'area',
    key: p.code,
    name: p.fullName ?? p.name,
    nameEn: p.fullNameEn ?? p.nameEn,
  }))
  const subjectOf = (key) => (key === '15' ? province : communes.find((one) => one.key === key))
  const seedOf = (key) => Number(key) % 89
  const missing = (one, key) => key !== '15' && (seedOf(key) + one.id.length) % 4 === 0

  function explain(one, subject) {
    const found = figure(one, subject, seedOf(subject.key), missing(one, subject.key))
    return {
      definition: {
        ...one,
        version: 1,
        effectiveFrom: '2022-08-01',
        effectiveTo: null,
        inWords: text('Số liệu giả để phát triển trang.', 'Made-up figures for work on the page.'),
        sources: [
          {
            title: 'Quyết định 766/QĐ-TTg',
            article: 'Nhóm 2',
            issued: '2022-06-23',
            inForceFrom: null,
            note: null,
          },
        ],
        limits: [],
        disputed: [],
        assumed: [],
      },
      figure: found,
      numerator: found.numerator && {
        value: found.numerator,
        counts: text('Hồ sơ đúng hạn', 'Dossiers on time'),
      },
      denominator: found.denominator && { value: 400, counts: text('Hồ sơ', 'Dossiers') },
      completeness: { value: found.completeness, sampleCount: 400, minimumPercent: 75 },
      details: {},
      inputs: { kind: 'things', combine: 'max', items: [{ ...found, used: true, decisive: true }] },
      next: null,
      nextCorrections: null,
      revisions: [{ ...found, revision: 1, supersededAt: null }],
      moreRevisions: false,
      close: null,
    }
  }

  return (path, query) => {
    if (path === '/v1/indicators') return { items: DEFINITIONS }
    if (path === '/v1/indicators/latest') {
      const subject = subjectOf(query.get('subject'))
      if (!subject) return null
      return {
        items: DEFINITIONS.map((one) => ({
          ...one,
          ...figure(one, subject, seedOf(subject.key), missing(one, subject.key)),
        })),
      }
    }
    const [, id, rest] = /^\/v1\/indicators\/([^/]+)\/(.+)$/.exec(path) ?? []
    const one = DEFINITIONS.find((each) => each.id === id)
    if (!one) return null
    if (rest === 'latest') {
      const items = communes
        .filter((_, place) => place % 3 !== 0)
        .map((subject) => ({
          rank: null,
          ...figure(one, subject, seedOf(subject.key), missing(one, subject.key)),
        }))
      return {
        indicator: id,
        period: one.periods[0],
        direction: one.direction,
        total: items.length,
        province: figure(one, province, seedOf('15')),
        items,
        next: null,
      }
    }
    const subject = subjectOf(/^values\/([^/]+)\/[^/]+\/explain$/.exec(rest)?.[1])
    return subject ? explain(one, subject) : null
  }
}
