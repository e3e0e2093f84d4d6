import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'

import { getJson, postJson } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import { Dialog } from '../../shell/Dialog'
import { Confirm } from '../parts/Confirm'
import { Answer } from '../parts/View'
import {
  codeText,
  corrected,
  DEAD_LETTERS_KEY,
  DEAD_LETTERS_URL,
  doorText,
  payloadOf,
} from './deadLetterText'
import type { DeadLetterDetail } from './deadLetterTypes'
import { useAsked } from '../parts/useAsked'

/** One dead letter: why it was refused, what was sent, and sending it again, as it was or corrected. */
export function LetterDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t, format } = useI18n()
  const query = useQuery({
    queryKey: [...DEAD_LETTERS_KEY, 'one', id],
    queryFn: ({ signal }) => getJson<DeadLetterDetail>(`${DEAD_LETTERS_URL}/${id}`, { signal }),
  })
  return (
    <Dialog className="drawer" title={t('admin.deadLetter', { id })} onClose={onClose}>
      <div className="drawer-body" tabIndex={-1} data-testid="dead-letter-drawer">
        <Answer query={query}>
          {(letter) => (
            <>
              <p className="alert-lead">{codeText(letter.code, t)}</p>
              <p className="hint">{letter.detail}</p>
              <dl className="facts drawer-section">
                <div>
                  <dt>{t('admin.code')}</dt>
                  <dd className="mono">{letter.code}</dd>
                </div>
                <div>
                  <dt>{t('admin.provider')}</dt>
                  <dd>{letter.provider ?? '–'}</dd>
                </div>
                <div>
                  <dt>{t('admin.receivedAt')}</dt>
                  <dd>{format.exact(Date.parse(letter.receivedAt), 'second')}</dd>
                </div>
                <div>
                  <dt>{t('admin.kind')}</dt>
                  <dd>{t(`letter.kind.${letter.kind}`)}</dd>
                </div>
                {letter.door && (
                  <div>
                    <dt>{t('letter.door')}</dt>
                    <dd>
                      {doorText(letter.door)}
                      {Object.entries(letter.context).map(([name, value]) => (
                        <span key={name} className="hint block mono">
                          {name}: {value}
                        </span>
                      ))}
                    </dd>
                  </div>
                )}
                {letter.replay && (
                  <div>
                    <dt>{t('admin.replayed')}</dt>
                    <dd>
                      {t(`admin.outcome.${letter.replay.outcome}`)} ·{' '}
                      {format.exact(Date.parse(letter.replay.at), 'second')} · {letter.replay.by}
                      {letter.replay.corrected && ` · ${t('letter.corrected')}`}
                      {letter.replay.reasons.map(({ code, detail }) => (
                        <span key={`${code} ${detail}`} className="hint block">
                          {codeText(code, t)}: {detail}
                        </span>
                      ))}
                    </dd>
                  </div>
                )}
              </dl>
              <Resend letter={letter} />
            </>
          )}
        </Answer>
      </div>
    </Dialog>
  )
}

/** What was sent, to be read or corrected, and the way back into ingest. */
function Resend({ letter }: { letter: DeadLetterDetail }) {
  const { t } = useI18n()
  const id = useId()
  const [draft, setDraft] = useState<string | null>(null)
  const text = payloadOf(letter)
  const correction = draft === null ? undefined : corrected(draft, letter)
  // What is no JSON, or was not kept whole, cannot go as it is.
  const sendable = draft === null ? letter.payloadText === null && letter.payloadComplete : !!correction
  const replay = useAsked(
    [DEAD_LETTERS_KEY],
    (body: object) => postJson<DeadLetterDetail>(`${DEAD_LETTERS_URL}/${letter.id}/replay`, body),
    (answer) => {
      if (answer.replay?.outcome === 'accepted') setDraft(null)
    },
  )
  return (
    <>
      <section className="drawer-section">
        <h3>
          <label htmlFor={draft === null ? undefined : id}>{t('admin.payload')}</label>
        </h3>
        {draft === null ? (
          <pre className="payload" tabIndex={0}>
            {text}
          </pre>
        ) : (
          <textarea
            id={id}
            className="payload payload-edit"
            data-testid="payload-edit"
            rows={Math.min(24, draft.split('\n').length + 1)}
            spellCheck={false}
            autoFocus
            aria-invalid={!correction || undefined}
            aria-describedby={`${id}-hint`}
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
          />
        )}
        <p className={draft !== null && !correction ? 'fault' : 'hint'} id={`${id}-hint`}>
          {draft !== null
            ? t(
                correction
                  ? 'letter.editHint'
                  : letter.payloadForm === 'text'
                    ? 'letter.noText'
                    : 'letter.noJson',
              )
            : letter.payloadComplete
              ? ''
              : t('admin.payloadCut')}
        </p>
      </section>
      <div className="act-buttons">
        <button
          type="button"
          className="button button-main"
          disabled={!letter.replayable || !sendable}
          onClick={() => replay.ask(correction ?? {})}
        >
          {t(draft === null ? 'admin.replay' : 'letter.sendCorrected')}
        </button>
        {letter.replayable && (
          <button
            type="button"
            className="button"
            onClick={() => setDraft(draft === null ? text : null)}
            data-testid="edit-payload"
          >
            {t(draft === null ? 'letter.edit' : 'letter.dropEdit')}
          </button>
        )}
        {!letter.replayable && <span className="hint">{t('admin.notReplayable')}</span>}
      </div>
      {replay.about && (
        <Confirm
          title={t(draft === null ? 'admin.replay' : 'letter.sendCorrected')}
          action={t('admin.replay')}
          {...replay.dialog}
        >
          <p>{t(draft === null ? 'admin.replayHint' : 'letter.correctedHint')}</p>
        </Confirm>
      )}
    </>
  )
}
