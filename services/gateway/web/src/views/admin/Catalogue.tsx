import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'

import { SeverityMark } from '../../alerts/SeverityMark'
import { getJson } from '../../api/client'
import { matches, fold } from '../../datastreams/search'
import type { Translate } from '../../i18n/format'
import { useI18n, type I18n } from '../../i18n/I18n'
import { isGroup } from '../../indicators/groups'
import { eased } from '../../live/pace'
import { useSession } from '../../operator/session'
import { Table } from '../parts/Table'
import { Answer, Panel } from '../parts/View'
import { AdminView } from './AdminView'
import type { CatalogueStatus, DefinitionStatus, LaneStatus, QueueStatus, RuleStatus } from './catalogueTypes'

const REFRESH_MS = 5_000
/** What waits longer than this is worth a look. */
const LATE_SECONDS = 60

export interface CatalogueSearch {
  q: string
}

interface Props {
  search: CatalogueSearch
  onSearch: (change: Partial<CatalogueSearch>) => void
}

/** What is evaluated, in which version, and what still waits. */
export function Catalogue({ search, onSearch }: Props) {
  const { t } = useI18n()
  const { operator } = useSession()
  const query = useQuery({
    queryKey: ['admin', 'catalogue'],
    queryFn: ({ signal }) => getJson<CatalogueStatus>('/v1/admin/catalogue', { signal }),
    refetchInterval: () => eased(REFRESH_MS),
    enabled: operator?.role === 'admin',
  })
  return (
    <AdminView section="catalogue">
      <Answer query={query}>
        {(status) => (
          <>
            <div className="two-columns">
              <Queues queues={status.queues} />
              <Lanes lanes={status.lanes} />
            </div>
            <form className="tool-row" role="search" onSubmit={(event) => event.preventDefault()}>
              <input
                type="search"
                className="field field-wide"
                aria-label={t('admin.findDefinition')}
                placeholder={t('admin.findDefinition')}
                value={search.q}
                onChange={(event) => onSearch({ q: event.target.value })}
              />
            </form>
            <Definitions definitions={status.definitions} q={search.q} />
            <Rules rules={status.alertRules} q={search.q} />
          </>
        )}
      </Answer>
    </AdminView>
  )
}

function Waiting({ seconds }: { seconds: number | null }) {
  const { format } = useI18n()
  if (seconds === null) return <>–</>
  return (
    <span className={seconds > LATE_SECONDS ? 'mark mark-warn' : ''}>{format.age(0, seconds * 1_000)}</span>
  )
}

