import type { AlertDetail, AlertEvent, AlertNotification } from '../api/alertTypes'
import { useI18n } from '../i18n/I18n'

/** Everything that happened to an alert, the newest first, and how people were told. */
export function AlertHistory({ alert }: { alert: AlertDetail }) {
  const { t, format } = useI18n()

  function actor(event: AlertEvent): string {
    if (event.actor === null) return t('byOperator')
    return event.actor === 'system' ? t('bySystem') : event.actor
  }

  function delivery(one: AlertNotification): string {
    if (one.deliveredAt) return t('delivered', { time: format.dateTime(one.deliveredAt) })
    if (one.failedAt) return t('gaveUp', { n: one.attempts, error: one.lastError ?? '' })
    return t('trying', { n: one.attempts + 1 })
  }

  return (
    <>
      <section className="drawer-section">
        <h3>{t('history')}</h3>
        <ol className="history">
          {[...alert.history].reverse().map((event) => (
            <li key={event.id} data-testid="alert-event" data-kind={event.kind}>
              <p>
                <b>{t(`change.${event.kind}`)}</b> · {actor(event)}
              </p>
              {event.note && <p className="history-note">{event.note}</p>}
              <time className="hint" dateTime={event.at}>
                {format.exact(Date.parse(event.at), 'second')}
              </time>
            </li>
          ))}
        </ol>
      </section>
      {alert.notifications.length > 0 && (
        <section className="drawer-section">
          <h3>{t('notifications')}</h3>
          <ul className="plain-list">
            {alert.notifications.map((one) => (
              <li key={`${one.receiver} ${one.channel} ${one.event}`}>
                {one.receiver} ({one.channel}): {delivery(one)}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
