import { useId, useState, type FormEvent } from 'react'

import { alertAddress, alertKeys } from '../../api/alertQueries'
import type { AlertDetail } from '../../api/alertTypes'
import { postJson } from '../../api/client'
import { useChange } from '../../api/useChange'
import { useI18n } from '../../i18n/I18n'
import { useSession } from '../../operator/session'
import { Fault } from '../parts/Fault'
import { useOperatorNames } from '../parts/useOperatorNames'

/** Gives an alert to somebody, or takes it away from whoever has it. */
export function AssignForm({ alert }: { alert: AlertDetail }) {
  const { t } = useI18n()
  const { operator } = useSession()
  const names = useOperatorNames()
  const [name, setName] = useState('')
  const id = useId()
  const assign = useChange(
    alertKeys(alert.id),
    (assignee: string | null) =>
      postJson<AlertDetail>(
        `${alertAddress(alert.id)}/assign`,
        { assignee },
        { ifMatch: `"${alert.version}"` },
      ),
    () => setName(''),
  )

  function submit(event: FormEvent) {
    event.preventDefault()
    if (name.trim() !== '') assign.mutate(name.trim())
  }

  return (
    <form className="drawer-section act" aria-label={t('al.assign')} onSubmit={submit}>
      <label htmlFor={`${id}-name`}>
        {alert.assignee ? t('assignedTo', { name: alert.assignee }) : t('al.notAssigned')}
      </label>
      <div className="act-buttons">
        <input
          id={`${id}-name`}
          className="field field-inline"
          list={`${id}-names`}
          placeholder={t('al.assignee')}
          pattern="[a-z0-9][a-z0-9._@\-]{0,62}"
          autoCapitalize="none"
          autoComplete="off"
          spellCheck={false}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <datalist id={`${id}-names`}>
          {names.map(({ username, displayName }) => (
            <option key={username} value={username}>
              {displayName}
            </option>
          ))}
        </datalist>
        <button type="submit" className="button" disabled={assign.isPending || name.trim() === ''}>
          {t('al.assign')}
        </button>
        {operator && alert.assignee !== operator.username && (
          <button
            type="button"
            className="button"
            disabled={assign.isPending}
            onClick={() => assign.mutate(operator.username)}
          >
            {t('al.toMe')}
          </button>
        )}
        {alert.assignee && (
          <button
            type="button"
            className="button"
            disabled={assign.isPending}
            onClick={() => assign.mutate(null)}
          >
            {t('al.takeAway')}
          </button>
        )}
      </div>
      <Fault error={assign.error} />
    </form>
  )
}
