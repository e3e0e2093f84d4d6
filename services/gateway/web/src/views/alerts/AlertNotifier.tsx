import { useEffect, useRef } from 'react'

import { useActiveAlerts } from '../../api/alertQueries'
import type { Alert } from '../../api/alertTypes'
import { useI18n } from '../../i18n/I18n'
import { inLanguage } from '../../indicators/cardText'
import { chime, wakeChime } from './chime'
import { useNotice } from './notice'

/** Alerts that were not there before, or have become graver; those of maintenance windows tell nobody. */
export function newsOf(before: ReadonlyMap<number, string>, alerts: readonly Alert[]): Alert[] {
  return alerts.filter(
    (alert) => alert.state === 'open' && !alert.silenced && before.get(alert.id) !== alert.severity,
  )
}

/** Tells the reader of new alerts in the way they have chosen, on whatever view they are. It draws nothing. */
export function AlertNotifier({ onAlert }: { onAlert: (id: number) => void }) {
  const { t, language } = useI18n()
  const notice = useNotice()
  const alerts = useActiveAlerts().data
  const known = useRef<Map<number, string> | null>(null)

  useEffect(() => {
    if (!notice.sound) return undefined
    // After a reload the browser wants one click or key before it lets us sound.
    const wake = () => void wakeChime()
    window.addEventListener('pointerdown', wake, { once: true })
    window.addEventListener('keydown', wake, { once: true })
    return () => {
      window.removeEventListener('pointerdown', wake)
      window.removeEventListener('keydown', wake)
    }
  }, [notice.sound])

  useEffect(() => {
    if (!alerts) return
    // What was there when the page was opened is on the screen; only what comes later is news.
    const news = known.current ? newsOf(known.current, alerts) : []
    known.current = new Map(alerts.map((alert) => [alert.id, alert.severity]))
    if (news.length === 0) return
    if (notice.sound) chime()
    if (notice.notification && 'Notification' in window && Notification.permission === 'granted') {
      for (const alert of news) {
        const shown = new Notification(
          `${t(`severity.${alert.severity}`)}: ${inLanguage(alert.ruleNames, language)}`,
          {
            body: inLanguage(alert.summary, language),
            tag: `fansipan-alert-${alert.id}`,
            lang: language,
          },
        )
        shown.onclick = () => {
          window.focus()
          onAlert(alert.id)
          shown.close()
        }
      }
    }
  }, [alerts, notice, t, language, onAlert])

  return null
}
