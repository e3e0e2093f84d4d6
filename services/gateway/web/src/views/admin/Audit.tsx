import { useState } from 'react'

import { address } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import { messages, type MessageKey } from '../../i18n/messages'
import { instantOf } from '../parts/localTime'
import { usePages } from '../parts/pages'
import { PagedTable } from '../parts/Table'
import { AdminView } from './AdminView'
import { Field } from './Field'
import type { AuditEvent } from './types'

export interface AuditSearch {
  actor: string
  action: string
  object: string
  /** As `<input type="date">` gives it. */
  from: string
  to: string
}

interface Props {
  search: AuditSearch
  onSearch: (change: Partial<AuditSearch>) => void
}

/** Nouns that actions begin with; an action is filtered by its noun or in whole. */
const NOUNS = [
  'session',
  'operator',
  'provider',
  'api-key',
  'period',
  'alert',
  'maintenance-window',
  'dead-letter',
] as const

/** What was done by whom: append-only, newest first. */
export function Audit(props: Props) {
  return (
    <AdminView section="audit">
      <Events {...props} />
    </AdminView>
  )
}

function Events({ search, onSearch }: Props) {
  const { t } = useI18n()
  const pages = usePages<AuditEvent>(
    ['admin', 'audit'],
    address('/v1/admin/audit', {
      actor: search.actor || undefined,
      action: search.action || undefined,
      object: search.object || undefined,
      from: search.from ? instantOf(`${search.from}T00:00`) : undefined,
      to: search.to ? instantOf(`${search.to}T23:59:59`) : undefined,
      limit: 100,
    }),
    { refreshMs: 15_000 },
  )
  return (
    <section className="panel fill" aria-label={t('admin.audit')}>
      <form
        className="tool-row tool-fields"
        role="search"
        aria-label={t('admin.audit')}
        onSubmit={(event) => event.preventDefault()}
      >
        <div className="tool-field">
          <Field
            label={t('admin.actor')}
            value={search.actor}
            autoCapitalize="none"
            onChange={(actor) => onSearch({ actor })}
          />
        </div>
        <div className="tool-field">
          <Field
            label={t('admin.action')}
            list="audit-actions"
            value={search.action}
            onChange={(action) => onSearch({ action })}
          />
          <datalist id="audit-actions">
            {NOUNS.map((noun) => (
              <option key={noun} value={noun} />
            ))}
          </datalist>
        </div>
        <div className="tool-field">
          <Field
            label={t('admin.object')}
            value={search.object}
            onChange={(object) => onSearch({ object })}
          />
        </div>
        <div className="tool-field">
          <Field
            label={t('admin.fromDay')}
            type="date"
            value={search.from}
            onChange={(from) => onSearch({ from })}
          />
        </div>
        <div className="tool-field">
          <Field label={t('admin.toDay')} type="date" value={search.to} onChange={(to) => onSearch({ to })} />
        </div>
      </form>
      <PagedTable
        pages={pages}
        emptyTitle={t('admin.noEvents')}
        label={t('admin.audit')}
        columns={[
          t('time'),
          t('admin.actor'),
          t('admin.action'),
          t('admin.object'),
          [t('admin.client'), 'col-wide'],
        ]}
      >
        {(event) => <Event key={event.id} event={event} />}
      </PagedTable>
    </section>
  )
}

/** What an action is called; one that the page has no words for shows by its name alone. */
function actionText(action: string): MessageKey | null {
  const key = `admin.did.${action}`
  return key in messages.vi ? (key as MessageKey) : null
}

function Event({ event }: { event: AuditEvent }) {
  const { t, format } = useI18n()
  const [open, setOpen] = useState(false)
  const details = Object.entries(event.details)
  const text = actionText(event.action)
  return (
    <tr data-testid="audit-row">
      <td className="nowrap">
        <time dateTime={event.at}>{format.exact(Date.parse(event.at), 'second')}</time>
      </td>
      <th scope="row">{event.actor}</th>
      <td>
        {text ? t(text) : event.action}
        {text && <span className="hint block mono">{event.action}</span>}
      </td>
      <td>
        {event.object || '–'}
        {details.length > 0 && (
          <>
            {' '}
            <button type="button" className="link" aria-expanded={open} onClick={() => setOpen(!open)}>
              {t('admin.details')}
            </button>
            {open && (
              <dl className="facts small">
                {details.map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
                  </div>
                ))}
              </dl>
            )}
          </>
        )}
      </td>
      <td className="col-wide mono">{event.client || '–'}</td>
    </tr>
  )
}
