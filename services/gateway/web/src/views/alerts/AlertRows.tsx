import { useAlertStep } from '../../api/alertQueries'
import type { Alert } from '../../api/alertTypes'
import { SeverityMark } from '../../alerts/SeverityMark'
import { useI18n } from '../../i18n/I18n'
import { inLanguage } from '../../indicators/cardText'
import { mayAct, useSession } from '../../operator/session'
import { Fault } from '../parts/Fault'

interface Props {
  alerts: readonly Alert[]
  now: number
  areaNames: ReadonlyMap<string, string>
  onAlert: (id: number) => void
}

export function AlertRows({ alerts, now, areaNames, onAlert }: Props) {
  const { t, format, language } = useI18n()
  const { operator } = useSession()
  return (
    <div className="table-box" tabIndex={0} role="region" aria-label={t('al.list')}>
      <table className="table alert-table table-stack">
        <thead>
          <tr>
            <th scope="col">{t('al.severity')}</th>
            <th scope="col">{t('al.alert')}</th>
            <th scope="col" className="col-wide">
              {t('area')}
            </th>
            <th scope="col">{t('al.since')}</th>
            <th scope="col">{t('al.state')}</th>
            {mayAct(operator) && (
              <th scope="col" className="col-wide">
                {t('act')}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {alerts.map((alert) => (
            <tr key={alert.id} data-testid="alert-line" data-alert={alert.id}>
              <td>
                <SeverityMark severity={alert.severity} />
              </td>
              <th scope="row">
                <button type="button" className="link-row" onClick={() => onAlert(alert.id)}>
                  <span className="row-names">
                    <span className="row-name">{inLanguage(alert.ruleNames, language)}</span>
                    <span className="row-place row-wrap">{inLanguage(alert.summary, language)}</span>
                  </span>
                </button>
              </th>
              <td className="col-wide">{(alert.areaCode && areaNames.get(alert.areaCode)) || '–'}</td>
              <td>
                <time dateTime={alert.startedAt} title={format.dateTime(alert.startedAt)}>
                  {alert.endedAt ? format.dateTime(alert.startedAt) : format.age(alert.startedAt, now)}
                </time>
              </td>
              <td>
                <span className="card-marks">
                  <span className="mark" data-alert-state={alert.state}>
                    {t(`state.${alert.state}`)}
                  </span>
                  {alert.escalationLevel > 0 && !alert.endedAt && (
                    <span className="mark mark-warn">{t('escalated', { n: alert.escalationLevel })}</span>
                  )}
                  {alert.silenced && (
                    <span className="mark" title={t('silencedHint')}>
                      {t('silenced')}
                    </span>
                  )}
                  {alert.assignee && (
                    <span className="hint">{t('assignedTo', { name: alert.assignee })}</span>
                  )}
                </span>
              </td>
              {mayAct(operator) && (
                <td className="col-wide col-acts">
                  {alert.state === 'open' && <Acknowledge alert={alert} />}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** The most frequent step, without opening the alert. It names the version that is shown. */
function Acknowledge({ alert }: { alert: Alert }) {
  const { t } = useI18n()
  const step = useAlertStep(alert.id)
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={step.isPending}
        onClick={() => step.mutate({ action: 'acknowledge', note: '', version: alert.version })}
      >
        {t(step.isPending ? 'sending' : 'acknowledge')}
      </button>
      <Fault error={step.error} />
    </>
  )
}
