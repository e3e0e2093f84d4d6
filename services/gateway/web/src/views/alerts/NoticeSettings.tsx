import { useState } from 'react'

import { useI18n } from '../../i18n/I18n'
import { chime, wakeChime } from './chime'
import { allowNotifications, changeNotice, useNotice } from './notice'

/** Two switches: notifications of the browser, and a sound. */
export function NoticeSettings() {
  const { t } = useI18n()
  const notice = useNotice()
  const [refused, setRefused] = useState(false)

  async function switchNotification(wanted: boolean) {
    const allowed = !wanted || (await allowNotifications())
    setRefused(!allowed)
    changeNotice({ notification: wanted && allowed })
  }

  async function switchSound(wanted: boolean) {
    changeNotice({ sound: wanted })
    if (!wanted) return
    await wakeChime()
    chime()
  }

  return (
    <div className="notice-settings" role="group" aria-label={t('al.notice')}>
      <label className="check">
        <input
          type="checkbox"
          checked={notice.notification}
          onChange={(event) => void switchNotification(event.target.checked)}
        />
        {t('al.notification')}
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={notice.sound}
          onChange={(event) => void switchSound(event.target.checked)}
        />
        {t('al.sound')}
      </label>
      {refused && (
        <span className="fault" role="alert">
          {t('al.notificationRefused')}
        </span>
      )}
    </div>
  )
}
