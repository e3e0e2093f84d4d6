import { useMemo } from 'react'

import { useActiveAlerts } from '../api/alertQueries'
import type { Alert } from '../api/alertTypes'
import { useStanding } from '../api/standing'
import { useI18n } from '../i18n/I18n'
import { inLanguage } from '../indicators/cardText'
import { StaleNote } from '../shell/StaleNote'
import { ErrorMessage, Loading, StateMessage } from '../shell/StateMessage'
import { inOrder } from './order'
import { SeverityMark } from './SeverityMark'

interface Props {
  now: number
  /** In the reader's language, by code. */
  areaNames: ReadonlyMap<string, string>
  onAlert: (id: number) => void
}

/** What needs somebody now. */
export function AlertPanel({ now, areaNames, onAlert }: Props) {
  const { t, format } = useI18n()
  const query = useActiveAlerts()
  const standing = useStanding(query)
  const alerts = useMemo(() => inOrder(query.data ?? []), [query.data])
  const waiting = alerts.filter((alert) => alert.state === 'open').length

  let content
  if (standing.kind === 'failed')
    content = <ErrorMessage error={standing.error} onRetry={() => void query.refetch()} />
  else if (standing.kind === 'waiting') content = <Loading />
  else if (alerts.length === 0) content = <StateMessage title={t('noAlerts')} hint={t('noAlertsHint')} />
  else
    content = (
      <ul className="alert-rows">
        {alerts.map((alert) => (
          <AlertRow
            key={alert.id}
            alert={alert}
            now={now}
            place={alert.areaCode === null ? '' : (areaNames.get(alert.areaCode) ?? '')}
            onAlert={onAlert}
          />
        ))}
      </ul>
    )

  return (
    <section className="panel alerts" id="alerts" aria-labelledby="alerts-title">
      <div className="panel-head">
        <h2 id="alerts-title">{t('alerts')}</h2>
        {alerts.length > 0 && (
          <p className="alert-count" role="status" data-testid="alert-count" data-waiting={waiting > 0}>
            {t('alertsOpen', { n: format.count(waiting) })}
          </p>
        )}
      </div>
      <StaleNote query={query} />
      {content}
    </section>
  )
}

interface RowProps {
  alert: Alert
  now: number
  place: string
  onAlert: (id: number) => void
}

function AlertRow({ alert, now, place, onAlert }: RowProps) {
  const { t, format, language } = useI18n()
  return (
    <li>
      <button
        type="button"
        className={`alert alert-${alert.severity}`}
        data-testid="alert-row"
        data-alert={alert.id}
        data-rule={alert.rule}
        data-subject={alert.subject}
        data-state={alert.state}
        onClick={() => onAlert(alert.id)}
      >
        <span className="alert-top">
          <SeverityMark severity={alert.severity} />
          <time dateTime={alert.startedAt} title={format.dateTime(alert.startedAt)}>
            {t('sinceAge', { age: format.age(alert.startedAt, now) })}
          </time>
        </span>
        <span className="alert-rule">{inLanguage(alert.ruleNames, language)}</span>
        <span className="alert-summary">{inLanguage(alert.summary, language)}</span>
        <span className="alert-foot">
          <span className="mark" data-alert-state={alert.state}>
            {t(`state.${alert.state}`)}
          </span>
          {alert.escalationLevel > 0 && (
            <span className="mark mark-warn">{t('escalated', { n: alert.escalationLevel })}</span>
          )}
          {alert.silenced && (
            <span className="mark" title={t('silencedHint')}>
              {t('silenced')}
            </span>
          )}
          {alert.assignee && <span>{t('assignedTo', { name: alert.assignee })}</span>}
          {place && <span>{place}</span>}
        </span>
      </button>
    </li>
  )
}
