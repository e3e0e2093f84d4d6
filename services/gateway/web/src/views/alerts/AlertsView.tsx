import { useMemo } from 'react'

import type { Alert } from '../../api/alertTypes'
import { SEVERITIES, type Severity } from '../../api/alertTypes'
import { address } from '../../api/client'
import { SeverityMark } from '../../alerts/SeverityMark'
import { inOrder } from '../../alerts/order'
import { useI18n } from '../../i18n/I18n'
import { inLanguage } from '../../indicators/cardText'
import { useSession } from '../../operator/session'
import { StateMessage } from '../../shell/StateMessage'
import { AreaField } from '../parts/AreaField'
import { More } from '../parts/More'
import { usePages } from '../parts/pages'
import { useAreaNames } from '../parts/useAreaNames'
import { useMinute } from '../parts/useMinute'
import { Answer, View } from '../parts/View'
import { AlertRows } from './AlertRows'
import { MaintenanceWindows } from './MaintenanceWindows'
import { NoticeSettings } from './NoticeSettings'
import {
  alertsQuery,
  countSeverities,
  NO_FILTER,
  SHOWN_STATES,
  type AlertsSearch,
  type ShownState,
} from './search'

const REFRESH_MS = 5_000

interface Props {
  search: AlertsSearch
  onSearch: (change: Partial<AlertsSearch>) => void
  onAlert: (id: number) => void
}

/** Every alert, also the ended ones; maintenance windows; how the reader is told. */
export function AlertsView({ search, onSearch, onAlert }: Props) {
  const { t } = useI18n()
  return (
    <View
      name="alerts"
      title={t('alerts')}
      lead={t('al.lead')}
      tools={
        <>
          <NoticeSettings />
          <div className="segments" role="group" aria-label={t('alerts')}>
            {(['alerts', 'maintenance'] as const).map((tab) => (
              <button
                key={tab}
                type="button"
                aria-pressed={search.tab === tab}
                onClick={() => onSearch({ tab })}
              >
                {t(tab === 'alerts' ? 'al.list' : 'al.maintenance')}
              </button>
            ))}
          </div>
        </>
      }
    >
      {search.tab === 'maintenance' ? (
        <MaintenanceWindows />
      ) : (
        <AlertList search={search} onSearch={onSearch} onAlert={onAlert} />
      )}
    </View>
  )
}

function AlertList({ search, onSearch, onAlert }: Props) {
  const { t, format } = useI18n()
  const { operator } = useSession()
  const now = useMinute()
  const areaNames = useAreaNames()
  const pages = usePages<Alert>(
    ['alerts', 'list'],
    address('/v1/alerts', alertsQuery(search, operator?.username ?? null)),
    {
      refreshMs: REFRESH_MS,
    },
  )
  const found = pages.query.data
  const shown = useMemo(() => {
    const all = found ?? []
    // What still needs somebody stands by gravity, what has ended by time, as it comes.
    return search.state === 'ended' || search.state === 'all' ? all : inOrder(all)
  }, [found, search.state])

  return (
    <section className="panel fill" aria-label={t('al.list')}>
      <AlertFilters
        search={search}
        alerts={found ?? []}
        areaNames={areaNames}
        signedIn={operator !== null}
        onSearch={onSearch}
      />
      <Answer query={pages.query}>
        {() => (
          <>
            <p className="table-line" role="status">
              {t('al.shown', { n: format.count(shown.length) })}
              {pages.more && ` · ${t('al.moreThere')}`}
              {countSeverities(shown)
                .filter(([, count]) => count > 0)
                .map(([severity, count]) => (
                  <span key={severity} className="severity-count">
                    <SeverityMark severity={severity} /> {format.count(count)}
                  </span>
                ))}
            </p>
            {shown.length === 0 ? (
              <StateMessage
                title={t(isFiltered(search) ? 'al.noMatch' : 'noAlerts')}
                {...(isFiltered(search) ? {} : { hint: t('noAlertsHint') })}
              >
                {isFiltered(search) && (
                  <button type="button" className="button" onClick={() => onSearch(NO_FILTER)}>
                    {t('clearFilters')}
                  </button>
                )}
              </StateMessage>
            ) : (
              <AlertRows alerts={shown} now={now} areaNames={areaNames} onAlert={onAlert} />
            )}
            <More pages={pages} />
          </>
        )}
      </Answer>
    </section>
  )
}

function isFiltered({ state, severity, rule, area, mine }: AlertsSearch): boolean {
  return state !== 'active' || severity !== null || rule !== null || area !== null || mine
}

interface FilterProps {
  search: AlertsSearch
  alerts: readonly Alert[]
  areaNames: ReadonlyMap<string, string>
  signedIn: boolean
  onSearch: (change: Partial<AlertsSearch>) => void
}

function AlertFilters({ search, alerts, areaNames, signedIn, onSearch }: FilterProps) {
  const { t, language } = useI18n()
  const rules = useMemo(() => {
    const names = new Map(alerts.map((alert) => [alert.rule, inLanguage(alert.ruleNames, language)]))
    if (search.rule && !names.has(search.rule)) names.set(search.rule, search.rule)
    return [...names].sort((a, b) => a[1].localeCompare(b[1], language))
  }, [alerts, search.rule, language])
  return (
    <form
      className="tool-row"
      role="search"
      aria-label={t('al.filters')}
      onSubmit={(event) => event.preventDefault()}
    >
      <select
        className="field"
        aria-label={t('al.state')}
        value={search.state}
        onChange={(event) => onSearch({ state: event.target.value as ShownState })}
      >
        {SHOWN_STATES.map((state) => (
          <option key={state} value={state}>
            {t(`al.state.${state}`)}
          </option>
        ))}
      </select>
      <select
        className="field"
        aria-label={t('al.severity')}
        value={search.severity ?? ''}
        onChange={(event) => onSearch({ severity: (event.target.value || null) as Severity | null })}
      >
        <option value="">{t('al.allSeverities')}</option>
        {SEVERITIES.map((severity) => (
          <option key={severity} value={severity}>
            {t(`severity.${severity}`)}
          </option>
        ))}
      </select>
      <select
        className="field"
        aria-label={t('rule')}
        value={search.rule ?? ''}
        onChange={(event) => onSearch({ rule: event.target.value || null })}
      >
        <option value="">{t('al.allRules')}</option>
        {rules.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
      <AreaField names={areaNames} value={search.area} onChange={(area) => onSearch({ area })} />
      {signedIn && (
        <label className="check">
          <input
            type="checkbox"
            checked={search.mine}
            onChange={(event) => onSearch({ mine: event.target.checked })}
          />
          {t('al.mine')}
        </label>
      )}
    </form>
  )
}
