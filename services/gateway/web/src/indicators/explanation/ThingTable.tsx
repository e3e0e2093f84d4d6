import { subjectReference, type FigureName } from '../../api/indicatorQueries'
import type { ThingInputs } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { BandChip } from '../BandChip'
import { subjectName, valueText } from '../cardText'

interface Props {
  inputs: ThingInputs
  decimals: number
  onWhy: (name: FigureName) => void
}

/** The figures of the things in an area; each leads on to its own explanation. */
export function ThingTable({ inputs, decimals, onWhy }: Props) {
  const i18n = useI18n()
  const { t, language } = i18n
  return (
    <>
      {inputs.combine && (
        <p className="hint">
          {t('combine')}: {t(`combine.${inputs.combine}`)}
        </p>
      )}
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('thing')}</th>
            <th scope="col" className="number">
              {t('value')}
            </th>
          </tr>
        </thead>
        <tbody>
          {inputs.items.map((item) => (
            <tr key={item.subject.key} data-decisive={item.decisive}>
              <th scope="row">
                <button
                  type="button"
                  className="link link-plain"
                  onClick={() =>
                    onWhy({
                      indicator: item.indicator,
                      subject: subjectReference(item.subject),
                      period: item.period,
                    })
                  }
                >
                  {subjectName(item.subject, language)}
                </button>
                {item.decisive && <span className="mark mark-strong">{t('decisive')}</span>}
              </th>
              <td className="number">
                {item.band && <BandChip band={item.band} />} {valueText(item, decimals, i18n)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
