import { useId, useState, type FormEvent } from 'react'

import { useActiveAlerts } from '../../api/alertQueries'
import { address, postJson } from '../../api/client'
import { useChange } from '../../api/useChange'
import { useI18n } from '../../i18n/I18n'
import { inLanguage } from '../../indicators/cardText'
import { mayAct, useSession } from '../../operator/session'
import { StateMessage } from '../../shell/StateMessage'
import { Confirm } from '../parts/Confirm'
import { DateInput } from '../parts/DateInput'
import { Fault } from '../parts/Fault'
import { instantOf } from '../parts/localTime'
import { usePages } from '../parts/pages'
import { PagedTable } from '../parts/Table'
import { useAsked } from '../parts/useAsked'
import { useMinute } from '../parts/useMinute'
import { Panel } from '../parts/View'

interface Window {
  id: number
  rule: string | null
  subject: string | null
  startsAt: string
  endsAt: string
  reason: string
  createdBy: string
  endedBy: string | null
}

const KEY = ['maintenance-windows']

/** Times in which alerts open silently: calibration, repairs. */
export function MaintenanceWindows() {
  const { t } = useI18n()
  const { operator } = useSession()
  if (!operator)
    return (
      <section className="panel">
        <StateMessage title={t('al.windowsNeedOperator')} />
      </section>
    )
  return (
    <div className="two-columns">
      <WindowList mayEnd={mayAct(operator)} />
      {mayAct(operator) && <NewWindow />}
    </div>
  )
}

function WindowList({ mayEnd }: { mayEnd: boolean }) {
  const { t, format } = useI18n()
  const now = useMinute()
  const [all, setAll] = useState(false)
  const pages = usePages<Window>(
    KEY,
    address('/v1/maintenance-windows', { ...(all ? {} : { current: 'true' }), limit: 100 }),
  )
  const end = useAsked([KEY], (one: Window) => postJson<Window>(`/v1/maintenance-windows/${one.id}/end`, {}))
  const running = (one: Window) => Date.parse(one.endsAt) > now && one.endedBy === null
  return (
    <Panel
      id="windows"
      title={t('al.maintenance')}
      tools={
        <label className="check">
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} />
          {t('al.windowsPast')}
        </label>
      }
    >
      <PagedTable
        pages={pages}
        emptyTitle={t('al.noWindows')}
        emptyHint={t('al.noWindowsHint')}
        label={t('al.maintenance')}
        columns={[t('al.windowFor'), t('al.windowTime'), t('al.reason')]}
        acts
        stack={false}
      >
        {(one) => (
          <tr key={one.id}>
            <th scope="row">
              {one.rule ?? t('al.everyRule')}
              <span className="hint block">{one.subject ?? t('al.everySubject')}</span>
            </th>
            <td>
              {format.dateTime(one.startsAt)} –<br />
              {format.dateTime(one.endsAt)}
              {running(one) && Date.parse(one.startsAt) <= now && (
                <span className="mark mark-warn">{t('al.windowNow')}</span>
              )}
            </td>
            <td>
              {one.reason}
              <span className="hint block">
                {one.createdBy}
                {one.endedBy && ` · ${t('al.endedBy', { name: one.endedBy })}`}
              </span>
            </td>
            <td className="number">
              {mayEnd && running(one) && (
                <button type="button" className="button" onClick={() => end.ask(one)}>
                  {t('al.endWindow')}
                </button>
              )}
            </td>
          </tr>
        )}
      </PagedTable>
      {end.about && (
        <Confirm title={t('al.endWindow')} action={t('al.endWindow')} {...end.dialog}>
          <p>{t('al.endWindowHint', { reason: end.about.reason })}</p>
        </Confirm>
      )}
    </Panel>
  )
}

function NewWindow() {
  const { t, language } = useI18n()
  // Suggestions: what alerts now is what windows are made for.
  const active = useActiveAlerts()
  const rules = new Map(
    (active.data ?? []).map((alert) => [alert.rule, inLanguage(alert.ruleNames, language)] as const),
  )
  const [values, setValues] = useState({ rule: '', subject: '', startsAt: '', endsAt: '', reason: '' })
  const id = useId()
  const make = useChange(
    [KEY],
    () =>
      postJson<Window>('/v1/maintenance-windows', {
        ...(values.rule.trim() ? { rule: values.rule.trim() } : {}),
        ...(values.subject.trim() ? { subject: values.subject.trim() } : {}),
        ...(values.startsAt ? { startsAt: instantOf(values.startsAt) } : {}),
        endsAt: instantOf(values.endsAt),
        reason: values.reason.trim(),
      }),
    () => setValues({ rule: '', subject: '', startsAt: '', endsAt: '', reason: '' }),
  )
  const set = (name: keyof typeof values) => (event: { target: { value: string } }) =>
    setValues((known) => ({ ...known, [name]: event.target.value }))

  function submit(event: FormEvent) {
    event.preventDefault()
    make.mutate()
  }

  return (
    <Panel id="new-window" title={t('al.newWindow')}>
      <form className="form pad" onSubmit={submit}>
        <p className="hint">{t('al.newWindowHint')}</p>
        <label htmlFor={`${id}-rule`}>{t('al.windowRule')}</label>
        <input
          id={`${id}-rule`}
          className="field"
          maxLength={400}
          value={values.rule}
          onChange={set('rule')}
          placeholder={t('al.everyRule')}
          list={`${id}-rules`}
          autoComplete="off"
          spellCheck={false}
        />
        <datalist id={`${id}-rules`}>
          {[...rules].map(([key, name]) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </datalist>
        <label htmlFor={`${id}-subject`}>{t('al.windowSubject')}</label>
        <input
          id={`${id}-subject`}
          className="field"
          maxLength={400}
          value={values.subject}
          onChange={set('subject')}
          placeholder={t('al.everySubject')}
          list={`${id}-subjects`}
          autoComplete="off"
          spellCheck={false}
        />
        <datalist id={`${id}-subjects`}>
          {(active.data ?? []).map((alert) => (
            <option key={alert.id} value={alert.subject}>
              {alert.subjectName ?? alert.subject}
            </option>
          ))}
        </datalist>
        <label htmlFor={`${id}-from`}>{t('al.windowFrom')}</label>
        <DateInput
          id={`${id}-from`}
          withTime
          value={values.startsAt}
          onChange={(startsAt) => setValues((known) => ({ ...known, startsAt }))}
        />
        <label htmlFor={`${id}-to`}>{t('al.windowTo')}</label>
        <DateInput
          id={`${id}-to`}
          withTime
          required
          value={values.endsAt}
          onChange={(endsAt) => setValues((known) => ({ ...known, endsAt }))}
        />
        <label htmlFor={`${id}-reason`}>{t('al.reason')}</label>
        <input
          id={`${id}-reason`}
          className="field"
          required
          maxLength={400}
          value={values.reason}
          onChange={set('reason')}
        />
        <Fault error={make.error} />
        <div className="dialog-foot">
          <button type="submit" className="button button-main" disabled={make.isPending}>
            {t(make.isPending ? 'sending' : 'al.makeWindow')}
          </button>
        </div>
      </form>
    </Panel>
  )
}
