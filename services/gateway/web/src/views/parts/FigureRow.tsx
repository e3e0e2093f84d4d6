import { subjectReference, type FigureName } from '../../api/indicatorQueries'
import type { Figure, IndicatorSummary } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { BandChip } from '../../indicators/BandChip'
import { inLanguage, unitText, valueText } from '../../indicators/cardText'
import { periodLabel } from '../../indicators/period'

interface Props {
  definition: Pick<IndicatorSummary, 'names' | 'unit' | 'decimals'>
  figure: Figure
  onWhy: (name: FigureName) => void
}

/** The newest figure of an indicator in a list; a click says why it is so. */
export function FigureRow({ definition, figure, onWhy }: Props) {
  const i18n = useI18n()
  const { t, language } = i18n
  const unit = figure.value === null ? '' : unitText(definition.unit, language)
  return (
    <li>
      <button
        type="button"
        className="fact-row"
        title={t('why')}
        onClick={() =>
          onWhy({
            indicator: figure.indicator,
            subject: subjectReference(figure.subject),
            period: figure.period,
          })
        }
      >
        <span className="row-names">
          <span className="row-name">{inLanguage(definition.names, language)}</span>
          <span className="row-place">{periodLabel(figure.period, t, language)}</span>
        </span>
        <span className="fact-value">
          {valueText(figure, definition.decimals, i18n)}
          {unit && <span className="value-unit">{unit}</span>}
          {figure.band && <BandChip band={figure.band} />}
        </span>
      </button>
    </li>
  )
}
