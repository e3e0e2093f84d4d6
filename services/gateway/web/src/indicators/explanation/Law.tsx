import type { Citation, ExplainedDefinition } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { inLanguage, unitText } from '../cardText'

/** The law behind a definition, and where sources contradict each other or are silent. */
export function Law({ definition }: { definition: ExplainedDefinition }) {
  const { t, format, language } = useI18n()
  const day = (date: string) => format.date(`${date}T00:00:00+07:00`)

  function dates(citation: Citation): string {
    return [
      citation.issued && t('issued', { date: day(citation.issued) }),
      citation.inForceFrom && t('inForceFrom', { date: day(citation.inForceFrom) }),
    ]
      .filter(Boolean)
      .join(', ')
  }

  return (
    <>
      {definition.sources.length > 0 && (
        <section className="drawer-section">
          <h3>{t('law')}</h3>
          <ul className="plain-list">
            {definition.sources.map((one) => (
              <li key={`${one.title} ${one.article ?? ''}`}>
                <b lang="vi">{one.title}</b>
                {one.article && <span lang="vi"> – {one.article}</span>}
                <span className="hint">{[dates(one), one.note].filter(Boolean).join(' · ')}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {definition.limits.length > 0 && (
        <section className="drawer-section">
          <h3>{t('limits')}</h3>
          <ul className="plain-list">
            {definition.limits.map((one) => (
              <li key={`${one.value} ${one.name.vi}`}>
                {inLanguage(one.name, language)}: <b>{format.number(one.value)}</b>{' '}
                {unitText(definition.unit, language)}
              </li>
            ))}
          </ul>
        </section>
      )}
      {definition.disputed.length > 0 && (
        <section className="drawer-section">
          <h3>{t('disputed')}</h3>
          <ul className="plain-list notes">
            {definition.disputed.map((one) => (
              <li key={one.vi}>{inLanguage(one, language)}</li>
            ))}
          </ul>
        </section>
      )}
      {definition.assumed.length > 0 && (
        <section className="drawer-section">
          <h3>{t('assumedTitle')}</h3>
          <ul className="plain-list">
            {definition.assumed.map((one) => (
              <li key={one.indicator}>
                {one.indicator}: {t('assumedMaximum', { maximum: format.number(one.maximum) })}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
