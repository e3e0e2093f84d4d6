import { useMemo, useState } from 'react'

import { useCards, type FigureName } from '../api/indicatorQueries'
import { useStanding } from '../api/standing'
import type { AreaProperties } from '../api/types'
import { areaName } from '../datastreams/model'
import { useI18n } from '../i18n/I18n'
import type { MessageKey } from '../i18n/messages'
import { ErrorMessage, Loading, StateMessage } from '../shell/StateMessage'
import { StaleNote } from '../shell/StaleNote'
import { CARD_COLUMNS, groupCards, isGroup, packed, type CardGroup } from './groups'
import { IndicatorCard } from './IndicatorCard'

/** Cards of a group that show before the reader asks for all. */
const FIRST_CARDS = 6

interface Props {
  areas: readonly AreaProperties[]
  /** Code of the chosen commune; null means the province. */
  area: string | null
  group: string | null
  now: number
  onArea: (code: string | null) => void
  onGroup: (group: string | null) => void
  onWhy: (name: FigureName) => void
}

/** Newest figures of the province or of a commune, by group. */
export function IndicatorPanel({ areas, area, group, now, onArea, onGroup, onWhy }: Props) {
  const { t, language } = useI18n()
  const province = areas[0]?.parentCode ?? null
  const cards = useCards(area ?? province)
  const standing = useStanding(cards)
  const groups = useMemo(() => groupCards(cards.data ?? []), [cards.data])
  const shown = groups.some((one) => one.group === group)
    ? groups.filter((one) => one.group === group)
    : groups
  const places = useMemo(
    () =>
      areas
        .map((one) => [one.code, areaName(one, language)] as const)
        .sort((a, b) => a[1].localeCompare(b[1], language)),
    [areas, language],
  )
  const minute = Math.floor(now / 60_000) * 60_000

  let content
  if (standing.kind === 'failed')
    content = <ErrorMessage error={standing.error} onRetry={() => void cards.refetch()} />
  else if (standing.kind === 'waiting') content = <Loading />
  else if (groups.length === 0)
    content = <StateMessage title={t('noIndicators')} hint={t('noIndicatorsHint')} />
  else
    content = (
      <div className="card-groups" data-testid="indicator-cards">
        {packed(shown).map((one) => (
          <CardSection key={one.group} section={one} whole={shown.length === 1} now={minute} onWhy={onWhy} />
        ))}
      </div>
    )

  return (
    <section className="panel indicators" id="indicators" aria-labelledby="indicators-title">
      <div className="panel-head">
        <h2 id="indicators-title">{t('indicators')}</h2>
        <select
          className="field field-inline"
          aria-label={t('subject')}
          data-testid="indicator-subject"
          value={area ?? ''}
          onChange={(event) => onArea(event.target.value || null)}
        >
          <option value="">{t('province')}</option>
          {places.map(([code, name]) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </select>
      </div>
      {groups.length > 1 && (
        <div className="group-bar" role="group" aria-label={t('groups')}>
          <button type="button" aria-pressed={shown.length > 1} onClick={() => onGroup(null)}>
            {t('allGroups')}
          </button>
          {groups.map((one) => (
            <button
              key={one.group}
              type="button"
              aria-pressed={shown.length === 1 && shown[0]?.group === one.group}
              onClick={() => onGroup(one.group)}
            >
              {groupName(one.group, t)}
            </button>
          ))}
        </div>
      )}
      <StaleNote query={cards} />
      {content}
    </section>
  )
}

function CardSection({
  section,
  whole,
  now,
  onWhy,
}: {
  section: CardGroup
  whole: boolean
  now: number
  onWhy: (name: FigureName) => void
}) {
  const { t } = useI18n()
  const [open, setOpen] = useState(false)
  const all = whole || open
  const hidden = section.cards.length - FIRST_CARDS
  return (
    <section
      className="card-group"
      data-size={Math.min(section.cards.length, CARD_COLUMNS)}
      aria-label={groupName(section.group, t)}
    >
      <h3>{groupName(section.group, t)}</h3>
      <ul className="cards">
        {(all ? section.cards : section.cards.slice(0, FIRST_CARDS)).map((card) => (
          <IndicatorCard key={card.indicator} card={card} now={now} onWhy={onWhy} />
        ))}
      </ul>
      {!whole && hidden > 0 && (
        <button type="button" className="link" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t('fewerIndicators') : t('moreIndicators', { n: hidden })}
        </button>
      )}
    </section>
  )
}

/** A group that the page has no text for shows by its key. */
function groupName(group: string, t: (key: MessageKey) => string): string {
  return isGroup(group) ? t(`group.${group}`) : group
}
