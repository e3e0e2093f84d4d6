import { subjectReference, type FigureName } from '../../api/indicatorQueries'
import type { Figure, IndicatorDetail } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { bandName, inLanguage, unitText, valueText } from '../../indicators/cardText'
import { periodLabel } from '../../indicators/period'

interface Props {
  definition: IndicatorDetail
  figures: readonly Figure[]
  onWhy: (name: FigureName) => void
}

/** The same figures as the chart in words and numbers, newest first. */
export function FigureTable({ definition, figures, onWhy }: Props) {
  const i18n = useI18n()
  const { t, format, language } = i18n
  const unit = unitText(definition.unit, language)
  const ratio = figures.some((figure) => figure.denominator !== null)
  const count = (value: number | null) => (value === null ? '–' : format.number(value))
  return (
    <div className="table-box figure-table" tabIndex={0} role="region" aria-label={t('viewTable')}>
      <table className="table">
        <caption>{inLanguage(definition.names, language)}</caption>
        <thead>
          <tr>
            <th scope="col">{t('periodTitle')}</th>
            <th scope="col" className="number">
              {unit ? `${t('value')} (${unit})` : t('value')}
            </th>
            {ratio && (
              <>
                <th scope="col" className="number">
                  {t('numerator')}
                </th>
                <th scope="col" className="number">
                  {t('denominator')}
                </th>
              </>
            )}
            <th scope="col">{t('notes')}</th>
            <th scope="col" className="number">
              {t('revision')}
            </th>
          </tr>
        </thead>
        <tbody>
          {[...figures].reverse().map((figure) => (
            <tr key={figure.period}>
              <th scope="row">
                <button
                  type="button"
                  className="link link-plain"
                  onClick={() =>
                    onWhy({
                      indicator: definition.id,
                      subject: subjectReference(figure.subject),
                      period: figure.period,
                    })
                  }
                >
                  {periodLabel(figure.period, t, language)}
                </button>
              </th>
              <td className="number">{valueText(figure, definition.decimals, i18n)}</td>
              {ratio && (
                <>
                  <td className="number">{count(figure.numerator)}</td>
                  <td className="number">{count(figure.denominator)}</td>
                </>
              )}
              <td>
                {[
                  figure.band && bandName(figure.band, language),
                  figure.provisional && t('provisional'),
                  figure.closed && t('closed'),
                  figure.restated && t('restated'),
                ]
                  .filter(Boolean)
                  .join(', ')}
              </td>
              <td className="number">{figure.revision ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
