import { memo, useEffect, useRef, useState, type KeyboardEvent } from 'react'

import { useI18n } from '../i18n/I18n'
import type { Row } from './model'
import { StateMark } from './StateMark'
import { Value } from './Value'

const STEP = 150

interface Props {
  rows: readonly Row[]
  chosen: string | null
  now: number
  onChoose: (key: string) => void
}

/** One tab stop; arrows, Home and End move, Enter or Space chooses (the listbox pattern of WAI-ARIA). */
export function DatastreamList({ rows, chosen, now, onChoose }: Props) {
  const { t, format } = useI18n()
  const [limit, setLimit] = useState(STEP)
  const [active, setActive] = useState<string | null>(null)
  const list = useRef<HTMLUListElement>(null)
  const chosenIndex = rows.findIndex((row) => row.key === chosen)
  const shown = rows.slice(0, Math.max(limit, chosenIndex + 1))
  const tabStop = shown.find((row) => row.key === active)?.key ?? shown[chosenIndex]?.key ?? shown[0]?.key

  useEffect(() => {
    const element = list.current?.querySelector<HTMLElement>('[aria-selected="true"]')
    const box = list.current
    if (!element || !box) return
    // Only the list's own box scrolls, never the page.
    if (
      element.offsetTop < box.scrollTop ||
      element.offsetTop + element.offsetHeight > box.scrollTop + box.clientHeight
    ) {
      box.scrollTop = element.offsetTop - box.clientHeight / 3
    }
  }, [chosen])

  function onKeyDown(event: KeyboardEvent<HTMLUListElement>) {
    const index = shown.findIndex((row) => row.key === tabStop)
    const target = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: shown.length - 1 }[event.key]
    if (target !== undefined) {
      event.preventDefault()
      const next = Math.min(Math.max(target, 0), shown.length - 1)
      setActive(shown[next]?.key ?? null)
      ;(list.current?.children[next] as HTMLElement | undefined)?.focus()
    } else if ((event.key === 'Enter' || event.key === ' ') && tabStop !== undefined) {
      event.preventDefault()
      onChoose(tabStop)
    }
  }

  return (
    <>
      <ul ref={list} className="rows" role="listbox" aria-label={t('list')} onKeyDown={onKeyDown}>
        {shown.map((row) => (
          <DatastreamRow
            key={row.key}
            row={row}
            chosen={row.key === chosen}
            tabStop={row.key === tabStop}
            age={row.latest ? format.age(row.latest.phenomenonTime, now) : ''}
            onChoose={onChoose}
            onFocus={setActive}
          />
        ))}
      </ul>
      {rows.length > shown.length && (
        <button type="button" className="button more" onClick={() => setLimit(limit + STEP)}>
          {t('more', { n: Math.min(STEP, rows.length - shown.length) })}
        </button>
      )}
    </>
  )
}

interface RowProps {
  row: Row
  chosen: boolean
  tabStop: boolean
  age: string
  onChoose: (key: string) => void
  onFocus: (key: string) => void
}

const DatastreamRow = memo(
  function DatastreamRow({ row, chosen, tabStop, age, onChoose, onFocus }: RowProps) {
    const { t } = useI18n()
    const { datastream } = row
    const place = [row.thingName, row.areaName].filter(Boolean).join(' · ')
    const states = { fresh: 'stateFresh', stale: 'stateStale', none: 'stateNone' } as const
    return (
      <li
        role="option"
        className="row"
        aria-selected={chosen}
        tabIndex={tabStop ? 0 : -1}
        data-testid="datastream-row"
        data-key={row.key}
        data-state={row.state}
        onClick={() => onChoose(row.key)}
        onFocus={() => onFocus(row.key)}
      >
        <StateMark state={row.state} />
        <span className="row-names">
          <span className="row-name" title={[row.name, datastream.description].filter(Boolean).join('\n')}>
            {row.shortName}
          </span>
          <span className="row-place" title={`${place}\n${datastream.key}`}>
            {place}
          </span>
        </span>
        <span className="row-reading">
          <Value latest={row.latest} unit={row.unit} />
          <span className="row-age">
            <span className="visually-hidden">{t(states[row.state])}, </span>
            {age}
          </span>
        </span>
      </li>
    )
  },
  (before, after) =>
    before.chosen === after.chosen &&
    before.tabStop === after.tabStop &&
    before.age === after.age &&
    before.onChoose === after.onChoose &&
    before.row.datastream === after.row.datastream &&
    before.row.name === after.row.name &&
    before.row.shortName === after.row.shortName &&
    before.row.thingName === after.row.thingName &&
    before.row.latest === after.row.latest &&
    before.row.areaName === after.row.areaName &&
    before.row.state === after.row.state,
)
