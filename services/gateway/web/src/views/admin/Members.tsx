import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'

import { deleteJson, getJson, putJson } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import { Fault } from '../parts/Fault'
import { Table } from '../parts/Table'
import { Answer, Panel } from '../parts/View'
import type { Member } from './types'
import { useChange } from '../../api/useChange'

/** Operators who manage a provider. */
export function Members({ provider }: { provider: string }) {
  const { t } = useI18n()
  const id = useId()
  const [name, setName] = useState('')
  const url = `/v1/admin/providers/${provider}/members`
  const key = ['admin', 'members', provider] as const
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => getJson<{ items: Member[] }>(url, { signal }),
  })
  const add = useChange(
    [key],
    () => putJson(`${url}/${encodeURIComponent(name.trim())}`, undefined),
    () => setName(''),
  )
  const remove = useChange([key], (username: string) => deleteJson(`${url}/${username}`))
  return (
    <Panel id="members" title={t('admin.members', { name: provider })} note={t('admin.membersHint')}>
      <Answer
        query={query}
        empty={({ items }) => items.length === 0}
        emptyTitle={t('admin.noMembers')}
        emptyHint={t('admin.membersHint')}
      >
        {({ items }) => (
          <Table
            label={t('admin.members', { name: provider })}
            columns={[t('admin.operator'), t('admin.role')]}
            acts
          >
            {items.map((one) => (
              <tr key={one.username} data-testid="member-row">
                <th scope="row">
                  {one.displayName || one.username}
                  <span className="hint block mono">{one.username}</span>
                </th>
                <td>{t(`role.${one.role}`)}</td>
                <td className="number col-acts">
                  <button
                    type="button"
                    className="button"
                    disabled={remove.isPending}
                    onClick={() => remove.mutate(one.username)}
                  >
                    {t('admin.removeMember')}
                  </button>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Answer>
      <form
        className="form member-form"
        onSubmit={(event) => {
          event.preventDefault()
          add.mutate()
        }}
      >
        <label htmlFor={id}>{t('admin.operator')}</label>
        <div className="member-line">
          <input
            id={id}
            className="field"
            required
            pattern="[a-z0-9][a-z0-9._@\-]{0,62}"
            autoCapitalize="none"
            spellCheck={false}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <button type="submit" className="button" disabled={add.isPending}>
            {t('admin.addMember')}
          </button>
        </div>
        <Fault error={add.error ?? remove.error} />
      </form>
    </Panel>
  )
}
