import { useQuery } from '@tanstack/react-query'

import { getJson } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import { eased } from '../../live/pace'
import { Table } from '../parts/Table'
import { Answer, Panel } from '../parts/View'
import { byKey, daysOf, sizeOf, type KeyUse } from './usage'
import type { ManagedProvider, Usage } from './types'

const DAYS = 30
const REFRESH_MS = 5_000

/** What a provider sent in the last days, what it may still send today, and by which key. */
export function UsagePanel({ provider }: { provider: ManagedProvider }) {
  const { t, format } = useI18n()
  const query = useQuery({
    queryKey: ['provider', 'usage', provider.key],
    queryFn: ({ signal }) => getJson<Usage>(`/v1/provider/${provider.key}/usage?days=${DAYS}`, { signal }),
    refetchInterval: () => eased(REFRESH_MS),
  })
  return (
    <Panel
      id="usage"
      title={t('integration.usageOf', { name: provider.name })}
      note={t('integration.has', {
        things: format.count(provider.things),
        datastreams: format.count(provider.datastreams),
      })}
    >
      <Answer query={query}>
        {(usage) => (
          <div className="usage">
            <Today usage={usage} />
            <Bars usage={usage} />
            <KeyTable uses={byKey(usage)} />
          </div>
        )}
      </Answer>
    </Panel>
  )
}

function Today({ usage }: { usage: Usage }) {
  const { t, format } = useI18n()
  const rows = usage.items.filter(({ day }) => day === usage.today)
  const sum = (pick: (row: Usage['items'][number]) => number) =>
    rows.reduce((total, row) => total + pick(row), 0)
  const refused = sum((row) => Object.values(row.refused).reduce((total, n) => total + n, 0))
  const { observationsPerDay, bytesPerDay, requestsPerMinute } = usage.limits
  const facts = [
    {
      name: t('integration.acceptedToday'),
      value: format.count(sum((row) => row.accepted)),
      limit: observationsPerDay === null ? null : format.count(observationsPerDay),
    },
    {
      name: t('integration.bytesToday'),
      value: sizeOf(
        sum((row) => row.bytes),
        format,
      ),
      limit: bytesPerDay === null ? null : sizeOf(bytesPerDay, format),
    },
    {
      name: t('integration.requestsToday'),
      value: format.count(sum((row) => row.requests)),
      limit:
        requestsPerMinute === null ? null : t('integration.aMinute', { n: format.count(requestsPerMinute) }),
    },
    { name: t('integration.refusedToday'), value: format.count(refused), limit: null },
  ]
  return (
    <dl className="usage-facts">
      {facts.map(({ name, value, limit }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="usage-fact" data-testid="usage-fact">
            {value}
          </dd>
          {limit !== null && <dd className="hint">{t('integration.ofLimit', { limit })}</dd>}
        </div>
      ))}
    </dl>
  )
}

function Bars({ usage }: { usage: Usage }) {
  const { t, format } = useI18n()
  const days = daysOf(usage, DAYS)
  const most = Math.max(1, ...days.map(({ accepted, refused }) => accepted + refused))
  return (
    <figure className="usage-chart">
      <figcaption>
        {t('integration.byDay')}
        <span className="usage-key usage-key-accepted">{t('integration.accepted')}</span>
        <span className="usage-key usage-key-refused">{t('integration.refused')}</span>
      </figcaption>
      <ol className="usage-bars">
        {days.map(({ day, accepted, refused }) => (
          <li
            key={day}
            title={`${format.date(day)}: ${format.count(accepted)} · ${t('integration.refused')} ${format.count(refused)}`}
          >
            <span className="usage-bar-refused" style={{ height: `${(refused / most) * 100}%` }} />
            <span className="usage-bar-accepted" style={{ height: `${(accepted / most) * 100}%` }} />
            <span className="visually-hidden">
              {format.date(day)}: {format.count(accepted)}; {t('integration.refused')}:{' '}
              {format.count(refused)}
            </span>
          </li>
        ))}
      </ol>
      <div className="usage-ends hint" aria-hidden="true">
        <span>{format.date(days[0]?.day ?? usage.today)}</span>
        <span>{t('integration.most', { n: format.count(most) })}</span>
        <span>{format.date(usage.today)}</span>
      </div>
    </figure>
  )
}

function KeyTable({ uses }: { uses: KeyUse[] }) {
  const { t, format } = useI18n()
  if (uses.length === 0) return <p className="hint usage-none">{t('integration.nothingSent')}</p>
  return (
    <Table
      label={t('integration.byKey')}
      columns={[
        t('admin.key'),
        [t('integration.accepted'), 'number'],
        [t('integration.bytes'), 'number col-wide'],
        t('integration.refused'),
        t('integration.lastUsed'),
      ]}
    >
      {uses.map((use) => (
        <tr key={use.keyId} data-testid="usage-row">
          <th scope="row">
            {use.keyId === 'mqtt' || use.keyId === 'internal'
              ? t(`integration.door.${use.keyId}`)
              : (use.keyName ?? use.keyId)}
            <span className="hint block mono">{use.keyId}</span>
          </th>
          <td className="number" data-label={t('integration.accepted')}>
            {format.count(use.accepted)}
          </td>
          <td className="number col-wide">{sizeOf(use.bytes, format)}</td>
          <td data-label={t('integration.refused')}>
            {use.refused.length === 0
              ? '–'
              : use.refused.map(([code, n]) => (
                  <span key={code} className="block">
                    <span className="mono">{code}</span> {format.count(n)}
                  </span>
                ))}
          </td>
          <td data-label={t('integration.lastUsed')}>{format.dateTime(use.lastUsedAt)}</td>
        </tr>
      ))}
    </Table>
  )
}
