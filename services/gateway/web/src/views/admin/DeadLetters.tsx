import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { address, getJson, postJson } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import { Dialog } from '../../shell/Dialog'
import { Confirm } from '../parts/Confirm'
import { More } from '../parts/More'
import { instantOf } from '../parts/localTime'
import { usePages } from '../parts/pages'
import { Answer } from '../parts/View'
import { AdminView } from './AdminView'
import type { DeadLetter, DeadLetterDetail } from './deadLetterTypes'
import { Field } from './Field'
import { useChange } from './useChange'

const KEY = ['admin', 'dead-letters'] as const
const URL = '/v1/admin/dead-letters'

export interface DeadLettersSearch {
  code: string
  provider: string
  from: string
  to: string
  /** Id of the one that is open. */
  letter: string | null
}

interface Props {
  search: DeadLettersSearch
  onSearch: (change: Partial<DeadLettersSearch>) => void
}

/** What was sent and could not be used: why, and a way to send it again once the reason is gone. */
export function DeadLetters(props: Props) {
  return (
    <AdminView section="dead-letters">
      <Letters {...props} />
    </AdminView>
  )
}

function Letters({ search, onSearch }: Props) {
  const { t, format } = useI18n()
  const pages = usePages<DeadLetter>(
    KEY,
    address(URL, {
      code: search.code || undefined,
      provider: search.provider || undefined,
      from: search.from ? instantOf(`${search.from}T00:00`) : undefined,
      to: search.to ? instantOf(`${search.to}T23:59:59`) : undefined,
      limit: 100,
    }),
  )
  return (
    <>
      <section className="panel fill" aria-label={t('admin.dead-letters')}>
        <form
          className="tool-row tool-fields"
          role="search"
          aria-label={t('admin.dead-letters')}
          onSubmit={(event) => event.preventDefault()}
        >
          <div className="tool-field">
            <Field label={t('admin.code')} value={search.code} onChange={(code) => onSearch({ code })} />
          </div>
          <div className="tool-field">
            <Field
              label={t('admin.provider')}
              value={search.provider}
              onChange={(provider) => onSearch({ provider })}
            />
          </div>
          <div className="tool-field">
            <Field
              label={t('admin.fromDay')}
              type="date"
              value={search.from}
              onChange={(from) => onSearch({ from })}
            />
          </div>
          <div className="tool-field">
            <Field
              label={t('admin.toDay')}
              type="date"
              value={search.to}
              onChange={(to) => onSearch({ to })}
            />
          </div>
        </form>
        <Answer
          query={pages.query}
          empty={(items) => items.length === 0}
          emptyTitle={t('admin.noDeadLetters')}
          emptyHint={t('admin.noDeadLettersHint')}
        >
          {(items) => (
            <div className="table-box" tabIndex={0} role="region" aria-label={t('admin.dead-letters')}>
              <table className="table table-stack">
                <thead>
                  <tr>
                    <th scope="col">{t('time')}</th>
                    <th scope="col">{t('admin.provider')}</th>
                    <th scope="col">{t('admin.refusedBecause')}</th>
                    <th scope="col">{t('things.state')}</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((one) => (
                    <tr key={one.id} data-testid="dead-letter-row">
                      <td className="nowrap">{format.exact(Date.parse(one.receivedAt), 'second')}</td>
                      <td>{one.provider ?? '–'}</td>
                      <th scope="row">
                        <button
                          type="button"
                          className="link-row"
                          onClick={() => onSearch({ letter: String(one.id) })}
                        >
                          <span className="row-names">
                            <span className="row-name mono">{one.code}</span>
                            <span className="row-place row-wrap">{one.detail}</span>
                          </span>
                        </button>
                      </th>
                      <td>
                        {one.replay === null ? (
                          <span className="mark mark-warn">{t('admin.notReplayed')}</span>
                        ) : (
                          <span className={one.replay.outcome === 'accepted' ? 'mark' : 'mark mark-warn'}>
                            {t(`admin.outcome.${one.replay.outcome}`)}
                          </span>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </Answer>
        <More pages={pages} />
      </section>
      {search.letter !== null && (
        <LetterDrawer key={search.letter} id={search.letter} onClose={() => onSearch({ letter: null })} />
      )}
    </>
  )
}

function LetterDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t, format } = useI18n()
  const [asking, setAsking] = useState(false)
  const query = useQuery({
    queryKey: [...KEY, 'one', id],
    queryFn: ({ signal }) => getJson<DeadLetterDetail>(`${URL}/${id}`, { signal }),
  })
  const replay = useChange(
    [KEY],
    () => postJson<DeadLetterDetail>(`${URL}/${id}/replay`, {}),
    () => setAsking(false),
  )
  return (
    <Dialog className="drawer" title={t('admin.deadLetter', { id })} onClose={onClose}>
      <div className="drawer-body" tabIndex={-1} data-testid="dead-letter-drawer">
        <Answer query={query}>
          {(letter) => (
            <>
              <p className="alert-lead">{letter.detail}</p>
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
                  <dd>{letter.kind}</dd>
                </div>
                {letter.replay && (
                  <div>
                    <dt>{t('admin.replayed')}</dt>
                    <dd>
                      {t(`admin.outcome.${letter.replay.outcome}`)} ·{' '}
                      {format.exact(Date.parse(letter.replay.at), 'second')} · {letter.replay.by}
                      {letter.replay.reasons.map(({ code, detail }) => (
                        <span key={`${code} ${detail}`} className="hint block">
                          {code}: {detail}
                        </span>
                      ))}
                    </dd>
                  </div>
                )}
              </dl>
              <section className="drawer-section">
                <h3>{t('admin.payload')}</h3>
                <pre className="payload" tabIndex={0}>
                  {payloadText(letter)}
                </pre>
                {!letter.payloadComplete && <p className="hint">{t('admin.payloadCut')}</p>}
              </section>
              <p>
                <button
                  type="button"
                  className="button button-main"
                  disabled={!letter.replayable}
                  onClick={() => setAsking(true)}
                >
                  {t('admin.replay')}
                </button>
                {!letter.replayable && <span className="hint"> {t('admin.notReplayable')}</span>}
              </p>
            </>
          )}
        </Answer>
      </div>
      {asking && (
        <Confirm
          title={t('admin.replay')}
          action={t('admin.replay')}
          pending={replay.isPending}
          error={replay.error}
          onConfirm={() => replay.mutate()}
          onClose={() => {
            replay.reset()
            setAsking(false)
          }}
        >
          <p>{t('admin.replayHint')}</p>
        </Confirm>
      )}
    </Dialog>
  )
}

/** JSON laid out for people; what is no JSON stays as it came. */
function payloadText({ payload, payloadText: text }: DeadLetterDetail): string {
  return text ?? JSON.stringify(payload, null, 2)
}
