import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useState } from 'react'

import { useDefinition } from '../../api/indicatorQueries'
import { useI18n } from '../../i18n/I18n'
import { inLanguage } from '../../indicators/cardText'
import { periodLabel } from '../../indicators/period'
import { recentPeriods } from '../../indicators/recentPeriods'
import { SubjectPicker } from '../../indicators/SubjectPicker'
import { OF_ALL_SERVICES as PUBLIC, useProvince, useSubjects } from '../../indicators/subjects'
import { useSession } from '../../operator/session'
import { SignIn } from '../../operator/SignIn'
import { ErrorMessage, Loading, StateMessage } from '../../shell/StateMessage'
import { useNow } from '../../view/useNow'
import { useOverlays } from '../../view/overlays'
import { useTitle } from '../../view/useTitle'
import { RankingPanel } from '../indicator/RankingPanel'
import { GroupTable } from './GroupTable'
import { Queues } from './Queues'
import { COMPUTED, useScorecard } from './scorecard'
import { ScorePanel } from './ScorePanel'
import { SCORED_KINDS, type ServicesSearch } from './search'
import { WhatIfPanel } from './WhatIfPanel'

const route = getRouteApi('/shell/services')
const PERIODS = { month: 13, quarter: 9, year: 5 } as const
const KINDS = ['province', 'commune', 'agency', 'procedure']

/** The scorecard of Decision 766, who stands where in it, and the dossiers that need somebody now. */
export function ServicesView() {
  const { t, language } = useI18n()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const now = useNow(60_000)
  const { operator } = useSession()
  const { askWhy } = useOverlays()
  const [asking, setAsking] = useState(false)
  useTitle(t('nav.services'))

  const update = useCallback(
    (change: Partial<ServicesSearch>) =>
      void navigate({ search: (before) => ({ ...before, ...change }), replace: true, resetScroll: false }),
    [navigate],
  )
  const kind = search.kind ?? 'month'
  const periods = recentPeriods(kind, PERIODS[kind], now)
  const period = search.period ?? periods[0] ?? ''
  const province = useProvince()
  const subject = search.subject ?? province
  const subjects = useSubjects(PUBLIC, KINDS)
  const card = useScorecard(subject, period, search.group)
  const chosen = card.groups.find((one) => one.indicator === search.group) ?? null
  const ofGroup = chosen !== null && chosen.indicator !== 'd766-1'
  const ranked = card.hidden ? PUBLIC : ofGroup ? chosen.indicator : COMPUTED
  const definition = useDefinition(card.total || card.hidden ? ranked : PUBLIC)

  let score
  if (card.total)
    score = (
      <>
        <ScorePanel
          card={card}
          chosen={chosen?.indicator ?? null}
          onGroup={(group) => update({ group: group ?? undefined })}
          onWhy={() => askWhy({ indicator: card.id, subject, period })}
        />
        {chosen && (
          <GroupTable group={chosen} parts={card.parts} subject={subject} period={period} onWhy={askWhy} />
        )}
      </>
    )
  else if (card.hidden)
    score = (
      <section className="panel">
        <StateMessage title={t('scoreNotPublic')} hint={t('scoreNotPublicHint')}>
          {!operator && (
            <button type="button" className="button button-main" onClick={() => setAsking(true)}>
              {t('signIn')}
            </button>
          )}
        </StateMessage>
      </section>
    )
  else if (card.empty)
    score = (
      <section className="panel">
        <StateMessage title={t('noScore')} hint={t('noScoreHint')} />
      </section>
    )
  else
    score = (
      <section className="panel">
        {card.error ? <ErrorMessage error={card.error} onRetry={card.retry} /> : <Loading />}
      </section>
    )

  return (
    <div className="view-body services-view">
      <header className="view-head">
        <div className="view-titles">
          <p className="hint">{t('decision766')}</p>
          <h1>{t('scorecard')}</h1>
        </div>
        <div className="view-tools">
          <SubjectPicker
            label={t('subject')}
            choices={subjects}
            chosen={subject}
            onChoose={(reference) => update({ subject: reference === province ? undefined : reference })}
          />
          <div className="segments" role="group" aria-label={t('periodKind')}>
            {SCORED_KINDS.map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={one === kind}
                onClick={() => update({ kind: one, period: undefined })}
              >
                {t(`period.${one}`)}
              </button>
            ))}
          </div>
          <select
            className="field field-inline"
            aria-label={t('periodTitle')}
            data-testid="score-period"
            value={period}
            onChange={(event) =>
              update({ period: event.target.value === periods[0] ? undefined : event.target.value })
            }
          >
            {[...new Set([...periods, period])].map((one) => (
              <option key={one} value={one}>
                {periodLabel(one, t, language)}
              </option>
            ))}
          </select>
        </div>
      </header>
      <div className="services-grid">
        <div className="services-main">
          {score}
          <Queues subject={subject} operator={operator !== null} now={now} onWhy={askWhy} />
        </div>
        <div className="services-side">
          {definition.data ? (
            <RankingPanel
              definition={definition.data}
              period={kind}
              about={
                card.hidden
                  ? inLanguage(definition.data.names, language)
                  : ofGroup
                    ? t('rankedGroup', { group: ranked.slice(5) })
                    : t('rankedTotal')
              }
              by={search.by ?? 'agency'}
              subject={subject}
              onBy={(by) => update({ by })}
              onSubject={(reference) => update({ subject: reference })}
            />
          ) : (
            <section className="panel ranking-panel" aria-label={t('ranking')}>
              {definition.isError ? <StateMessage title={t('scoreNotPublic')} /> : <Loading />}
            </section>
          )}
          {subject !== '' && (
            <WhatIfPanel
              key={`${subject} ${period}`}
              indicator={card.id}
              subject={subject}
              period={period}
              onSignIn={() => setAsking(true)}
            />
          )}
        </div>
      </div>
      {asking && <SignIn onClose={() => setAsking(false)} />}
    </div>
  )
}
