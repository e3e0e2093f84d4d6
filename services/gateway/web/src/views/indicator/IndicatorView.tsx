import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'

import { useDefinition, useFigures } from '../../api/indicatorQueries'
import { useStanding } from '../../api/standing'
import { useI18n } from '../../i18n/I18n'
import { inLanguage } from '../../indicators/cardText'
import { isGroup } from '../../indicators/groups'
import { SubjectPicker } from '../../indicators/SubjectPicker'
import { useProvince, useSubjects } from '../../indicators/subjects'
import { StaleNote } from '../../shell/StaleNote'
import { ErrorMessage, Loading } from '../../shell/StateMessage'
import { useNow } from '../../view/useNow'
import { useOverlays } from '../../view/overlays'
import { useTitle } from '../../view/useTitle'
import { ComparePanel } from './ComparePanel'
import { DefinitionPanel } from './DefinitionPanel'
import { Downloads } from './Downloads'
import { FigurePanel } from './FigurePanel'
import { RankingPanel } from './RankingPanel'
import type { IndicatorSearch } from './search'
import { TimeTravel } from './TimeTravel'

const route = getRouteApi('/shell/indicators/$id')
const NO_KINDS: readonly string[] = []

/** Everything about one indicator: figures over time, ranking, comparison, revisions, definition. */
export function IndicatorView() {
  const { t, language } = useI18n()
  const { id } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const now = useNow(60_000)
  const { askWhy } = useOverlays()
  const query = useDefinition(id)
  const standing = useStanding(query)
  const definition = standing.kind === 'ready' ? standing.data : null
  const name = definition ? inLanguage(definition.names, language) : id
  useTitle(name)

  const update = useCallback(
    (change: Partial<IndicatorSearch>) =>
      void navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false }),
    [navigate],
  )
  const subjects = useSubjects(id, definition?.subjects ?? NO_KINDS)
  const province = useProvince()
  const subject = search.subject ?? subjects[0]?.reference ?? province
  const period =
    definition?.periods.find((kind) => kind === search.period) ?? definition?.periods[0] ?? undefined
  const range = { subject, period, from: search.from, to: search.to }
  const figures = useFigures(id, { ...range, asOf: search.asOf }, definition !== null && subject !== '')
  const today = useFigures(id, range, definition !== null && subject !== '' && search.asOf !== undefined)

  const items = figures.data
  const at = useMemo(
    () => items?.find((one) => one.period === search.at) ?? items?.at(-1) ?? null,
    [items, search.at],
  )

  if (standing.kind === 'failed')
    return (
      <div className="view-body">
        <h1>{id}</h1>
        <section className="panel">
          <ErrorMessage error={standing.error} onRetry={() => void query.refetch()} />
        </section>
      </div>
    )
  if (!definition) return <Loading />

  return (
    <div className="view-body indicator-view">
      <header className="view-head">
        <div className="view-titles">
          <p className="hint">
            {isGroup(definition.group) ? t(`group.${definition.group}`) : definition.group} · {definition.id}
            {!definition.public && <span className="mark"> {t('notPublic')}</span>}
          </p>
          <h1>{name}</h1>
        </div>
        <div className="view-tools">
          <SubjectPicker
            label={t('subject')}
            choices={subjects}
            chosen={subject}
            onChoose={(reference) => update({ subject: reference, at: undefined, with: undefined })}
          />
          {definition.periods.length > 1 && (
            <div className="segments" role="group" aria-label={t('periodKind')}>
              {definition.periods.map((kind) => (
                <button
                  key={kind}
                  type="button"
                  aria-pressed={kind === period}
                  onClick={() => update({ period: kind, at: undefined, with: undefined })}
                >
                  {t(`period.${kind}`)}
                </button>
              ))}
            </div>
          )}
          <Downloads
            definition={definition}
            choice={{ ...range, asOf: search.asOf }}
            figures={items ?? []}
            subjectName={subjects.find((one) => one.reference === subject)?.name ?? subject}
          />
        </div>
      </header>
      <StaleNote query={figures} />
      <TimeTravel asOf={search.asOf} onAsOf={(asOf) => update({ asOf })} />
      <div className="indicator-grid">
        <FigurePanel
          definition={definition}
          query={figures}
          today={search.asOf === undefined ? null : (today.data ?? null)}
          at={at}
          search={search}
          now={now}
          onChange={update}
          onWhy={askWhy}
        />
        <RankingPanel
          definition={definition}
          period={period}
          asOf={search.asOf}
          by={search.by}
          subject={subject}
          onBy={(by) => update({ by })}
          onSubject={(reference) => update({ subject: reference })}
        />
        <ComparePanel
          definition={definition}
          figures={items ?? []}
          at={at}
          other={search.with ?? null}
          onAt={(chosen) => update({ at: chosen })}
          onOther={(chosen) => update({ with: chosen })}
          onAsOf={(asOf) => update({ asOf })}
          onWhy={askWhy}
        />
        <DefinitionPanel definition={definition} />
      </div>
    </div>
  )
}
