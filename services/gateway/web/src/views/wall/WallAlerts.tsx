import { useMemo } from 'react'

import { inOrder } from '../../alerts/order'
import { SeverityMark } from '../../alerts/SeverityMark'
import { useActiveAlerts } from '../../api/alertQueries'
import { useAreas } from '../../api/queries'
import { useStanding } from '../../api/standing'
import { areaName } from '../../datastreams/model'
import { useI18n } from '../../i18n/I18n'
import { inLanguage } from '../../indicators/cardText'
import { StaleNote } from '../../shell/StaleNote'
import { ErrorMessage, Loading } from '../../shell/StateMessage'

/** Alerts that fit on the screen. */
const SHOWN = 6

/** The gravest alerts, large. */
export function WallAlerts({ now }: { now: number }) {
  const { t, format, language } = useI18n()
  const query = useActiveAlerts()
  const standing = useStanding(query)
  const areas = useAreas()
  const places = useMemo(
    () =>
      new Map(
        areas.data?.features.map(
          ({ properties }) => [properties.code, areaName(properties, language)] as const,
        ),
      ),
    [areas.data, language],
  )
  const alerts = useMemo(() => inOrder(query.data ?? []), [query.data])
  if (standing.kind === 'failed')
    return <ErrorMessage error={standing.error} onRetry={() => void query.refetch()} />
  if (standing.kind === 'waiting') return <Loading />
  if (alerts.length === 0) return <p className="wall-calm">{t('wallNoAlerts')}</p>
  return (
    <div className="wall-alerts">
      <StaleNote query={query} />
      <ul>
        {alerts.slice(0, SHOWN).map((alert) => (
          <li key={alert.id} className={`wall-alert alert-${alert.severity}`}>
            <p className="alert-top">
              <SeverityMark severity={alert.severity} />
              <span className="mark" data-alert-state={alert.state}>
                {t(`state.${alert.state}`)}
              </span>
              <time dateTime={alert.startedAt}>
                {t('sinceAge', { age: format.age(alert.startedAt, now) })}
              </time>
            </p>
            <p className="wall-alert-rule">{inLanguage(alert.ruleNames, language)}</p>
            <p className="wall-alert-text">
              {inLanguage(alert.summary, language)}
              {alert.areaCode !== null && ` · ${places.get(alert.areaCode) ?? alert.areaCode}`}
            </p>
          </li>
        ))}
      </ul>
      {alerts.length > SHOWN && <p className="hint">{t('wallMore', { n: alerts.length - SHOWN })}</p>}
    </div>
  )
}
