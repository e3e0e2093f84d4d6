import { subjectReference, type FigureName } from '../../api/indicatorQueries'
import type { ComponentInputs, ComponentItem, Figure } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { inLanguage } from '../cardText'

interface Props {
  inputs: ComponentInputs
  figure: Figure
  onWhy: (name: FigureName) => void
}

/** What a composite is made of; each component leads on to its own explanation. */
export function ComponentTable({ inputs, figure, onWhy }: Props) {
  const { t, format, language } = useI18n()

  function value(item: ComponentItem): string {
    if (item.hidden) return t('hiddenValue')
    return item.value === null ? '–' : format.number(item.value)
  }

  function points(item: ComponentItem): string {
    if (item.points !== null) {
      const maximum = item.maximum === null ? '' : ` / ${format.number(item.maximum)}`
      return format.number(item.points) + maximum
    }
    if (item.weight !== null) return `× ${format.number(item.weight)}`
    return '–'
  }

  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">{t('component')}</th>
          <th scope="col" className="number">
            {t('value')}
          </th>
          <th scope="col" className="number">
            {t('pointsOf')}
          </th>
        </tr>
      </thead>
      <tbody>
        {inputs.items.map((item) => (
          <tr key={item.indicator}>
            <th scope="row">
              <button
                type="button"
                className="link link-plain"
                disabled={item.hidden || item.missing}
                onClick={() =>
                  onWhy({
                    indicator: item.indicator,
                    subject: subjectReference(figure.subject),
                    period: figure.period,
                  })
                }
              >
                {item.names ? inLanguage(item.names, language) : item.indicator}
              </button>
              {item.assumed && <span className="mark mark-warn">{t('assumedNote')}</span>}
            </th>
            <td className="number">{value(item)}</td>
            <td className="number">{points(item)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
