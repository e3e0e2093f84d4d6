import { useState } from 'react'

import { getJson, postJson } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import { periodAt, periodLabel } from '../../indicators/period'
import { Confirm } from '../parts/Confirm'
import { CopyButton } from '../parts/CopyButton'
import { Fault } from '../parts/Fault'
import { More } from '../parts/More'
import { usePages } from '../parts/pages'
import { useAsked } from '../parts/useAsked'
import { Answer, Panel } from '../parts/View'
import { AdminView } from './AdminView'
import { Field } from './Field'
import { Restatements } from './Restatements'
import type { Close, Verification } from './types'
import { useChange } from '../../api/useChange'

const KEY = ['periods'] as const
const DAY = 86_400_000

export interface PeriodsSearch {
  /** The closed period whose restatements are shown. */
  period: string | null
}

interface Props {
  search: PeriodsSearch
  onSearch: (change: Partial<PeriodsSearch>) => void
}

/** Closed periods (khoá sổ): closing one, proving that its figures hold, what was found out since. */
export function Periods({ search, onSearch }: Props) {
  const { t } = useI18n()
  return (
    <AdminView section="periods">
      <div className="two-columns">
        <CloseList chosen={search.period} onChoose={(period) => onSearch({ period })} />
        <ClosePeriod />
      </div>
      {search.period !== null && (
        <Panel
          id="restatements"
          title={t('admin.restatementsOf', { period: search.period })}
          tools={
            <button type="button" className="button" onClick={() => onSearch({ period: null })}>
              {t('close')}
            </button>
          }
        >
          <Restatements key={search.period} period={search.period} />
        </Panel>
      )}
    </AdminView>
  )
}

function CloseList({ chosen, onChoose }: { chosen: string | null; onChoose: (period: string) => void }) {
  const { t, format, language } = useI18n()
  const pages = usePages<Close>(KEY, '/v1/periods?limit=100')
  return (
    <Panel id="periods" title={t('admin.closedPeriods')}>
      <Answer
        query={pages.query}
        empty={(items) => items.length === 0}
        emptyTitle={t('admin.noPeriods')}
        emptyHint={t('admin.noPeriodsHint')}
      >
        {(items) => (
          <ul className="plain-list period-list">
            {items.map((close) => (
              <li key={close.period} data-chosen={close.period === chosen} data-testid="period-row">
                <div className="period-head">
                  <h4>{periodLabel(close.period, t, language)}</h4>
                  <p className="hint">
                    {t('admin.closedBy', { name: close.closedBy, time: format.dateTime(close.closedAt) })}
                    {close.note && ` · ${close.note}`}
                  </p>
                </div>
                <p className="card-marks">
                  <span className="mark">{t('admin.frozen', { n: format.count(close.values) })}</span>
                  <button type="button" className="link" onClick={() => onChoose(close.period)}>
                    {t('admin.restatementCount', { n: format.count(close.restatements) })}
                  </button>
                </p>
                <p className="digest-line">
                  <span className="digest">{close.digest}</span>
                  <CopyButton text={close.digest} label={t('admin.copyDigest')} />
                </p>
                <Verify period={close.period} />
              </li>
            ))}
          </ul>
        )}
      </Answer>
      <More pages={pages} />
    </Panel>
  )
}

/** Recomputes the chain of one close; the outcome is as old as its click. */
function Verify({ period }: { period: string }) {
  const { t, format } = useI18n()
  const verify = useChange([], () => getJson<Verification>(`/v1/periods/${period}/verify`))
  const outcome = verify.data
  return (
    <div className="verify">
      <button type="button" className="button" disabled={verify.isPending} onClick={() => verify.mutate()}>
        {t(verify.isPending ? 'admin.verifying' : 'admin.verify')}
      </button>
      <p role="status">
        {outcome?.ok && (
          <span className="good">✓ {t('admin.holds', { n: format.count(outcome.values) })}</span>
        )}
        {outcome && !outcome.ok && (
          <span className="fault">
            ✗ {t('admin.broken')} {outcome.broken?.detail}
          </span>
        )}
      </p>
      <Fault error={verify.error} />
    </div>
  )
}

/** The month that ended last is what is closed most often. */
function lastMonth(now: number): string {
  const first = `${periodAt('month', now)}-01T00:00:00+07:00`
  return periodAt('month', Date.parse(first) - DAY)
}

function ClosePeriod() {
  const { t, language } = useI18n()
  const [period, setPeriod] = useState(() => lastMonth(Date.now()))
  const [note, setNote] = useState('')
  const close = useAsked(
    [KEY],
    (which: string) => postJson<Close>(`/v1/periods/${which}/close`, { note: note.trim() }),
    () => setNote(''),
  )
  return (
    <Panel id="close-period" title={t('admin.closePeriod')}>
      <form
        className="form pad"
        onSubmit={(event) => {
          event.preventDefault()
          close.ask(period.trim())
        }}
      >
        <p className="hint">{t('admin.closePeriodHint')}</p>
        <Field
          label={t('admin.period')}
          hint={t('admin.periodHint')}
          required
          pattern="\d{4}(-Q[1-4]|-\d{2}(-\d{2})?)?"
          value={period}
          onChange={setPeriod}
        />
        <Field
          label={t('note')}
          hint={t('admin.noteHint')}
          maxLength={2000}
          value={note}
          onChange={setNote}
        />
        <div className="dialog-foot">
          <button type="submit" className="button button-main">
            {t('admin.closePeriod')}
          </button>
        </div>
        {close.answer && (
          <p role="status" className="good">
            ✓{' '}
            {t('admin.closedNow', {
              period: periodLabel(close.answer.period, t, language),
              n: close.answer.values,
            })}
          </p>
        )}
      </form>
      {close.about !== null && (
        <Confirm
          title={t('admin.closeTitle', { period: periodLabel(close.about, t, language) })}
          action={t('admin.closePeriod')}
          grave
          phrase={close.about}
          {...close.dialog}
        >
          <p>{t('admin.closeWarning')}</p>
        </Confirm>
      )}
    </Panel>
  )
}
