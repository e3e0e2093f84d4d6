import type { Freshness } from '../../datastreams/freshness'
import type { Row } from '../../datastreams/model'
import { PropertySelect } from '../../datastreams/PropertySelect'
import { StateMark } from '../../datastreams/StateMark'
import { useI18n } from '../../i18n/I18n'
import { AreaField } from '../parts/AreaField'
import { THING_ORDERS, type ThingOrder, type ThingsSearch } from './model'

const STATES = ['fresh', 'stale', 'none'] as const
const COUNT_TEXTS = { fresh: 'countFresh', stale: 'countStale', none: 'countNone' } as const

interface Props {
  search: ThingsSearch
  rows: readonly Row[]
  counts: Record<Freshness, number>
  areaNames: ReadonlyMap<string, string>
  onSearch: (change: Partial<ThingsSearch>) => void
}

export function ThingFilters({ search, rows, counts, areaNames, onSearch }: Props) {
  const { t, format } = useI18n()
  return (
    <form
      className="tool-row"
      role="search"
      aria-label={t('searchLabel')}
      onSubmit={(event) => event.preventDefault()}
    >
      <div className="segments" role="group" aria-label={t('things.by')}>
        {(['things', 'datastreams'] as const).map((by) => (
          <button key={by} type="button" aria-pressed={search.by === by} onClick={() => onSearch({ by })}>
            {t(by === 'things' ? 'things.things' : 'list')}
          </button>
        ))}
      </div>
      <input
        type="search"
        className="field field-wide"
        placeholder={t('search')}
        aria-label={t('searchLabel')}
        value={search.q}
        onChange={(event) => onSearch({ q: event.target.value })}
      />
      <PropertySelect rows={rows} value={search.property} onChange={(property) => onSearch({ property })} />
      <AreaField names={areaNames} value={search.area} onChange={(area) => onSearch({ area })} />
      {search.by === 'things' && (
        <select
          className="field"
          aria-label={t('things.order')}
          value={search.order}
          onChange={(event) => onSearch({ order: event.target.value as ThingOrder })}
        >
          {THING_ORDERS.map((order) => (
            <option key={order} value={order}>
              {t(`things.order.${order}`)}
            </option>
          ))}
        </select>
      )}
      <div className="toggles" role="group" aria-label={t('things.state')}>
        {STATES.map((state) => (
          <button
            key={state}
            type="button"
            className="toggle"
            aria-pressed={search.state === state}
            onClick={() => onSearch({ state: search.state === state ? null : state })}
          >
            <StateMark state={state} /> {t(COUNT_TEXTS[state], { n: format.count(counts[state]) })}
          </button>
        ))}
      </div>
    </form>
  )
}
