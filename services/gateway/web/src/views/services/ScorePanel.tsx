import type { ComponentItem } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { inLanguage, valueText } from '../../indicators/cardText'
import { FigureMarks } from '../../indicators/FigureMarks'
import { knownPoints } from './points'
import type { Scorecard } from './scorecard'

interface Props {
  card: Scorecard
  /** Id of the opened group. */
  chosen: string | null
  onGroup: (group: string | null) => void
  onWhy: () => void
}

/** The total, and the groups with their points of the maximum. */
export function ScorePanel({ card, chosen, onGroup, onWhy }: Props) {
  const i18n = useI18n()
  const { t, format } = i18n
  const { total, groups, maximum } = card
  if (!total) return null
  const { figure } = total
  const provisionalNow = Date.parse(figure.end)
  // Groups without figures are no reason to show none of the others.
  const known = figure.value === null ? knownPoints(groups) : null
  const reached = known ? known.points : figure.value
  const reachable = known ? known.maximum : maximum
  return (
    <section className="panel score" aria-label={t('scorecard')} data-testid="scorecard">
      <div className="score-total">
        <p className="score-name">
          {t(known ? 'scoreKnown' : groups.length === 5 ? 'scoreTotal' : 'scoreComputed')}
        </p>
        <p className="score-value">
          <span className={reached === null ? 'card-none' : 'value-number'} data-testid="score-total">
            {valueText({ value: reached, missing: figure.missing }, 2, i18n)}
          </span>
          <span className="value-unit">/ {format.number(reachable)}</span>
        </p>
        <p className="card-marks">
          <FigureMarks figure={figure} decimals={2} now={provisionalNow} />
          {reached !== null && reachable > 0 && (
            <span className="hint">{t('scoreShare', { share: format.percent(reached / reachable) })}</span>
          )}
        </p>
        {known && <p className="hint">{t('scoreMissing', { groups: known.without.join(', '), maximum })}</p>}
        <button type="button" className="link" onClick={onWhy}>
          {t('why')}
        </button>
      </div>
      <ul className="score-groups">
        {groups.map((group) => (
          <GroupRow
            key={group.indicator}
            group={group}
            open={group.indicator === chosen}
            onOpen={() => onGroup(group.indicator === chosen ? null : group.indicator)}
          />
        ))}
      </ul>
    </section>
  )
}

function GroupRow({ group, open, onOpen }: { group: ComponentItem; open: boolean; onOpen: () => void }) {
  const { t, format, language } = useI18n()
  const name = group.names ? shortName(inLanguage(group.names, language)) : group.indicator
  const { points } = group
  const maximum = group.maximum ?? 0
  const share = points === null || maximum === 0 ? null : points / maximum
  return (
    <li>
      <button
        type="button"
        className="score-group"
        aria-expanded={open}
        data-testid="score-group"
        data-group={group.indicator}
        onClick={onOpen}
      >
        <span className="score-number" aria-hidden="true">
          {group.indicator.slice(5)}
        </span>
        <span className="score-group-name">{name}</span>
        <span className="score-points">
          <b>{points === null ? '–' : format.fixed(points, 2)}</b>
          <span className="hint"> / {format.number(maximum)}</span>
        </span>
        <span className="score-bar" aria-hidden="true">
          <span style={{ width: `${(share ?? 0) * 100}%` }} />
        </span>
        <span className="score-share">
          {group.hidden ? t('hiddenValue') : share === null ? t('missing.no-data') : format.percent(share)}
        </span>
      </button>
    </li>
  )
}

/** "766 – Nhóm 2: Tiến độ …" is shown beside its number: only what follows is needed. */
export function shortName(name: string): string {
  const short = name.replace(/^766\s+–\s+/, '').replace(/^(Nhóm|Group) \d:\s*/, '')
  return short.charAt(0).toUpperCase() + short.slice(1)
}
