import { subjectReference, useExplanation, type FigureName } from '../../api/indicatorQueries'
import type { Figure, IndicatorDetail, Revision } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { unitText, valueText } from '../../indicators/cardText'
import { ChangeMark } from '../../indicators/ChangeMark'
import { periodLabel } from '../../indicators/period'
import { StateMessage } from '../../shell/StateMessage'
import { AsOfField } from './TimeTravel'

interface Props {
  definition: IndicatorDetail
  figures: readonly Figure[]
  at: Figure | null
  /** The period to compare with; null: the one before. */
  other: string | null
  onAt: (period: string) => void
  onOther: (period: string) => void
  onAsOf: (asOf: string | undefined) => void
  onWhy: (name: FigureName) => void
}

/** Two periods side by side, and how the figure of the first came to be what it is. */
export function ComparePanel({ definition, figures, at, other, onAt, onOther, onAsOf, onWhy }: Props) {
  const i18n = useI18n()
  const { t, format, language } = i18n
  const unit = unitText(definition.unit, language)
  const against =
    figures.find((one) => one.period === other) ?? (at ? figures[figures.indexOf(at) - 1] : undefined) ?? null

  const rows: [string, (figure: Figure) => string][] = [
    [unit ? `${t('value')} (${unit})` : t('value'), (one) => valueText(one, definition.decimals, i18n)],
    [t('numerator'), (one) => (one.numerator === null ? '–' : format.number(one.numerator))],
    [t('denominator'), (one) => (one.denominator === null ? '–' : format.number(one.denominator))],
    [t('samples'), (one) => format.count(one.sampleCount)],
    [t('completeness'), (one) => (one.completeness === null ? '–' : format.percent(one.completeness))],
  ]
  const shown = rows.filter(([, text]) => (at && text(at) !== '–') || (against && text(against) !== '–'))

  return (
    <section className="panel compare-panel" aria-labelledby="compare-title">
      <div className="panel-head">
        <h2 id="compare-title">{t('compare')}</h2>
      </div>
      {!at || figures.length < 2 || !against ? (
        <StateMessage title={t('compareNeedsTwo')} />
      ) : (
        <div className="panel-body">
          <table className="table compare" data-testid="compare">
            <thead>
              <tr>
                <td />
                <th scope="col" className="number">
                  <PeriodSelect
                    label={t('comparedPeriod')}
                    figures={figures}
                    chosen={at.period}
                    onChoose={onAt}
                  />
                </th>
                <th scope="col" className="number">
                  <PeriodSelect
                    label={t('comparedWith')}
                    figures={figures}
                    chosen={against.period}
                    onChoose={onOther}
                  />
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map(([name, text]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td className="number">{text(at)}</td>
                  <td className="number">{text(against)}</td>
                </tr>
              ))}
              <tr className="compare-change">
                <th scope="row">{t('changed')}</th>
                <td className="number" colSpan={2}>
                  <ChangeMark
                    figure={{
                      ...at,
                      previous: against.value,
                      change: at.value === null || against.value === null ? null : at.value - against.value,
                      decimals: definition.decimals,
                      direction: definition.direction,
                    }}
                  />
                  {at.value !== null && against.value !== null && against.value !== 0 && (
                    <span className="hint"> ({format.signed((at.value / against.value - 1) * 100, 1)}%)</span>
                  )}
                </td>
              </tr>
            </tbody>
          </table>
          <FigureRevisions definition={definition} figure={at} onAsOf={onAsOf} onWhy={onWhy} />
        </div>
      )}
    </section>
  )
}

interface SelectProps {
  label: string
  figures: readonly Figure[]
  chosen: string
  onChoose: (period: string) => void
}

function PeriodSelect({ label, figures, chosen, onChoose }: SelectProps) {
  const { t, language } = useI18n()
  return (
    <select
      className="field field-inline"
      aria-label={label}
      value={chosen}
      onChange={(event) => onChoose(event.target.value)}
    >
      {[...figures].reverse().map((one) => (
        <option key={one.period} value={one.period}>
          {periodLabel(one.period, t, language)}
        </option>
      ))}
    </select>
  )
}

interface RevisionProps {
  definition: IndicatorDetail
  figure: Figure
  onAsOf: (asOf: string | undefined) => void
  onWhy: (name: FigureName) => void
}

/** The revisions of one figure; each can be looked at in its time. */
function FigureRevisions({ definition, figure, onAsOf }: RevisionProps) {
  const i18n = useI18n()
  const { t, format, language } = i18n
  const query = useExplanation({
    indicator: definition.id,
    subject: subjectReference(figure.subject),
    period: figure.period,
  })
  const revisions: readonly Revision[] = query.data?.pages[0]?.revisions ?? []
  return (
    <div className="revisions">
      <h3>
        {t('revisions')} · {periodLabel(figure.period, t, language)}
      </h3>
      <table className="table">
        <tbody>
          {revisions.map((one) => (
            <tr key={one.revision}>
              <td className="number">{one.revision}</td>
              <td className="number">
                {valueText({ value: one.value, missing: null }, definition.decimals, i18n)}
              </td>
              <td>
                {t(`reason.${one.reason}`)} · {format.dateTime(one.knownFrom)}
              </td>
              <td className="number">
                <button
                  type="button"
                  className="link"
                  onClick={() => onAsOf(one.supersededAt === null ? undefined : one.knownFrom)}
                >
                  {one.supersededAt === null ? t('asOfToday') : t('asOfThen')}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <AsOfField asOf={undefined} onAsOf={onAsOf} />
    </div>
  )
}
