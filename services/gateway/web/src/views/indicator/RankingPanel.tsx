import { useMemo, useState } from 'react'

import { subjectReference, useRanking, type RankBy } from '../../api/indicatorQueries'
import type { IndicatorDetail, PeriodKind, RankedFigure } from '../../api/indicatorTypes'
import { useStanding } from '../../api/standing'
import { useI18n } from '../../i18n/I18n'
import { ChangeMark } from '../../indicators/ChangeMark'
import { subjectCode, subjectName, unitText, valueText } from '../../indicators/cardText'
import { StaleNote } from '../../shell/StaleNote'
import { ErrorMessage, Loading, StateMessage } from '../../shell/StateMessage'

const SUBJECT_KINDS = { area: 'commune', agency: 'agency', procedure: 'procedure', thing: 'thing' } as const

interface Props {
  definition: Pick<IndicatorDetail, 'id' | 'subjects' | 'decimals' | 'direction' | 'unit'>
  period: PeriodKind | undefined
  asOf?: string | undefined
  by: RankBy | undefined
  subject: string
  /** What is ranked, where that is not plain from the page. */
  about?: string
  onBy: (by: RankBy) => void
  onSubject: (reference: string) => void
}

/** Who stands where by the newest figures, best first; one press leads to their own figures. */
export function RankingPanel({
  definition,
  period,
  asOf,
  by: wanted,
  subject,
  about,
  onBy,
  onSubject,
}: Props) {
  const { t, format, language } = useI18n()
  const choices = (['area', 'agency', 'procedure'] as const).filter((one) =>
    definition.subjects.includes(SUBJECT_KINDS[one]),
  )
  const unit = unitText(definition.unit, language)
  const by = choices.find((one) => one === wanted) ?? choices[0] ?? null
  const query = useRanking(by === null ? null : definition.id, { by: by ?? 'area', period, asOf })
  const standing = useStanding(query)
  const [byName, setByName] = useState(false)
  const items = useMemo(() => {
    const best = query.data?.items ?? []
    if (!byName) return best
    // Names are Vietnamese words, most of them in English too.
    const order = new Intl.Collator('vi', { numeric: true })
    return [...best].sort((a, b) =>
      order.compare(subjectName(a.subject, language), subjectName(b.subject, language)),
    )
  }, [query.data, byName, language])
  const widest = useMemo(() => Math.max(...items.map((one) => Math.abs(one.value ?? 0)), 1e-9), [items])

  let content
  if (by === null) content = <StateMessage title={t('noRanking')} />
  else if (standing.kind === 'failed')
    content = <ErrorMessage error={standing.error} onRetry={() => void query.refetch()} />
  else if (standing.kind === 'waiting') content = <Loading />
  else if (items.length === 0) content = <StateMessage title={t('noFigures')} />
  else
    content = (
      <div className="table-box" tabIndex={0} role="region" aria-label={t('ranking')}>
        <table className="table ranking" data-testid="ranking">
          <caption className="visually-hidden">{t('ranking')}</caption>
          <thead>
            <tr>
              <th scope="col" className="number" aria-sort={byName ? 'none' : 'ascending'}>
                <button
                  type="button"
                  className="rank-sort"
                  title={t('sortByRank')}
                  onClick={() => setByName(false)}
                >
                  {t('rank')}
                </button>
              </th>
              <th scope="col" aria-sort={byName ? 'ascending' : 'none'}>
                <button
                  type="button"
                  className="rank-sort"
                  title={t('sortByName')}
                  onClick={() => setByName(true)}
                >
                  {t(`rankBy.${by}`)}
                </button>
              </th>
              <th scope="col" className="number">
                {t('value')}
                {unit && <span className="hint"> ({unit})</span>}
              </th>
              <th scope="col" className="number">
                {t('changed')}
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <RankedRow
                key={item.subject.key}
                item={item}
                definition={definition}
                share={item.value === null ? 0 : Math.abs(item.value) / widest}
                chosen={subjectReference(item.subject) === subject}
                onSubject={onSubject}
              />
            ))}
          </tbody>
        </table>
      </div>
    )

  return (
    <section className="panel ranking-panel" aria-labelledby="ranking-title">
      <div className="panel-head">
        <h2 id="ranking-title">{t('ranking')}</h2>
        {items.length > 0 && (
          <p className="panel-note">{about ?? t('ranked', { n: format.count(items.length) })}</p>
        )}
        {choices.length > 1 && (
          <div className="segments segments-end" role="group" aria-label={t('rankByTitle')}>
            {choices.map((one) => (
              <button key={one} type="button" aria-pressed={one === by} onClick={() => onBy(one)}>
                {t(`rankBy.${one}`)}
              </button>
            ))}
          </div>
        )}
      </div>
      <StaleNote query={query} />
      {content}
    </section>
  )
}

interface RowProps {
  item: RankedFigure
  definition: Props['definition']
  share: number
  chosen: boolean
  onSubject: (reference: string) => void
}

function RankedRow({ item, definition, share, chosen, onSubject }: RowProps) {
  const i18n = useI18n()
  const { decimals, direction } = definition
  return (
    <tr data-chosen={chosen} aria-current={chosen || undefined}>
      <td className="number rank">{item.rank ?? '–'}</td>
      <th scope="row">
        <button
          type="button"
          className="link link-plain rank-name"
          title={subjectCode(item.subject)}
          onClick={() => onSubject(subjectReference(item.subject))}
        >
          {subjectName(item.subject, i18n.language)}
        </button>
        <span className="rank-bar" aria-hidden="true">
          <span
            style={{
              width: `${share * 100}%`,
              ...(item.band?.colour ? { background: item.band.colour } : {}),
            }}
          />
        </span>
      </th>
      <td className="number rank-value">{valueText(item, decimals, i18n)}</td>
      <td className="number">
        <ChangeMark figure={{ ...item, decimals, direction }} />
      </td>
    </tr>
  )
}
