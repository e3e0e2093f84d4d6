import { useCards } from '../../api/indicatorQueries'
import { useI18n } from '../../i18n/I18n'
import { inLanguage, valueText } from '../../indicators/cardText'
import { periodAt, periodLabel } from '../../indicators/period'
import { useProvince } from '../../indicators/subjects'
import { ErrorMessage, Loading, StateMessage } from '../../shell/StateMessage'
import { knownPoints } from '../services/points'
import { useScorecard } from '../services/scorecard'
import { shortName } from '../services/ScorePanel'
import { WallFigure } from './WallFigure'

const QUEUES = ['cases-overdue', 'cases-due-soon', 'cases-open', 'd766-2.1']

/** The score of the running month, its groups, and the queues. */
export function WallServices({ now }: { now: number }) {
  const i18n = useI18n()
  const { t, format, language } = i18n
  const province = useProvince()
  const period = periodAt('month', now)
  const card = useScorecard(province, period)
  const cards = useCards(province || null)
  const queues = QUEUES.flatMap((id) => cards.data?.find((one) => one.indicator === id) ?? [])

  let score
  if (card.total) {
    const { figure } = card.total
    const known = figure.value === null ? knownPoints(card.groups) : null
    score = (
      <section className="panel wall-score">
        <p className="wall-total">
          <span className="wall-name">
            {t(known ? 'scoreKnown' : 'scoreTotal')} · {periodLabel(period, t, language)}
          </span>
          <span>
            <b className={known || figure.value !== null ? undefined : 'wall-none'}>
              {valueText({ value: known ? known.points : figure.value, missing: figure.missing }, 2, i18n)}
            </b>
            <span className="value-unit"> / {format.number(known ? known.maximum : card.maximum)}</span>
          </span>
        </p>
        <ul className="wall-groups">
          {card.groups.map((group) => (
            <li key={group.indicator}>
              <span>{group.names ? shortName(inLanguage(group.names, language)) : group.indicator}</span>
              <span className="score-points">
                <b>{group.points === null ? '–' : format.fixed(group.points, 2)}</b>
                <span className="hint"> / {group.maximum === null ? '–' : format.number(group.maximum)}</span>
              </span>
              <span className="score-bar" aria-hidden="true">
                <span
                  style={{
                    width: `${group.points === null || !group.maximum ? 0 : (group.points / group.maximum) * 100}%`,
                  }}
                />
              </span>
            </li>
          ))}
        </ul>
      </section>
    )
  } else
    score = (
      <section className="panel">
        {card.hidden ? (
          <StateMessage title={t('scoreNotPublic')} hint={t('scoreNotPublicHint')} />
        ) : card.empty ? (
          <StateMessage title={t('noScore')} hint={t('noScoreHint')} />
        ) : card.error ? (
          <ErrorMessage error={card.error} onRetry={card.retry} />
        ) : (
          <Loading />
        )}
      </section>
    )
  return (
    <div className="wall-services">
      {score}
      <ul className="wall-figures">
        {queues.map((one) => (
          <WallFigure key={one.indicator} card={one} now={now} />
        ))}
      </ul>
    </div>
  )
}
