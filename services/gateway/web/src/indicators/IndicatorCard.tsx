import { memo } from 'react'

import { subjectReference, type FigureName } from '../api/indicatorQueries'
import type { Card } from '../api/indicatorTypes'
import { useI18n } from '../i18n/I18n'
import { BandChip } from './BandChip'
import { inLanguage, shownOf, unitText, valueText } from './cardText'
import { ChangeMark } from './ChangeMark'
import { FigureMarks } from './FigureMarks'
import { kindOf, periodLabel } from './period'

/** Of a day or a month the age of its figure is told once it is older than this. */
const FRESH_MS = 3_600_000

interface Props {
  card: Card
  /** To the minute: freshness is told by it. */
  now: number
  onWhy: (name: FigureName) => void
}

/** One indicator: its newest figure, and a way to ask why. */
export const IndicatorCard = memo(function IndicatorCard({ card, now, onWhy }: Props) {
  const i18n = useI18n()
  const { t, format, language } = i18n
  const name = inLanguage(card.names, language)
  const shown = shownOf(card)
  // An hour that is still running is plain from its name; how new the figure is, is not.
  const runs = card.provisional && kindOf(card.period) !== 'hour'
  const fresh = card.knownFrom !== null && now - Date.parse(card.knownFrom) < FRESH_MS
  const value = valueText({ value: shown.value, missing: card.missing }, card.decimals, i18n)
  return (
    <li>
      <button
        type="button"
        className="card"
        data-testid="indicator-card"
        data-indicator={card.indicator}
        data-band={card.band?.key}
        data-before={shown.before !== null || undefined}
        {...(card.band?.colour ? { style: { borderLeftColor: card.band.colour } } : {})}
        title={[
          t('why'),
          inLanguage(card.names, language),
          card.knownFrom && t('knownFrom', { time: format.dateTime(card.knownFrom) }),
        ]
          .filter(Boolean)
          .join('\n')}
        onClick={() =>
          onWhy({
            indicator: card.indicator,
            subject: subjectReference(card.subject),
            period: card.period,
          })
        }
      >
        <span className="card-name">{name}</span>
        <span className="card-figure">
          <span className={shown.value === null ? 'card-none' : 'card-value'} data-testid="indicator-value">
            {value}
          </span>
          {shown.value !== null && <span className="value-unit">{unitText(card.unit, language)}</span>}
          <ChangeMark figure={card} />
        </span>
        <span className="card-marks">
          {card.band && <BandChip band={card.band} />}
          <FigureMarks figure={card} decimals={card.decimals} now={now} provisional={false} />
        </span>
        <span className="card-foot">
          {periodLabel(shown.period, t, language)}
          {shown.before !== null ? (
            <> · {t('notYet', { missing: t(`missing.${shown.before}`) })}</>
          ) : (
            card.value !== null && (
              <>
                {runs && <> · {t('provisional')}</>}
                {card.knownFrom && !(runs && fresh) && (
                  <span className="card-age"> · {format.age(card.knownFrom, now)}</span>
                )}
              </>
            )
          )}
        </span>
      </button>
    </li>
  )
})
