import { useCards, useIndicators, useRanking } from '../../api/indicatorQueries'
import { useI18n } from '../../i18n/I18n'
import { BandChip } from '../../indicators/BandChip'
import { inLanguage, subjectName, valueText } from '../../indicators/cardText'
import { defaultShade, shadeable } from '../../indicators/shading'
import { useProvince } from '../../indicators/subjects'
import { StaleNote } from '../../shell/StaleNote'
import { Loading, StateMessage } from '../../shell/StateMessage'
import { WallFigure } from './WallFigure'

const GROUPS = ['floods', 'environment', 'weather']
const FIGURES = 6
const PLACES = 10

/** Rain, rivers, air: the province's figures, and the communes where the air is worst. */
export function WallEnvironment({ now }: { now: number }) {
  const i18n = useI18n()
  const { t, language } = i18n
  const cards = useCards(useProvince() || null)
  const indicators = useIndicators()
  const air = defaultShade(shadeable(indicators.data ?? []))
  const ranking = useRanking(air?.id ?? null)
  const worst = (ranking.data?.items ?? []).filter((item) => item.value !== null).reverse()
  const figures = (cards.data ?? [])
    .filter((card) => GROUPS.includes(card.group) && card.value !== null)
    .sort((a, b) => Number(b.band !== null) - Number(a.band !== null))
    .slice(0, FIGURES)

  return (
    <div className="wall-services">
      <section
        className="panel wall-places"
        aria-label={air ? inLanguage(air.names, language) : t('ranking')}
      >
        <div className="panel-head">
          <h2>{air ? inLanguage(air.names, language) : t('ranking')}</h2>
        </div>
        <StaleNote query={ranking} />
        {worst.length === 0 ? (
          ranking.isPending && air ? (
            <Loading />
          ) : (
            <StateMessage title={t('noFigures')} />
          )
        ) : (
          <ol>
            {worst.slice(0, PLACES).map((item) => (
              <li key={item.subject.key}>
                <span>{subjectName(item.subject, language)}</span>
                {item.band && <BandChip band={item.band} />}
                <b>{valueText(item, air?.decimals ?? 0, i18n)}</b>
              </li>
            ))}
          </ol>
        )}
      </section>
      <ul className="wall-figures">
        {figures.map((one) => (
          <WallFigure key={one.indicator} card={one} now={now} />
        ))}
      </ul>
    </div>
  )
}
