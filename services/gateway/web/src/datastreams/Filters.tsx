import { useMemo } from 'react'

import type { AreaProperties } from '../api/types'
import { useI18n } from '../i18n/I18n'
import { areaName, type Filter, type Row } from './model'
import { PropertySelect } from './PropertySelect'

interface Props {
  rows: readonly Row[]
  shown: number
  areas: readonly AreaProperties[]
  filter: Filter
  onChange: (change: Partial<Filter>) => void
}

export function Filters({ rows, shown, areas, filter, onChange }: Props) {
  const { t, format, language } = useI18n()
  const places = useMemo(() => {
    const used = new Set(rows.map((row) => row.datastream.thing.areaCode))
    return areas
      .filter((area) => used.has(area.code) || area.code === filter.area)
      .map((area) => [area.code, areaName(area, language)] as const)
      .sort((a, b) => a[1].localeCompare(b[1], language))
  }, [rows, areas, filter.area, language])
  const thing =
    filter.thing && rows.find((row) => String(row.datastream.thing.id) === filter.thing)?.thingName
  const filtered = filter.search !== '' || filter.property || filter.area || filter.thing

  return (
    <form
      className="filters"
      role="search"
      aria-label={t('list')}
      onSubmit={(event) => event.preventDefault()}
    >
      <input
        type="search"
        className="field field-search"
        placeholder={t('search')}
        aria-label={t('searchLabel')}
        value={filter.search}
        onChange={(event) => onChange({ search: event.target.value })}
      />
      <PropertySelect rows={rows} value={filter.property} onChange={(property) => onChange({ property })} />
      <select
        className="field"
        aria-label={t('area')}
        value={filter.area ?? ''}
        onChange={(event) => onChange({ area: event.target.value || null })}
      >
        <option value="">{t('allAreas')}</option>
        {places.map(([code, name]) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
      <p className="filters-line">
        <span role="status">{t('shown', { n: format.count(shown), total: format.count(rows.length) })}</span>
        {thing && (
          <button
            type="button"
            className="chip"
            aria-label={t('clearThing', { name: thing })}
            onClick={() => onChange({ thing: null })}
          >
            {thing} <span aria-hidden="true">×</span>
          </button>
        )}
        {filtered && (
          <button
            type="button"
            className="link"
            onClick={() => onChange({ search: '', property: null, area: null, thing: null })}
          >
            {t('clearFilters')}
          </button>
        )}
      </p>
    </form>
  )
}
