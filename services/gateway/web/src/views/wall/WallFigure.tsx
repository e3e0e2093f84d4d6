import type { Card } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { BandChip } from '../../indicators/BandChip'
import { inLanguage, shownOf, unitText, valueText } from '../../indicators/cardText'
import { ChangeMark } from '../../indicators/ChangeMark'
import { periodLabel } from '../../indicators/period'

/** One figure that can be read from across the room. */
export function WallFigure({ card, now }: { card: Card; now: number }) {
  const i18n = useI18n()
  const { t, format, language } = i18n
  const shown = shownOf(card)
  return (
    <li
      className="wall-figure"
      data-testid="wall-figure"
      {...(card.band?.colour ? { style: { borderLeftColor: card.band.colour } } : {})}
    >
      <span className="wall-name">{inLanguage(card.names, language)}</span>
      <span className="wall-value">
        <b className={shown.value === null ? 'wall-none' : undefined}>
          {valueText({ value: shown.value, missing: card.missing }, card.decimals, i18n)}
        </b>
        {shown.value !== null && <span className="value-unit">{unitText(card.unit, language)}</span>}
        <ChangeMark figure={card} />
      </span>
      <span className="wall-marks">
        {card.band && <BandChip band={card.band} />}
        <span className="hint">
          {periodLabel(shown.period, t, language)}
          {shown.before === null && card.knownFrom && ` · ${format.age(card.knownFrom, now)}`}
        </span>
      </span>
    </li>
  )
}
