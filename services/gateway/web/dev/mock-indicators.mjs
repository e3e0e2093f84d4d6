/**
 * Made-up indicators for the stand-in gateway: definitions, figures that move, rankings, explanations, what-if answers
 * and exports, in the shapes of docs/api/indicators.md.
 */
import { AGENCIES, DEFINITIONS, PROCEDURES } from './mock-definitions.mjs'
import { parsePeriod, periodOf, startOf } from './mock-periods.mjs'

const started = Date.now()
const text = (vi, en) => ({ vi, en })
const SPANS = { hour: 48, day: 60, month: 24, quarter: 20, year: 5 }
const wave = (seed, at) => (Math.sin(seed * 2.4 + at) + Math.sin(seed * 1.3 + at * 2.7) * 0.35 + 1.35) / 2.7

/** @param areas GeoJSON features of communes, as /v1/areas answers them */
export function mockIndicators(areas) {
  const province = { kind: 'area', key: '15', name: 'Tỉnh Lào Cai', nameEn: 'Lao Cai Province' }
  const communes = areas.map(({ properties: p }) => ({
    kind: 'area',
    key: p.code,
    name: p.fullName ?? p.name,
    nameEn: p.fullNameEn ?? p.nameEn,
  }))
  const subjects = [province, ...communes, ...AGENCIES, ...PROCEDURES]
  const named = (reference) =>
    subjects.find(({ kind, key }) => reference === (kind === 'area' ? key : `${kind}:${key}`)) ?? null
  const seedOf = ({ key }) => [...key].reduce((sum, one) => sum * 3 + one.charCodeAt(0), 7) % 89
  const byId = new Map(DEFINITIONS.map((one) => [one.id, one]))

  function has(one, { kind, key }) {
    return one.subjects.includes(kind === 'area' ? (key === '15' ? 'province' : 'commune') : kind)
  }

  function lacks(one, subject) {
    return (
      subject !== province && one.group !== 'public-services' && (seedOf(subject) + one.id.length) % 4 === 0
    )
  }

  function valueOf(one, subject, period, now) {
    if (one.components)
      return one.components.reduce((sum, part) => sum + (pointsOf(part, subject, period, now) ?? 0), 0)
    const running = period.end > now
    const at = period.start / (startOf(period.kind, period.start, 7) - period.start)
    const drift = running ? Math.floor(now / 20_000) * 0.013 : 0
    let share = wave(seedOf(subject) + one.id.length * 5 + one.id.charCodeAt(one.id.length - 1), at + drift)
    if (subject !== province && one.unit.symbol === 'hồ sơ') share *= 0.2
    const raw = one.low + (one.high - one.low) * share
    return one.decimals === 0 ? Math.round(raw) : raw
  }

  function pointsOf({ indicator, maximum, fullAt }, subject, period, now) {
    const part = byId.get(indicator)
    if (!has(part, subject)) return null
    const value = valueOf(part, subject, period, now)
    return fullAt === null ? Math.min(value, maximum) : Math.min(1, value / fullAt) * maximum
  }

  function figure(one, subject, period, now, asOf = null) {
    const missing = lacks(one, subject)
    const revised = period.end < now && seedOf(subject) % 3 === 0 && period.end > now - 100 * 86_400_000
    const early = asOf !== null && asOf < now - 86_400_000
    let value = missing ? null : valueOf(one, subject, period, now)
    if (value !== null && early && revised) value -= (one.high - one.low) * 0.012
    const band = value === null ? null : one.bands.find(({ upTo }) => upTo === null || value <= upTo)
    const ratio = one.unit.symbol === '%' && value !== null
    const running = period.end > now
    return {
      indicator: one.id,
      version: 1,
      subject,
      period: period.label,
      start: new Date(period.start).toISOString(),
      end: new Date(period.end).toISOString(),
      value,
      band: band ? { key: band.key, name: band.name, colour: band.colour } : null,
      numerator: ratio ? Math.round(value * 4) : null,
      denominator: ratio ? 400 : null,
      sampleCount: missing ? 0 : 400,
      completeness: missing ? 0 : 0.92,
      revision: running ? 1 + Math.floor((now - started) / 30_000) : revised && !early ? 2 : 1,
      reason: revised && !early ? 'correction' : 'new-data',
      knownFrom: new Date(running ? Math.floor(now / 20_000) * 20_000 : period.end + 7_200_000).toISOString(),
      missing: missing ? 'no-data' : null,
      provisional: running,
      closed:
        !running && ['month', 'quarter', 'year'].includes(period.kind) && period.end < now - 40 * 86_400_000,
      restated: null,
    }
  }

  function moving(one, subject, period, now, asOf = null) {
    const found = figure(one, subject, period, now, asOf)
    const before = figure(one, subject, periodOf(period.kind, period.start, -1), now, asOf)
    const change = found.value === null || before.value === null ? null : found.value - before.value
    return { ...found, previous: before.value, change }
  }

  function values(one, subject, query, now) {
    const kind = query.get('period') ?? one.periods[0]
    const asOf = query.has('asOf') ? Date.parse(query.get('asOf')) : null
    const instant = (name, end) => {
      const given = query.get(name)
      const period = given ? parsePeriod(given) : null
      return period ? (end ? period.end : period.start) : given ? Date.parse(given) : null
    }
    const to = Math.min(instant('to', true) ?? Infinity, asOf ?? Infinity, now + 1)
    const from = instant('from', false) ?? startOf(kind, Math.min(to, now), 1 - SPANS[kind])
    const items = []
    for (
      let start = startOf(kind, from);
      start < to && items.length < 1000;
      start = startOf(kind, start, 1)
    ) {
      // A gap that the chart must show.
      const gap = kind !== 'hour' ? 17 : 31
      if (start >= from && Math.floor(start / 3_600_000) % gap !== 5)
        items.push(figure(one, subject, periodOf(kind, start), now, asOf))
    }
    return { items, next: null }
  }

  function ranking(one, query, now) {
    const by = query.get('by') ?? 'area'
    const asOf = query.has('asOf') ? Date.parse(query.get('asOf')) : null
    const kind = query.get('period') ?? one.periods[0]
    const period = periodOf(kind, asOf ?? now)
    const pool = { area: communes, agency: AGENCIES, procedure: PROCEDURES, thing: [] }[by]
    const up = one.direction === 'higher-is-better' ? -1 : 1
    const items = pool
      .filter(
        (subject) => has(one, subject) && (one.group === 'public-services' || seedOf(subject) % 3 !== 0),
      )
      .map((subject) => moving(one, subject, period, now, asOf))
      .sort((a, b) => Number(a.value === null) - Number(b.value === null) || up * (a.value - b.value))
      .map((item, place) => ({ rank: item.value === null ? null : place + 1, ...item }))
    return {
      indicator: one.id,
      period: kind,
      direction: one.direction,
      total: items.length,
      province: by === 'area' ? moving(one, province, period, now, asOf) : null,
      items,
      next: null,
    }
  }

  function inputs(one, subject, period, now, found) {
    if (one.components)
      return {
        kind: 'components',
        items: one.components.map((part) => {
          const of = byId.get(part.indicator)
          const points = pointsOf(part, subject, period, now)
          return {
            ...part,
            names: of.names,
            value: points === null ? null : valueOf(of, subject, period, now),
            points,
            normalised: points === null ? null : points / part.maximum,
            weight: null,
            missing: points === null,
            hidden: false,
          }
        }),
      }
    if (one.group === 'public-services')
      return {
        kind: 'cases',
        caseKind: 'dossier',
        items: Array.from({ length: 8 }, (_, place) => ({
          provider: 'mot-cua',
          id: `HS-${4100 + place}`,
          agency: AGENCIES[place % AGENCIES.length].key,
          agencyName: AGENCIES[place % AGENCIES.length].name,
          agencyNameEn: AGENCIES[place % AGENCIES.length].nameEn,
          area: communes[place].key,
          procedure: PROCEDURES[place % PROCEDURES.length].key,
          procedureName: PROCEDURES[place % PROCEDURES.length].name,
          procedureNameEn: PROCEDURES[place % PROCEDURES.length].nameEn,
          receivedAt: new Date(now - (20 + place) * 86_400_000).toISOString(),
          endedAt: null,
          lateAt: new Date(now - (5 - place) * 86_400_000).toISOString(),
          weight: 1,
          inNumerator: place < 5,
          notInNumerator: place < 5 ? null : 'late',
          inDenominator: true,
          notInDenominator: null,
        })),
      }
    return { kind: 'things', combine: 'max', items: [{ ...found, used: true, decisive: true }] }
  }

  function explain(one, subject, label, now) {
    const period = parsePeriod(label)
    if (!period || !has(one, subject)) return null
    const found = figure(one, subject, period, now)
    const first = figure(one, subject, period, now, 0)
    return {
      definition: detail(one),
      figure: found,
      numerator: found.numerator && {
        value: found.numerator,
        counts: text('Hồ sơ đúng hạn', 'Dossiers on time'),
      },
      denominator: found.denominator && { value: 400, counts: text('Hồ sơ', 'Dossiers') },
      completeness: { value: found.completeness, sampleCount: 400, minimumPercent: 75 },
      details: {},
      inputs: inputs(one, subject, period, now, found),
      next: null,
      nextCorrections: null,
      revisions: [
        { ...found, supersededAt: null },
        ...(found.revision > 1
          ? [
              {
                ...first,
                revision: found.revision - 1,
                reason: 'new-data',
                knownFrom: new Date(period.start).toISOString(),
                supersededAt: found.knownFrom,
              },
            ]
          : []),
      ],
      moreRevisions: false,
      close: null,
    }
  }

  function detail(one) {
    return {
      ...one,
      effectiveFrom: '2022-08-01',
      effectiveTo: null,
      formula: { kind: one.components ? 'weighted-score' : 'statistic' },
      inWords: one.components
        ? text(
            'Tổng điểm của các thành phần, mỗi thành phần tính theo tỷ lệ đến ngưỡng.',
            'The sum of the points of its parts, each in proportion up to its threshold.',
          )
        : text('Số liệu giả để phát triển trang.', 'Made-up figures for work on the page.'),
      assumed: (one.components ?? []).filter((part) => part.assumed),
      digest: 'mock',
      previousVersion: null,
      nextVersion: null,
    }
  }

  /** As if late dossiers had ended: the share of those on time rises, and with it group 2 and the total. */
  function whatIf(one, { subject: reference, period: label, finish }, now) {
    const [subject, period] = [named(reference), parsePeriod(label)]
    if (!subject || !period) return null
    const open = figure(
      byId.get(finish.open ? 'cases-open' : 'cases-overdue'),
      subject,
      periodOf('day', now),
      now,
    )
    const gain = finish.open ? 0.84 : -0.37
    const effect = (before, change) => ({
      before: { value: before, numerator: null, denominator: null },
      after: { value: before + change, numerator: null, denominator: null },
      change,
      estimated: change !== 0,
    })
    return {
      ...effect(valueOf(one, subject, period, now), gain),
      indicator: one.id,
      subject,
      period: label,
      at: new Date(now).toISOString(),
      finished: open.value ?? 0,
      dossiers: [],
      components: (one.components ?? []).map((part) => ({
        ...effect(pointsOf(part, subject, period, now) ?? 0, part.indicator === 'd766-2' ? gain : 0),
        indicator: part.indicator,
        names: byId.get(part.indicator).names,
      })),
    }
  }

  /** The answer to a GET, or to a POST with `body`; null: there is no such thing. */
  return (path, query, { operator = null, body = null } = {}) => {
    const now = Date.now()
    const visible = DEFINITIONS.filter((one) => one.public || operator)
    if (path === '/v1/indicators') return { items: visible }
    if (path === '/v1/indicators/latest') {
      const subject = named(query.get('subject'))
      if (!subject) return null
      return {
        items: visible
          .filter((one) => has(one, subject) && (!query.has('group') || one.group === query.get('group')))
          .map((one) => ({
            ...one,
            ...moving(one, subject, periodOf(query.get('period') ?? one.periods[0], now), now),
          })),
      }
    }
    const [, id, rest = ''] = /^\/v1\/indicators\/([^/]+)(?:\/(.+))?$/.exec(path) ?? []
    const one = visible.find((each) => each.id === id)
    if (!one) return null
    if (rest === '') return detail(one)
    if (rest === 'latest') return ranking(one, query, now)
    if (rest === 'what-if') return body && whatIf(one, body, now)
    const subject = named(query.get('subject') ?? query.get('area') ?? '15')
    if (rest === 'values') return subject && has(one, subject) ? values(one, subject, query, now) : null
    const [, reference, label] = /^values\/([^/]+)\/([^/]+)\/explain$/.exec(rest) ?? []
    const explained = reference && named(reference)
    return explained ? explain(one, explained, label, now) : null
  }
}
