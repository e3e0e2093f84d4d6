import type { FigureName } from '../../api/indicatorQueries'
import type { Explanation } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { CaseTable } from './CaseTable'
import { ComponentTable } from './ComponentTable'
import { ReadingTable } from './ReadingTable'
import { ThingTable } from './ThingTable'

interface Props {
  explanation: Explanation
  onWhy: (name: FigureName) => void
  /** Reads the next page; null after the last. */
  more: (() => void) | null
  loadingMore: boolean
}

/** What the figure was made of. */
export function InputList({ explanation, onWhy, more, loadingMore }: Props) {
  const { t, format } = useI18n()
  const { inputs } = explanation
  return (
    <section className="drawer-section">
      <h3>{inputs.kind === 'cases' ? t(`cases.${inputs.caseKind}`) : t('inputs')}</h3>
      {inputs.items.length === 0 && <p className="hint">{t('noInputs')}</p>}
      {inputs.kind === 'cases' && inputs.items.length > 0 && <CaseTable inputs={inputs} />}
      {inputs.kind === 'things' && inputs.items.length > 0 && (
        <ThingTable inputs={inputs} decimals={explanation.definition.decimals} onWhy={onWhy} />
      )}
      {inputs.kind === 'components' && inputs.items.length > 0 && (
        <ComponentTable inputs={inputs} figure={explanation.figure} onWhy={onWhy} />
      )}
      {inputs.kind === 'readings' && (
        <ReadingTable inputs={inputs} moreCorrections={explanation.nextCorrections !== null} />
      )}
      {more && (
        <p className="more-line">
          <button type="button" className="button" disabled={loadingMore} onClick={more}>
            {t(loadingMore ? 'loading' : 'moreInputs')}
          </button>
          <span className="hint">{t('inputsShown', { n: format.count(inputs.items.length) })}</span>
        </p>
      )}
    </section>
  )
}
