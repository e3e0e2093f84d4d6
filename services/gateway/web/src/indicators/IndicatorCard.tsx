import { memo } from 'react'

import { subjectReference, type FigureName } from '../api/indicatorQueries'
import type { Card } from '../api/indicatorTypes'
import { useI18n } from '../i18n/I18n'
import { BandChip } from './BandChip'
import { inLanguage, unitText, valueText } from './cardText'
import { ChangeMark } from './ChangeMark'
import { FigureMarks } from './FigureMarks'
import { periodLabel } from './period'

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
  const value = valueText(card, card.decimals, i18n)
  return (
    <li>
      <button
        type="button"
        className="card"
        data-testid="indicator-card"
        data-indicator={card.indicator}
        data-band={card.band?.key}
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
          <span className={card.value === null ? 'card-none' : 'card-value'} data-testid="indicator-value">
            {value}
          </span>
          {card.value !== null && <span className="value-unit">{unitText(card.unit, language)}</span>}
          <ChangeMark figure={card} />
        </span>
        <span className="card-marks">
          {card.band && <BandChip band={card.band} />}
          <FigureMarks figure={card} decimals={card.decimals} now={now} />
        </span>
        <span className="card-foot">
          {periodLabel(card.period, t, language)}
          {card.knownFrom && <span className="card-age"> · {format.age(card.knownFrom, now)}</span>}
        </span>
      </button>
    </li>
  )
})
