import { useDeferredValue, useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react'

import { fold, found as foundIn } from '../datastreams/search'
import { useI18n } from '../i18n/I18n'
import type { MessageKey } from '../i18n/messages'
import type { SubjectChoice } from './subjects'

const MOST = 40

interface Props {
  label: string
  choices: readonly SubjectChoice[]
  /** Reference of the chosen subject, as the API names it. */
  chosen: string
  onChoose: (reference: string) => void
}

/** A field that finds a subject by a few letters, without tone marks if need be. */
export function SubjectPicker({ label, choices, chosen, onChoose }: Props) {
  const { t } = useI18n()
  const [query, setQuery] = useState<string | null>(null)
  const [active, setActive] = useState(0)
  // Enter was pressed before anything fitted: the choices may still be on their way.
  const [awaited, setAwaited] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const sought = useDeferredValue(query ?? '')
  const id = useId()
  const open = query !== null
  const name = choices.find((one) => one.reference === chosen)?.name ?? chosen
  const folded = useMemo(
    () =>
      choices.map((one) => ({
        ...one,
        folded: fold(`${one.name} ${one.alsoCalled ?? ''} ${one.reference}`),
      })),
    [choices],
  )
  const found = useMemo(() => foundIn(folded, sought).slice(0, MOST), [folded, sought])
  const at = Math.min(active, found.length - 1)

  function seek(words: string | null) {
    setQuery(words)
    setActive(0)
    setAwaited(false)
  }

  function choose(reference: string | undefined) {
    if (reference === undefined) return
    seek(null)
    onChoose(reference)
  }

  const arrived = awaited && sought === query ? found[0]?.reference : undefined
  useEffect(() => choose(arrived))

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) {
      event.preventDefault()
      if (!open) seek('')
      else if (found.length > 0) setActive((at + step + found.length) % found.length)
    } else if (event.key === 'Enter' && open) {
      event.preventDefault()
      // The list is a moment behind fast fingers: what is chosen is what fits the words as they are now.
      const fitting = sought === query ? found : foundIn(folded, query)
      if (fitting.length === 0) setAwaited(true)
      else choose(fitting[Math.min(active, fitting.length - 1)]?.reference)
    } else if (event.key === 'Escape' && open) {
      event.preventDefault()
      seek(null)
    }
  }

  return (
    <div className="picker">
      <input
        ref={field}
        className="field picker-field"
        role="combobox"
        aria-label={label}
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && found[at] ? `${id}-${at}` : undefined}
        autoComplete="off"
        spellCheck={false}
        data-testid="subject-picker"
        value={query ?? name}
        placeholder={name}
        onFocus={() => seek('')}
        onBlur={() => seek(null)}
        onChange={(event) => seek(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <ul className="picker-list" id={`${id}-list`} role="listbox" aria-label={label} hidden={!open}>
        {found.map((one, index) => (
          <li
            key={one.reference}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            // Before the field loses the focus and the list goes away.
            onPointerDown={(event) => {
              event.preventDefault()
              choose(one.reference)
              field.current?.blur()
            }}
          >
            <span>{one.name}</span>
            <span className="hint">{t(`subjectKind.${one.kind}` satisfies MessageKey)}</span>
          </li>
        ))}
        {open && found.length === 0 && (
          <li className="picker-none hint" role="presentation">
            {t('searchNothing')}
          </li>
        )}
      </ul>
    </div>
  )
}
