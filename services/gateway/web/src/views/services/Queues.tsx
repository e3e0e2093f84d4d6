import { useMemo } from 'react'

import { subjectReference, useCards, useRanking, type FigureName } from '../../api/indicatorQueries'
import type { Card, RankedFigure } from '../../api/indicatorTypes'
import { useStanding } from '../../api/standing'
import { useI18n } from '../../i18n/I18n'
import { subjectCode, subjectName, valueText } from '../../indicators/cardText'
import { ChangeMark } from '../../indicators/ChangeMark'
import { StaleNote } from '../../shell/StaleNote'
import { ErrorMessage, Loading, StateMessage } from '../../shell/StateMessage'

/** Most pressing first. */
const QUEUES = ['cases-overdue', 'cases-due-soon', 'cases-open'] as const
type Queue = (typeof QUEUES)[number]
const AGENCIES_SHOWN = 8

interface Props {
  subject: string
  /** Operators see more queues than the public. */
  operator: boolean
  now: number
  onWhy: (name: FigureName) => void
}

/** Dossiers that are late, soon due, or open at all; and at which agency they lie. */
export function Queues({ subject, operator, onWhy }: Props) {
  const { t } = useI18n()
  const cards = useCards(subject)
  const standing = useStanding(cards)
  const queues = QUEUES.flatMap((id) => cards.data?.find((card) => card.indicator === id) ?? [])

  let content
  if (standing.kind === 'failed')
    content = <ErrorMessage error={standing.error} onRetry={() => void cards.refetch()} />
  else if (standing.kind === 'waiting') content = <Loading />
  else if (queues.length === 0) content = <StateMessage title={t('noFigures')} />
  else
    content = (
      <>
        <ul className="queues">
          {queues.map((card) => (
            <QueueTile key={card.indicator} card={card} onWhy={onWhy} />
          ))}
        </ul>
        {!subject.startsWith('agency:') && <AgencyTable operator={operator} />}
      </>
    )

  return (
    <section className="panel" aria-labelledby="queues-title">
      <div className="panel-head">
        <h2 id="queues-title">{t('queues')}</h2>
        <p className="panel-note">{t('queuesNow')}</p>
      </div>
      <StaleNote query={cards} />
      {content}
    </section>
  )
}

function QueueTile({ card, onWhy }: { card: Card; onWhy: (name: FigureName) => void }) {
  const i18n = useI18n()
  const { t } = i18n
  return (
    <li>
      <button
        type="button"
        className="queue"
        data-queue={card.indicator}
        data-testid="queue"
        title={t('queueCases')}
        onClick={() =>
          onWhy({
            indicator: card.indicator,
            subject: subjectReference(card.subject),
            period: card.period,
          })
        }
      >
        <span className="queue-name">{t(`queue.${card.indicator as Queue}`)}</span>
        <span className="queue-value">{valueText(card, 0, i18n)}</span>
        <ChangeMark figure={card} />
      </button>
    </li>
  )
}

/** The same queues by agency, the longest overdue first. */
function AgencyTable({ operator }: { operator: boolean }) {
  const i18n = useI18n()
  const { t, language } = i18n
  const overdue = useRanking(operator ? 'cases-overdue' : null, { by: 'agency' })
  const soon = useRanking(operator ? 'cases-due-soon' : null, { by: 'agency' })
  const open = useRanking('cases-open', { by: 'agency' })
  const rows = useMemo(() => {
    const byKey = (items: readonly RankedFigure[] | undefined) =>
      new Map((items ?? []).map((item) => [item.subject.key, item]))
    const [late, due] = [byKey(overdue.data?.items), byKey(soon.data?.items)]
    return (open.data?.items ?? [])
      .map((item) => ({
        subject: item.subject,
        open: item,
        overdue: late.get(item.subject.key),
        soon: due.get(item.subject.key),
      }))
      .sort(
        (a, b) =>
          (b.overdue?.value ?? 0) - (a.overdue?.value ?? 0) || (b.open.value ?? 0) - (a.open.value ?? 0),
      )
  }, [overdue.data, soon.data, open.data])
  if (rows.length === 0) return null
  const most = Math.max(1, ...rows.map((row) => row.overdue?.value ?? 0))
  const cell = (figure: RankedFigure | undefined) => (figure ? valueText(figure, 0, i18n) : '–')
  return (
    <div className="table-box queue-table" tabIndex={0} role="region" aria-label={t('queuesByAgency')}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('agency')}</th>
            {operator && (
              <>
                <th scope="col" className="number">
                  {t('queue.cases-overdue')}
                </th>
                <th scope="col" className="number">
                  {t('queue.cases-due-soon')}
                </th>
              </>
            )}
            <th scope="col" className="number">
              {t('queue.cases-open')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, AGENCIES_SHOWN).map((row) => (
            <tr key={row.subject.key}>
              <th scope="row" title={subjectCode(row.subject)}>
                {subjectName(row.subject, language)}
                {operator && (
                  <span className="rank-bar rank-bar-late" aria-hidden="true">
                    <span style={{ width: `${((row.overdue?.value ?? 0) / most) * 100}%` }} />
                  </span>
                )}
              </th>
              {operator && (
                <>
                  <td className="number col-overdue">{cell(row.overdue)}</td>
                  <td className="number">{cell(row.soon)}</td>
                </>
              )}
              <td className="number">{cell(row.open)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
