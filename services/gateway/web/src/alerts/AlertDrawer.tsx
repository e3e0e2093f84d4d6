import { useState } from 'react'

import { alertAddress, useAlert } from '../api/alertQueries'
import type { AlertDetail } from '../api/alertTypes'
import { useIndicators, type FigureName } from '../api/indicatorQueries'
import { useStanding } from '../api/standing'
import type { Result } from '../api/types'
import { useI18n } from '../i18n/I18n'
import type { MessageKey } from '../i18n/messages'
import { inLanguage, unitText } from '../indicators/cardText'
import { isPeriodKind, periodAt } from '../indicators/period'
import { SignIn } from '../operator/SignIn'
import { mayAct, useSession } from '../operator/session'
import { Dialog } from '../shell/Dialog'
import { StaleNote } from '../shell/StaleNote'
import { ErrorMessage, Loading } from '../shell/StateMessage'
import { AlertActions } from './AlertActions'
import { AssignForm } from '../views/alerts/AssignForm'
import { AlertHistory } from './AlertHistory'
import { SeverityMark } from './SeverityMark'

const CAUSE_TEXTS: Record<string, MessageKey> = {
  at: 'cause.at',
  value: 'cause.value',
  bound: 'cause.bound',
  indicator: 'cause.indicator',
  property: 'cause.property',
  period: 'cause.period',
}

interface Props {
  id: number
  onWhy: (name: FigureName) => void
  onClose: () => void
}

/** One alert: what was seen, what happened since, and what an operator can do. */
export function AlertDrawer({ id, onWhy, onClose }: Props) {
  const { t, format, language } = useI18n()
  const { operator } = useSession()
  const [asking, setAsking] = useState(false)
  const query = useAlert(id)
  const standing = useStanding(query)
  const alert = standing.kind === 'ready' ? standing.data : null
  const active = alert !== null && (alert.state === 'open' || alert.state === 'acknowledged')

  return (
    <Dialog
      className="drawer"
      title={alert ? inLanguage(alert.ruleNames, language) : t('alerts')}
      subtitle={
        alert && (
          <p className="card-marks">
            <SeverityMark severity={alert.severity} />
            <span className="mark" data-testid="alert-state" data-alert-state={alert.state}>
              {t(`state.${alert.state}`)}
            </span>
            {alert.silenced && (
              <span className="mark" title={t('silencedHint')}>
                {t('silenced')}
              </span>
            )}
          </p>
        )
      }
      onClose={onClose}
    >
      <div className="drawer-body" tabIndex={-1} data-testid="alert-drawer">
        {standing.kind === 'failed' ? (
          <ErrorMessage error={standing.error} onRetry={() => void query.refetch()} />
        ) : !alert ? (
          <Loading />
        ) : (
          <>
            <StaleNote query={query} />
            <p className="alert-lead">{inLanguage(alert.summary, language)}</p>
            <ul className="plain-list hint">
              <li>{t('startedAt', { time: format.dateTime(alert.startedAt) })}</li>
              <li>{t('noticedAt', { time: format.dateTime(alert.openedAt) })}</li>
              {alert.acknowledgedAt && (
                <li>
                  {alert.acknowledgedBy
                    ? t('acknowledgedBy', {
                        name: alert.acknowledgedBy,
                        time: format.dateTime(alert.acknowledgedAt),
                      })
                    : t('acknowledgedAt', { time: format.dateTime(alert.acknowledgedAt) })}
                </li>
              )}
              {alert.assignee && <li>{t('assignedTo', { name: alert.assignee })}</li>}
              {alert.endedAt && <li>{t('endedNote', { time: format.dateTime(alert.endedAt) })}</li>}
            </ul>
            {active &&
              (mayAct(operator) ? (
                <div key={alert.id}>
                  <AlertActions alert={alert} />
                  <AssignForm alert={alert} />
                </div>
              ) : operator ? (
                <p className="hint">{t('mayNotAct')}</p>
              ) : (
                <p>
                  <button type="button" className="button button-main" onClick={() => setAsking(true)}>
                    {t('signInToAct')}
                  </button>
                </p>
              ))}
            <Cause alert={alert} onWhy={onWhy} />
            <AlertHistory alert={alert} />
            <p className="drawer-link">
              <a href={alertAddress(id)} target="_blank" rel="noreferrer">
                {t('apiAnswer')}
              </a>
            </p>
          </>
        )}
      </div>
      {asking && <SignIn onClose={() => setAsking(false)} />}
    </Dialog>
  )
}

function Cause({ alert, onWhy }: { alert: AlertDetail; onWhy: (name: FigureName) => void }) {
  const { t, format, language } = useI18n()
  const indicators = useIndicators()
  const definition = indicators.data?.find((one) => one.id === alert.cause['indicator'])
  const facts = Object.entries(alert.cause).filter(([key, value]) => CAUSE_TEXTS[key] && value !== null)
  const figure = figureOf(alert)
  if (facts.length === 0) return null

  function text(key: string, value: unknown): string {
    if (key === 'at' && typeof value === 'string') return format.dateTime(value)
    if (key === 'period' && isPeriodKind(value)) return t(`period.${value}`)
    if (key === 'indicator' && definition) return inLanguage(definition.names, language)
    if ((key === 'value' || key === 'bound') && typeof value === 'number' && definition)
      return `${format.fixed(value, definition.decimals)} ${unitText(definition.unit, language)}`.trim()
    return format.value(value as Result)
  }

  return (
    <section className="drawer-section">
      <h3>{t('cause')}</h3>
      <dl className="facts">
        {facts.map(([key, value]) => (
          <div key={key}>
            <dt>{t(CAUSE_TEXTS[key] as MessageKey)}</dt>
            <dd>{text(key, value)}</dd>
          </div>
        ))}
      </dl>
      {figure && (
        <button type="button" className="link" onClick={() => onWhy(figure)}>
          {t('why')}
        </button>
      )}
    </section>
  )
}

/** The figure that an alert on an indicator rests on. */
export function figureOf({ cause, subject, subjectKind }: AlertDetail): FigureName | null {
  const { indicator, period, at } = cause
  if (typeof indicator !== 'string' || typeof at !== 'string' || !isPeriodKind(period)) return null
  return {
    indicator,
    subject: subjectKind === 'area' ? subject : `${subjectKind}:${subject}`,
    period: periodAt(period, Date.parse(at)),
  }
}
