import { useMemo } from 'react'

import { useServiceSummary } from '../api/queries'
import { useStanding } from '../api/standing'
import type { ServiceSummaryItem } from '../api/types'
import { useI18n } from '../i18n/I18n'
import type { Language } from '../i18n/messages'
import { useSession } from '../operator/session'
import { ErrorMessage, Loading, StateMessage } from '../shell/StateMessage'

const COLUMNS = ['received', 'processed', 'onTime', 'open', 'overdue'] as const

type Counts = Pick<ServiceSummaryItem, 'received' | 'processed' | 'onTime' | 'late' | 'open' | 'overdue'>

/** Cases by agency; the agencies with most overdue first, because they need somebody's attention. */
export function ServiceSummary() {
  const { t, format, language } = useI18n()
  const { operator } = useSession()
  const summary = useServiceSummary(operator !== null)
  const standing = useStanding(summary)
  const items = useMemo(
    () => [...(summary.data?.items ?? [])].sort((a, b) => b.overdue - a.overdue || b.received - a.received),
    [summary.data],
  )
  const total = useMemo(() => sumOf(items), [items])
  const figure = (counts: Counts, column: (typeof COLUMNS)[number]) => {
    if (column !== 'onTime') return format.count(counts[column])
    const ended = counts.onTime + counts.late
    return ended === 0 ? '–' : format.percent(counts.onTime / ended)
  }
  const most = Math.max(1, ...items.map((item) => item.overdue))

  let content
  if (operator === null) content = <StateMessage title={t('casesForOperators')} />
  else if (standing.kind === 'waiting') content = <Loading />
  else if (!summary.data)
    content = <ErrorMessage error={summary.error} onRetry={() => void summary.refetch()} />
  else if (items.length === 0) content = <StateMessage title={t('noServices')} />
  else
    content = (
      <div className="table-box" tabIndex={0} role="region" aria-label={t('servicesPeriod')}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('agency')}</th>
              {COLUMNS.map((column) => (
                <th key={column} scope="col" className={`number col-${column}`}>
                  {t(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.key ?? ''}>
                <th scope="row" title={item.name === null ? undefined : (item.key ?? undefined)}>
                  {agencyName(item, language) ?? t('unnamedAgency')}
                </th>
                {COLUMNS.map((column) => (
                  <td key={column} className={`number col-${column}`}>
                    {column === 'overdue' && item.overdue > 0 && (
                      <meter
                        className="overdue-bar"
                        min={0}
                        max={most}
                        value={item.overdue}
                        aria-hidden="true"
                      />
                    )}
                    {figure(item, column)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
          {items.length > 1 && (
            <tfoot>
              <tr>
                <th scope="row">{t('total')}</th>
                {COLUMNS.map((column) => (
                  <td key={column} className={`number col-${column}`}>
                    {figure(total, column)}
                  </td>
                ))}
              </tr>
            </tfoot>
          )}
        </table>
      </div>
    )

  return (
    <section className="panel services" id="services" aria-labelledby="services-title">
      <div className="panel-head">
        <h2 id="services-title">{t('services')}</h2>
        <p className="panel-note">{t('servicesPeriod')}</p>
      </div>
      {content}
    </section>
  )
}

function agencyName(item: ServiceSummaryItem, language: Language): string | null {
  return (language === 'en' ? item.nameEn : item.name) || item.name || item.key || null
}

function sumOf(items: readonly Counts[]): Counts {
  const total = { received: 0, processed: 0, onTime: 0, late: 0, open: 0, overdue: 0 }
  for (const item of items) {
    for (const name of Object.keys(total) as (keyof Counts)[]) total[name] += item[name]
  }
  return total
}
