import { Link } from '@tanstack/react-router'

import type { FigureName } from '../../api/indicatorQueries'
import type { ComponentItem } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { inLanguage } from '../../indicators/cardText'
import { StateMessage } from '../../shell/StateMessage'
import { shortName } from './ScorePanel'

interface Props {
  group: ComponentItem
  parts: readonly ComponentItem[]
  subject: string
  period: string
  onWhy: (name: FigureName) => void
}

/** What a group is made of: value, full marks from which value, points of the maximum. */
export function GroupTable({ group, parts, subject, period, onWhy }: Props) {
  const { t, format, language } = useI18n()
  const name = group.names ? inLanguage(group.names, language) : group.indicator
  return (
    <section className="panel" aria-label={name} data-testid="score-parts">
      <div className="panel-head">
        <h2>{name}</h2>
      </div>
      {parts.length === 0 ? (
        <StateMessage title={t('noParts')} hint={t('noPartsHint')} />
      ) : (
        <div className="table-box" tabIndex={0} role="region" aria-label={name}>
          <table className="table table-stack parts">
            <thead>
              <tr>
                <th scope="col">{t('component')}</th>
                <th scope="col" className="number">
                  {t('value')}
                </th>
                <th scope="col" className="number">
                  {t('fullAt')}
                </th>
                <th scope="col" className="number">
                  {t('pointsOf')}
                </th>
                <th scope="col" className="number">
                  <span className="visually-hidden">{t('act')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {parts.map((part) => (
                <tr key={part.indicator}>
                  <th scope="row">
                    <Link
                      to="/indicators/$id"
                      params={{ id: part.indicator }}
                      search={{ subject }}
                      className="rank-name"
                    >
                      {part.names ? shortName(inLanguage(part.names, language)) : part.indicator}
                    </Link>
                    <span className="rank-bar" aria-hidden="true">
                      <span
                        style={{
                          width: `${part.points === null || !part.maximum ? 0 : (part.points / part.maximum) * 100}%`,
                        }}
                      />
                    </span>
                  </th>
                  <td className="number" data-label={t('value')}>
                    {part.hidden
                      ? t('hiddenValue')
                      : part.value === null
                        ? t('missing.no-data')
                        : `${format.fixed(part.value, 2)}%`}
                  </td>
                  <td className="number" data-label={t('fullAt')}>
                    {part.fullAt === null ? '–' : `${format.number(part.fullAt)}%`}
                    {part.assumed && (
                      <span className="mark mark-after" title={t('assumedTitle')}>
                        {t('assumedNote')}
                      </span>
                    )}
                  </td>
                  <td className="number" data-label={t('pointsOf')}>
                    <b>{part.points === null ? '–' : format.fixed(part.points, 2)}</b>
                    <span className="hint">
                      {' '}
                      / {part.maximum === null ? '–' : format.number(part.maximum)}
                    </span>
                  </td>
                  <td className="number">
                    <button
                      type="button"
                      className="link"
                      onClick={() => onWhy({ indicator: part.indicator, subject, period })}
                    >
                      {t('whyShort')}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
