import type { Alert, AlertDetail } from '../src/api/alertTypes'
import type { Card, IndicatorSummary, Ranking } from '../src/api/indicatorTypes'

export function card(change: Partial<Card> = {}): Card {
  return {
    indicator: 'd766-2.1',
    version: 1,
    subject: { kind: 'area', key: '15', name: 'Tỉnh Lào Cai', nameEn: 'Lao Cai Province' },
    period: '2026-11',
    start: '2026-10-31T17:00:00.000Z',
    end: '2026-11-30T17:00:00.000Z',
    value: 78.9561,
    band: null,
    numerator: 316,
    denominator: 400,
    sampleCount: 400,
    completeness: null,
    revision: 2,
    reason: 'correction',
    knownFrom: '2026-11-21T03:00:00.000Z',
    missing: null,
    provisional: true,
    closed: false,
    restated: null,
    previous: 80.2,
    change: -1.2439,
    names: { vi: 'Tỷ lệ hồ sơ đúng hạn', en: 'Dossiers on time' },
    shortNames: null,
    group: 'public-services',
    unit: { symbol: '%', ucum: '%', name: null },
    decimals: 2,
    direction: 'higher-is-better',
    ...change,
  }
}

export function indicator(change: Partial<IndicatorSummary> = {}): IndicatorSummary {
  const { names, shortNames, group, unit, direction, decimals } = card()
  return {
    id: 'd766-2.1',
    names,
    shortNames,
    group,
    unit,
    direction,
    decimals,
    periods: ['month'],
    subjects: ['province', 'commune'],
    bands: [],
    ...change,
  }
}

/** A ranking of communes by their values. */
export function ranking(values: Record<string, number | null>): Ranking {
  return {
    indicator: 'd766-2.1',
    period: 'month',
    direction: 'higher-is-better',
    total: Object.keys(values).length,
    province: null,
    items: Object.entries(values).map(([key, value]) => ({
      ...card({ value, missing: value === null ? 'no-data' : null }),
      subject: { kind: 'area', key, name: key, nameEn: key },
      rank: null,
    })),
    next: null,
  }
}

export function alert(id: number, change: Partial<Alert> = {}): Alert {
  return {
    id,
    rule: 'river-reaches-alarm-level',
    ruleNames: { vi: 'Sông đạt mức báo động', en: 'River reaches an alarm level' },
    subject: 'demo/river-1',
    subjectKind: 'thing',
    subjectName: 'Trạm Bảo Hà',
    areaCode: '02647',
    severity: 'warning',
    state: 'open',
    summary: { vi: 'Trạm Bảo Hà: mực nước đạt báo động 1', en: 'Bao Ha gauge: alarm level 1' },
    cause: {
      kind: 'threshold',
      indicator: 'river-alarm-level',
      period: 'hour',
      at: '2026-11-21T01:00:00Z',
      value: 1,
    },
    openedAt: '2026-11-21T01:10:00Z',
    startedAt: '2026-11-21T01:00:00Z',
    acknowledgedAt: null,
    acknowledgedBy: null,
    assignee: null,
    escalationLevel: 0,
    escalateAt: null,
    endedAt: null,
    silenced: false,
    version: 1,
    ...change,
  }
}

export function alertDetail(change: Partial<AlertDetail> = {}): AlertDetail {
  return {
    ...alert(1),
    history: [
      { id: 10, at: '2026-11-21T01:10:00Z', kind: 'opened', actor: 'system', note: null, details: {} },
    ],
    notifications: [],
    ...change,
  }
}
