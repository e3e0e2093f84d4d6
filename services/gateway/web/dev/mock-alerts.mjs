/**
 * Made-up alerts for the stand-in gateway, in the shapes of docs/alerts.md.
 */
import { bodyOf, operatorOf } from './mock-session.mjs'

const MINUTE = 60_000
const started = Date.now()
const text = (vi, en) => ({ vi, en })
const ago = (minutes) => new Date(started - minutes * MINUTE).toISOString()

function alert(id, severity, rule, names, subject, area, minutes, summary) {
  return {
    id,
    rule,
    ruleNames: names,
    subject,
    subjectKind: 'thing',
    subjectName: subject,
    areaCode: area,
    severity,
    state: 'open',
    summary,
    cause: { kind: 'threshold', at: ago(minutes), value: 2, bound: 2 },
    openedAt: ago(minutes - 1),
    startedAt: ago(minutes),
    acknowledgedAt: null,
    acknowledgedBy: null,
    assignee: null,
    escalationLevel: severity === 'critical' ? 1 : 0,
    escalateAt: null,
    endedAt: null,
    silenced: severity === 'info',
    version: 1,
    history: [
      { id: id * 100, at: ago(minutes - 1), kind: 'opened', actor: 'system', note: null, details: {} },
    ],
    notifications: [],
  }
}

const RIVER = text('Sông đạt mức báo động', 'River reaches an alarm level')
const alerts = [
  alert(
    4,
    'critical',
    'flash-flood-danger',
    text('Nguy cơ lũ quét: mưa to và nước lên nhanh', 'Flash-flood danger: heavy rain and a fast rise'),
    '02989',
    '02989',
    12,
    text(
      'Xã Bảo Hà: mưa rất to và nước sông lên nhanh',
      'Bao Ha Commune: very heavy rain and a fast-rising river',
    ),
  ),
  alert(
    3,
    'serious',
    'river-reaches-alarm-level',
    RIVER,
    'demo/river-02',
    '02989',
    48,
    text(
      'Sông Thao tại Bảo Hà: mực nước đạt báo động 2',
      'Thao river at Bao Ha: the water reached alarm level 2',
    ),
  ),
  alert(
    2,
    'warning',
    'river-reaches-alarm-level',
    RIVER,
    'demo/river-05',
    '02923',
    95,
    text(
      'Sông Thao tại Gia Phú: mực nước đạt báo động 1',
      'Thao river at Gia Phu: the water reached alarm level 1',
    ),
  ),
  alert(
    1,
    'info',
    'air-station-silent',
    text('Trạm không khí mất tín hiệu', 'Air station is silent'),
    'demo/air-07/pm25',
    '03006',
    400,
    text('Trạm Sa Pa: không có số liệu quá 6 giờ', 'Sa Pa station: no reading for 6 hours'),
  ),
]

const STATES = { acknowledge: 'acknowledged', resolve: 'resolved' }
const KINDS = { acknowledge: 'acknowledged', comment: 'commented', assign: 'assigned', resolve: 'resolved' }

/** Answers a request to /v1/alerts: `{ body }`, or `{ status, title }` when it is refused. */
export async function mockAlerts(request, path, query) {
  const name = operatorOf(request)
  if (name === false) return { status: 403, title: 'csrf-token-missing' }
  const shown = (one) => (name ? one : { ...one, assignee: null, acknowledgedBy: null })
  if (path === '/v1/alerts') {
    const states = query.getAll('state')
    const chosen = (filter, value) => !query.has(filter) || query.get(filter) === value
    const items = alerts
      .filter(
        (one) =>
          (states.length === 0 || states.includes(one.state)) &&
          chosen('severity', one.severity) &&
          chosen('rule', one.rule) &&
          chosen('area', one.areaCode),
      )
      .map(shown)
    return { body: { items, next: null } }
  }
  const [, id, action] = /^\/v1\/alerts\/(\d+)(?:\/(acknowledge|comment|assign|resolve))?$/.exec(path) ?? []
  const one = alerts.find((each) => String(each.id) === id)
  if (!one) return { status: 404, title: 'Not found' }
  if (!action) return { body: shown(one) }
  if (!name) return { status: 401, title: 'Log in' }
  if (request.headers['if-match'] !== `"${one.version}"`)
    return { status: 412, title: 'The alert has changed' }
  const { note, assignee } = await bodyOf(request)
  const at = new Date().toISOString()
  one.version += 1
  one.state = STATES[action] ?? one.state
  if (action === 'acknowledge') [one.acknowledgedAt, one.acknowledgedBy] = [at, name]
  if (action === 'resolve') one.endedAt = at
  if (action === 'assign') one.assignee = assignee
  one.history.push({
    id: one.id * 100 + one.version,
    at,
    kind: KINDS[action],
    actor: name,
    note,
    details: {},
  })
  return { body: one }
}