function Queues({ queues }: { queues: readonly QueueStatus[] }) {
  const { t, format } = useI18n()
  return (
    <Panel id="queues" title={t('admin.queues')} note={t('admin.queuesHint')}>
      <Table
        label={t('admin.queues')}
        columns={[t('admin.queue'), [t('admin.waiting'), 'number'], [t('admin.oldest'), 'number']]}
        stack={false}
      >
        {queues.map((queue) => (
          <tr key={queue.name}>
            <th scope="row">{queueName(queue.name, t)}</th>
            <td className="number">
              {format.count(queue.waiting)}
              {queue.more && '+'}
            </td>
            <td className="number">
              <Waiting seconds={queue.oldestSeconds} />
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

function Lanes({ lanes }: { lanes: readonly LaneStatus[] }) {
  const { t, format } = useI18n()
  return (
    <Panel id="lanes" title={t('admin.lanes')} note={t('admin.lanesHint')}>
      <Table
        label={t('admin.lanes')}
        columns={[
          t('admin.lane'),
          [t('admin.definitions'), 'number'],
          t('admin.evaluatedAt'),
          [t('admin.oldest'), 'number'],
        ]}
        stack={false}
      >
        {lanes.map((lane) => (
          <tr key={lane.name}>
            <th scope="row">
              {laneName(lane.name, t)}{' '}
              {lane.owner === null && <span className="mark mark-warn">{t('admin.noOwner')}</span>}
            </th>
            <td className="number">{format.count(lane.definitions)}</td>
            <td
              className="nowrap"
              title={[lane.evaluatedAt && format.exact(Date.parse(lane.evaluatedAt), 'second'), lane.owner]
                .filter(Boolean)
                .join(' · ')}
            >
              {lane.evaluatedAt ? format.clock(Date.parse(lane.evaluatedAt)) : '–'}
            </td>
            <td className="number">
              <Waiting seconds={lane.oldestSeconds} />
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

const QUEUES = ['changedSeries', 'changedCases', 'staleValues', 'dirtyBuckets', 'staleDefinitions'] as const
const LANES = ['alerts', 'cases', 'composites', 'durations', 'health'] as const

/** What the page has no text for shows by its key. */
function queueName(name: string, t: Translate): string {
  const known = QUEUES.find((one) => one === name)
  return known ? t(`queue.${known}`) : name
}

function laneName(name: string, t: Translate): string {
  const known = LANES.find((one) => one === name)
  return known ? t(`lane.${known}`) : isGroup(name) ? t(`group.${name}`) : name
}

function nameOf({ id, names }: { id: string; names: DefinitionStatus['names'] }, { language }: I18n): string {
  return names?.[language] ?? id
}

function found<Item extends { id: string; names: DefinitionStatus['names'] }>(
  items: readonly Item[],
  q: string,
) {
  return items.filter(({ id, names }) => matches(fold(`${id} ${names?.vi ?? ''} ${names?.en ?? ''}`), q))
}

function Definitions({ definitions, q }: { definitions: readonly DefinitionStatus[]; q: string }) {
  const i18n = useI18n()
  const { t, format } = i18n
  const shown = useMemo(() => found(definitions, q), [definitions, q])
  return (
    <Panel
      id="definitions"
      title={t('admin.definitions')}
      note={t('shown', { n: format.count(shown.length), total: format.count(definitions.length) })}
    >
      <Table
        label={t('admin.definitions')}
        columns={[
          t('cause.indicator'),
          [t('admin.version'), 'number'],
          t('admin.inForce'),
          [t('admin.lane'), 'col-wide'],
          [t('admin.digest'), 'col-wide'],
          t('things.state'),
        ]}
      >
        {shown.map((one) => (
          <tr key={`${one.id} ${one.version}`}>
            <th scope="row">
              {nameOf(one, i18n)}
              <span className="hint block mono">{one.id}</span>
            </th>
            <td className="number">{one.version}</td>
            <td className="nowrap">
              {format.date(one.effectiveFrom)}
              {one.effectiveTo && ` – ${format.date(one.effectiveTo)}`}
            </td>
            <td className="col-wide">{laneName(one.lane, t)}</td>
            <td className="col-wide mono" title={one.digest}>
              {one.digest.slice(0, 12)}
            </td>
            <td>
              <span className="card-marks">
                {one.retiredAt && <span className="mark mark-warn">{t('admin.retired')}</span>}
                {one.evaluating && (
                  <span className="mark mark-warn" title={one.evaluating.reason}>
                    {t('admin.evaluating', { from: format.date(one.evaluating.nextFrom) })}
                  </span>
                )}
                {!one.retiredAt && !one.evaluating && <span className="mark">{t('admin.upToDate')}</span>}
                <span className="mark">{t(one.public ? 'admin.public' : 'admin.internal')}</span>
              </span>
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

function Rules({ rules, q }: { rules: readonly RuleStatus[]; q: string }) {
  const i18n = useI18n()
  const { t, format } = i18n
  const shown = useMemo(() => found(rules, q), [rules, q])
  return (
    <Panel
      id="rules"
      title={t('admin.rules')}
      note={t('shown', { n: format.count(shown.length), total: format.count(rules.length) })}
    >
      <Table
        label={t('admin.rules')}
        columns={[
          t('rule'),
          t('al.severity'),
          [t('admin.openAlerts'), 'number'],
          [t('admin.digest'), 'col-wide'],
          t('admin.syncedAt'),
        ]}
      >
        {shown.map((one) => (
          <tr key={one.id}>
            <th scope="row">
              {nameOf(one, i18n)}
              <span className="hint block mono">{one.id}</span>
            </th>
            <td>{one.severity ? <SeverityMark severity={one.severity} /> : '–'}</td>
            <td className="number">{format.count(one.openAlerts)}</td>
            <td className="col-wide mono" title={one.digest}>
              {one.digest.slice(0, 12)}
            </td>
            <td className="nowrap">
              {format.dateTime(one.syncedAt)}
              {one.retiredAt && <span className="mark mark-warn">{t('admin.retired')}</span>}
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}
