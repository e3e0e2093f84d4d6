import { useNavigate } from '@tanstack/react-router'
import { useDeferredValue, useId, useMemo, useState, type KeyboardEvent } from 'react'

import { useIndicators } from '../api/indicatorQueries'
import { useAreas } from '../api/queries'
import { areaName } from '../datastreams/model'
import { fold, found } from '../datastreams/search'
import { useI18n } from '../i18n/I18n'
import type { MessageKey } from '../i18n/messages'
import { inLanguage } from '../indicators/cardText'
import { OF_ALL_SERVICES, useSubjects } from '../indicators/subjects'
import { Dialog } from './Dialog'
import { useEntries } from './navigation'

const MOST = 12
const SERVICE_KINDS = ['agency', 'procedure'] as const

interface Found {
  key: string
  kind: 'view' | 'indicator' | 'area' | 'agency' | 'procedure'
  text: string
  detail: string
  folded: string
  to: string
  search: Record<string, string>
}

/** One box that leads to every view, indicator, commune, agency and procedure. */
export function CommandSearch({ onClose }: { onClose: () => void }) {
  const { t, language } = useI18n()
  const navigate = useNavigate()
  const entries = useEntries()
  const indicators = useIndicators()
  const areas = useAreas()
  const services = useSubjects(OF_ALL_SERVICES, SERVICE_KINDS)
  const [query, setQuery] = useState('')
  const [active, setActive] = useState(0)
  const sought = useDeferredValue(query)
  const id = useId()

  const all = useMemo<Found[]>(() => {
    const entry = (one: Omit<Found, 'folded'>, more = ''): Found => ({
      ...one,
      folded: fold(`${one.text} ${one.detail} ${more}`),
    })
    return [
      ...entries.map(({ path, text }) =>
        entry({ key: path, kind: 'view', text: t(text), detail: '', to: path, search: {} }),
      ),
      ...(indicators.data ?? []).map((one) =>
        entry(
          {
            key: one.id,
            kind: 'indicator',
            text: inLanguage(one.names, language),
            detail: one.id,
            to: `/indicators/${one.id}`,
            search: {},
          },
          `${one.names.vi} ${one.names.en}`,
        ),
      ),
      ...(areas.data?.features ?? []).map(({ properties }) =>
        entry(
          {
            key: properties.code,
            kind: 'area',
            text: areaName(properties, language),
            detail: properties.code,
            to: '/',
            search: { area: properties.code },
          },
          `${properties.name} ${properties.nameEn}`,
        ),
      ),
      ...services.flatMap(({ reference, name, alsoCalled, kind }) => {
        if (kind !== 'agency' && kind !== 'procedure') return []
        const code = reference.slice(kind.length + 1)
        const detail = name === code ? '' : code
        return entry(
          { key: code, kind, text: name, detail, to: '/services', search: { subject: reference } },
          alsoCalled,
        )
      }),
    ]
  }, [entries, indicators.data, areas.data, services, language, t])
  const results = useMemo(() => found(all, sought).slice(0, MOST), [all, sought])
  const chosen = Math.min(active, results.length - 1)

  function open(one: Found | undefined) {
    if (!one) return
    onClose()
    void navigate({ to: one.to, search: one.search })
  }

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && results.length > 0) {
      event.preventDefault()
      setActive((chosen + step + results.length) % results.length)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      // The list is a moment behind fast fingers: what opens is what fits the words as they are now.
      const fitting = sought === query ? results : found(all, query)
      open(fitting[Math.min(active, fitting.length - 1)])
    }
  }

  return (
    <Dialog className="dialog-search" title={t('searchEverything')} onClose={onClose}>
      <div className="command">
        <input
          className="field"
          type="search"
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-label={t('searchEverything')}
          aria-describedby={`${id}-help`}
          aria-activedescendant={results[chosen] ? `${id}-${chosen}` : undefined}
          autoComplete="off"
          spellCheck={false}
          data-first
          data-testid="command-search"
          value={query}
          onChange={(event) => {
            setQuery(event.target.value)
            setActive(0)
          }}
          onKeyDown={onKeyDown}
        />
        <ul className="command-list" id={`${id}-list`} role="listbox" aria-label={t('searchEverything')}>
          {results.map((one, index) => (
            <li
              key={`${one.kind} ${one.key}`}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === chosen}
              onPointerMove={() => setActive(index)}
              onClick={() => open(one)}
            >
              <span className="command-text">{one.text}</span>
              <span className="hint">
                {t(`found.${one.kind}` satisfies MessageKey)}
                {one.detail && ` · ${one.detail}`}
              </span>
            </li>
          ))}
        </ul>
        <p className="hint command-help" id={`${id}-help`} role="status">
          {results.length === 0 ? t('searchNothing') : t('searchHelp')}
        </p>
      </div>
    </Dialog>
  )
}
