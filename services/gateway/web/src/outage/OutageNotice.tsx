import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

import { currentAnswers, subscribeAnswers } from '../api/answers'
import { useI18n } from '../i18n/I18n'
import { announceRecovery, setHeldBack } from '../live/pace'
import { holdsBack, type Outage } from './outages'
import { STATUS_KEY, useOutages, useReadOnly } from './useOutages'

/** Pages of a whole office must not all read again in the same instant. */
const SPREAD_MS = 1_000
/** Trouble that many requests meet is asked about once. */
const ASK_AGAIN_MS = 1_000
const DAY_MS = 86_400_000

/** Says which part of the platform is away and how old the figures are therefore; it goes away by itself. */
export function OutageNotice() {
  const outages = useOutages({ asks: true })
  useSoonerQuestion()
  useRecovery(outages)
  return (
    <div role="status" className="outages" data-testid="outages">
      {outages.map((outage) => (
        <OutageLine key={outage.kind} outage={outage} />
      ))}
      <ReadOnlyLine />
    </div>
  )
}

/** Somebody works on the platform: what the reader sees goes on, what they change has to wait. */
function ReadOnlyLine() {
  const { t, format } = useI18n()
  const mode = useReadOnly()
  if (!mode) return null
  const reason = /[.!?…]$/.test(mode.reason) ? mode.reason : `${mode.reason}.`
  const until = mode.until && t('outage.until', { time: format.dateTime(mode.until) })
  return (
    <p className="outage" data-outage="readOnly">
      <b>{t('outage.readOnly')}</b> {[reason, until, t('outage.means.readOnly')].filter(Boolean).join(' ')}
    </p>
  )
}

function OutageLine({ outage: { kind, since }, outage }: { outage: Outage }) {
  const { t, format } = useI18n()
  const time =
    since === null ? null : Date.now() - since < DAY_MS ? format.clock(since) : format.dateTime(since)
  return (
    <p className="outage" data-outage={kind}>
      <b>{t(`outage.${kind}`)}</b>
      {time !== null && ` ${t(holdsBack(outage) ? 'outage.asOf' : 'outage.since', { time })}`}
      {` ${t(`outage.means.${kind}`)}`}
    </p>
  )
}

/** An answer that tells of an outage, or none at all, makes the page ask at once what is wrong. */
function useSoonerQuestion() {
  const client = useQueryClient()
  useEffect(() => {
    let { troubledAt, failing } = currentAnswers()
    let askedAt = 0
    return subscribeAnswers(() => {
      const next = currentAnswers()
      const isNews = next.troubledAt !== troubledAt || (next.failing && !failing)
      ;({ troubledAt, failing } = next)
      if (!isNews || Date.now() - askedAt < ASK_AGAIN_MS) return
      askedAt = Date.now()
      void client.refetchQueries({ queryKey: STATUS_KEY }, { cancelRefetch: false })
    })
  }, [client])
}

/** While nothing new can be read the page hardly asks, and shows that its figures are old; afterwards it reads all. */
function useRecovery(outages: readonly Outage[]) {
  const client = useQueryClient()
  const isHeld = outages.some(holdsBack)
  const isSlow = outages.some(({ kind }) => kind === 'redis')
  useEffect(() => {
    if (!isHeld) return undefined
    setHeldBack(true)
    document.documentElement.dataset['figures'] = 'old'
    return () => {
      setHeldBack(false)
      delete document.documentElement.dataset['figures']
      soon(() => {
        announceRecovery()
        void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== STATUS_KEY[0] })
      })
    }
  }, [client, isHeld])
  useEffect(() => (isSlow ? () => soon(announceRecovery) : undefined), [isSlow])
}

function soon(act: () => void): void {
  window.setTimeout(act, Math.random() * SPREAD_MS)
}
