import { useState } from 'react'

import { ApiError } from '../../api/client'
import { useWhatIf, type Finish } from '../../api/indicatorQueries'
import type { WhatIfAnswer } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { inLanguage } from '../../indicators/cardText'
import { ChangeMark } from '../../indicators/ChangeMark'
import { mayAct, useSession } from '../../operator/session'
import { shortName } from './ScorePanel'

interface Props {
  indicator: string
  subject: string
  period: string
  onSignIn: () => void
}

const CHOICES = ['overdue', 'open'] as const
type Choice = (typeof CHOICES)[number]

/** What finishing the dossiers of a queue today would do to the score; nothing is changed by asking. */
export function WhatIfPanel({ indicator, subject, period, onSignIn }: Props) {
  const { t } = useI18n()
  const { operator } = useSession()
  const [choice, setChoice] = useState<Choice>('overdue')
  const question = useWhatIf()

  function ask() {
    const finish: Finish = choice === 'open' ? { open: true } : { overdue: true }
    question.mutate({ indicator, subject, period, finish })
  }

  return (
    <section className="panel what-if" aria-labelledby="what-if-title">
      <div className="panel-head">
        <h2 id="what-if-title">{t('whatIf')}</h2>
        <p className="panel-note">{t('whatIfHint')}</p>
      </div>
      <div className="panel-body">
        {mayAct(operator) ? (
          <div className="what-if-ask">
            <div className="segments" role="group" aria-label={t('whatIf')}>
              {CHOICES.map((one) => (
                <button
                  key={one}
                  type="button"
                  aria-pressed={one === choice}
                  onClick={() => {
                    setChoice(one)
                    question.reset()
                  }}
                >
                  {t(`whatIf.${one}`)}
                </button>
              ))}
            </div>
            <button type="button" className="button button-main" disabled={question.isPending} onClick={ask}>
              {t(question.isPending ? 'computing' : 'compute')}
            </button>
          </div>
        ) : (
          <p className="what-if-ask">
            <span>{t('whatIfOperators')}</span>
            {!operator && (
              <button type="button" className="button" onClick={onSignIn}>
                {t('signIn')}
              </button>
            )}
          </p>
        )}
        {question.isError && (
          <p className="fault" role="alert">
            {question.error instanceof ApiError && question.error.status !== 0
              ? (question.error.detail ?? t('errorOther', { status: question.error.status }))
              : t('errorNetwork')}
          </p>
        )}
        {question.data && <Effect answer={question.data} />}
      </div>
    </section>
  )
}

function Effect({ answer }: { answer: WhatIfAnswer }) {
  const { t, format, language } = useI18n()
  const text = (value: number | null) => (value === null ? '–' : format.fixed(value, 2))
  const change = (one: { before: { value: number | null }; change: number | null }) => (
    <ChangeMark
      figure={{
        ...(one as object as Parameters<typeof ChangeMark>[0]['figure']),
        previous: one.before.value,
        change: one.change,
        decimals: 2,
        direction: 'higher-is-better',
      }}
    />
  )
  const moved = answer.components.filter((one) => one.change !== null && Math.abs(one.change) >= 0.005)
  return (
    <div className="effect" role="status" data-testid="what-if-answer">
      <p className="effect-total">
        <span>{t('whatIfFinished', { n: format.count(answer.finished) })}</span>
        <b>
          {text(answer.before.value)} → {text(answer.after.value)}
        </b>
        {change(answer)}
      </p>
      {moved.length > 0 && (
        <ul className="effect-parts">
          {moved.map((one) => (
            <li key={one.indicator}>
              <span>{one.names ? shortName(inLanguage(one.names, language)) : one.indicator}</span>
              <span>
                {text(one.before.value)} → {text(one.after.value)}
              </span>
              {change(one)}
            </li>
          ))}
        </ul>
      )}
      <p className="hint">{t('whatIfLimits')}</p>
    </div>
  )
}
