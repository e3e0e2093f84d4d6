import type { Explanation, PartOfRatio } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { inLanguage } from '../cardText'
import { Details } from './Details'

/** The formula in words, what is above and below the line, and how complete the data are. */
export function Computation({ explanation }: { explanation: Explanation }) {
  const { t, format, language } = useI18n()
  const { definition, numerator, denominator, completeness, figure } = explanation
  const from = format.date(`${definition.effectiveFrom}T00:00:00+07:00`)
  return (
    <>
      <section className="drawer-section">
        <h3>{t('howComputed')}</h3>
        <p>{inLanguage(definition.inWords, language)}</p>
        <p className="hint">
          {definition.effectiveTo === null
            ? t('definitionVersion', { version: definition.version, from })
            : t('definitionUntil', {
                version: definition.version,
                from,
                to: format.date(`${definition.effectiveTo}T00:00:00+07:00`),
              })}
        </p>
      </section>
      {(numerator ?? denominator) && (
        <section className="drawer-section">
          <h3>{t('parts')}</h3>
          <dl className="facts">
            {numerator && <Part title={t('numerator')} part={numerator} />}
            {denominator && <Part title={t('denominator')} part={denominator} />}
          </dl>
        </section>
      )}
      <section className="drawer-section">
        <h3>{t('completeness')}</h3>
        <p className="complete">
          {completeness.value !== null && (
            <>
              <meter className="complete-bar" min={0} max={1} value={completeness.value} aria-hidden="true" />
              <b>{format.percent(completeness.value)}</b>
            </>
          )}
          <span>{t('sampleCount', { n: format.count(figure.sampleCount) })}</span>
          {completeness.minimumPercent !== null && (
            <span className="hint">
              ({t('completenessMinimum', { minimum: format.number(completeness.minimumPercent) })})
            </span>
          )}
        </p>
      </section>
      <Details explanation={explanation} />
    </>
  )
}

function Part({ title, part }: { title: string; part: PartOfRatio }) {
  const { format, language } = useI18n()
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        <b>{part.value === null ? '–' : format.number(part.value)}</b>
        {part.counts && <span className="hint">{inLanguage(part.counts, language)}</span>}
      </dd>
    </div>
  )
}
