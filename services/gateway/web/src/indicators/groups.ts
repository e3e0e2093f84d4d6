import type { Card } from '../api/indicatorTypes'

/** In the order in which a duty officer looks: what may hurt people first, then the services, then our own data. */
export const GROUPS = [
  'floods',
  'environment',
  'weather',
  'public-services',
  'traffic',
  'parking',
  'energy',
  'e-government',
  'data-health',
] as const
export type Group = (typeof GROUPS)[number]

export function isGroup(name: string): name is Group {
  return GROUPS.some((group) => group === name)
}

/** Place of a group on the page; groups that the page does not know yet come last. */
export function groupOrder(name: string): number {
  const place = GROUPS.findIndex((group) => group === name)
  return place === -1 ? GROUPS.length : place
}

export interface CardGroup {
  group: string
  cards: Card[]
}

/** Cards that stand beside each other on a desk's screen. */
export const CARD_COLUMNS = 3

/**
 * The same groups, so that small ones share a line: behind a small group come the next ones that fit beside it. Otherwise
 * the order stays.
 */
export function packed(groups: readonly CardGroup[]): CardGroup[] {
  const waiting = [...groups]
  const placed: CardGroup[] = []
  for (let first = waiting.shift(); first; first = waiting.shift()) {
    placed.push(first)
    let room = CARD_COLUMNS - first.cards.length
    while (room > 0) {
      const fitting = waiting.findIndex((one) => one.cards.length <= room)
      const [next] = fitting === -1 ? [] : waiting.splice(fitting, 1)
      if (!next) break
      placed.push(next)
      room -= next.cards.length
    }
  }
  return placed
}

/** Cards by group. Inside one, totals come first, parts after the others, and what has no value last. */
export function groupCards(cards: readonly Card[]): CardGroup[] {
  const groups = new Map<string, Card[]>()
  for (const card of cards) {
    const group = groups.get(card.group)
    if (group) group.push(card)
    else groups.set(card.group, [card])
  }
  return [...groups]
    .map(([group, members]) => ({ group, cards: members.sort(byWeight) }))
    .sort((a, b) => groupOrder(a.group) - groupOrder(b.group) || a.group.localeCompare(b.group))
}

function byWeight(a: Card, b: Card): number {
  return (
    Number(a.value === null) - Number(b.value === null) ||
    rankOf(a) - rankOf(b) ||
    a.indicator.localeCompare(b.indicator, 'en', { numeric: true })
  )
}

/** Totals before all others, parts after them: d766-total is the whole, d766-2.1 a part of d766-2. */
function rankOf({ indicator }: Card): number {
  if (indicator.includes('-total')) return 0
  return /\d\.\d/.test(indicator) ? 2 : 1
}
