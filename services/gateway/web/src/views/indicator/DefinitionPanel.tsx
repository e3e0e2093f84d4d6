import type { IndicatorDetail } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { inLanguage, unitText } from '../../indicators/cardText'

/** What the indicator is: law, formula in words, versions, limits, and where sources contradict each other. */
export function DefinitionPanel({ definition }: { definition: IndicatorDetail }) {
  const { t, format, language } = useI18n()
  const { description, inWords, sources, versions, limits, disputed, assumed } = definition
  const unit = unitText(definition.unit, language)
  return (
    <section className="panel definition-panel" aria-labelledby="definition-title">
      <div className="panel-head">
        <h2 id="definition-title">{t('definition')}</h2>
        <p className="panel-note">{t('versionNow', { version: definition.version })}</p>
      </div>
      <div className="panel-body prose">
        <p>{inLanguage(description, language)}</p>
        <dl className="facts">
          <div>
            <dt>{t('howComputed')}</dt>
            <dd>{inLanguage(inWords, language)}</dd>
          </div>
          {sources.length > 0 && (
            <div>
              <dt>{t('law')}</dt>
              <dd>
                {sources.map((source) => (
                  <span key={`${source.title} ${source.article}`}>
                    <b>{source.title}</b>
                    {source.article && `, ${source.article}`}
                    {source.issued && `, ${t('issued', { date: format.date(source.issued) })}`}
                    {source.inForceFrom && `, ${t('inForceFrom', { date: format.date(source.inForceFrom) })}`}
                    {source.note && <span className="hint"> · {source.note}</span>}
                  </span>
                ))}
              </dd>
            </div>
          )}
          {limits.length > 0 && (
            <div>
              <dt>{t('limits')}</dt>
              <dd>
                {limits.map((limit) => (
                  <span key={limit.value}>
                    {inLanguage(limit.name, language)}: <b>{format.number(limit.value)}</b> {unit}
                  </span>
                ))}
              </dd>
            </div>
          )}
          {versions.length > 0 && (
            <div>
              <dt>{t('versions')}</dt>
              <dd>
                {versions.map((one) => (
                  <span key={one.version}>
                    {t(one.effectiveTo ? 'definitionUntil' : 'definitionVersion', {
                      version: one.version,
                      from: format.date(one.effectiveFrom),
                      to: one.effectiveTo ? format.date(one.effectiveTo) : '',
                    })}
                  </span>
                ))}
              </dd>
            </div>
          )}
        </dl>
        {disputed.length > 0 && (
          <>
            <h3>{t('disputed')}</h3>
            <ul className="notes">
              {disputed.map((one) => (
                <li key={one.vi}>{inLanguage(one, language)}</li>
              ))}
            </ul>
          </>
        )}
        {assumed.length > 0 && (
          <>
            <h3>{t('assumedTitle')}</h3>
            <ul className="notes">
              {assumed.map((one) => (
                <li key={one.indicator}>
                  {one.indicator}: {t('assumedMaximum', { maximum: format.number(one.maximum) })}
                </li>
              ))}
            </ul>
          </>
        )}
        <p>
          <a href={`/v1/indicators/${definition.id}`} target="_blank" rel="noreferrer">
            {t('apiAnswer')}
          </a>
        </p>
      </div>
    </section>
  )
}
