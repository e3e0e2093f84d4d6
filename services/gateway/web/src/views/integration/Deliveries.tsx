import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { getJson, postJson } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import { Dialog } from '../../shell/Dialog'
import { useChange } from '../../api/useChange'
import { Fault } from '../parts/Fault'
import { usePages } from '../parts/pages'
import { PagedTable } from '../parts/Table'
import { Answer, Panel } from '../parts/View'
import type { Delivery, Webhook } from './types'

const STATES = ['all', 'waiting', 'delivered', 'failed'] as const

/** What was sent to a webhook, what waits, and what was given up: that can be sent again. */
export function Deliveries({
  webhook,
  base,
  onClose,
}: {
  webhook: Webhook
  base: string
  onClose: () => void
}) {
  const { t, format } = useI18n()
  const [state, setState] = useState<(typeof STATES)[number]>('all')
  const [opened, setOpened] = useState<Delivery | null>(null)
  const key = ['provider', 'deliveries', webhook.id] as const
  const url = `${base}/deliveries?limit=50${state === 'all' ? '' : `&state=${state}`}`
  const pages = usePages<Delivery>(key, url, { refreshMs: 3_000 })
  const resend = useChange([key], (id: number) => postJson(`${base}/deliveries/${id}/resend`, undefined))
  return (
    <Panel
      id="deliveries"
      title={t('integration.deliveriesOf', { name: webhook.name })}
      tools={
        <>
          <div className="segments" role="group" aria-label={t('things.state')}>
            {STATES.map((one) => (
              <button key={one} type="button" aria-pressed={state === one} onClick={() => setState(one)}>
                {t(`integration.delivery.${one}`)}
              </button>
            ))}
          </div>
          <button type="button" className="button" onClick={onClose}>
            {t('close')}
          </button>
        </>
      }
    >
      <Fault error={resend.error} />
      <PagedTable
        pages={pages}
        emptyTitle={t('integration.noDeliveries')}
        emptyHint={t('integration.noDeliveriesHint')}
        label={t('integration.deliveries')}
        columns={[t('integration.about'), t('things.state'), [t('integration.answer'), 'col-wide']]}
        acts
      >
        {(one) => (
          <tr key={one.id} data-testid="delivery-row">
            <th scope="row">
              {one.test ? t('integration.test') : one.subject}
              <span className="hint block">
                {format.dateTime(one.createdAt)} · <span className="mono">msg_{one.id}</span>
              </span>
            </th>
            <td>
              <span className={one.state === 'failed' ? 'mark mark-warn' : 'mark'}>
                {t(`integration.delivery.${one.state}`)}
              </span>
              <span className="hint block">
                {t('integration.attempts', { n: one.attempts })}
                {one.state === 'waiting' && one.nextAttemptAt && one.attempts > 0
                  ? ` · ${t('integration.nextAt', { time: format.dateTime(one.nextAttemptAt) })}`
                  : ''}
              </span>
            </td>
            <td className="col-wide">{one.lastError ?? one.lastStatus ?? '–'}</td>
            <td className="number col-acts">
              <span className="row-acts">
                <button type="button" className="button" onClick={() => setOpened(one)}>
                  {t('integration.show')}
                </button>
                {one.state !== 'waiting' && (
                  <button
                    type="button"
                    className="button"
                    disabled={resend.isPending}
                    onClick={() => resend.mutate(one.id)}
                  >
                    {t('integration.resend')}
                  </button>
                )}
              </span>
            </td>
          </tr>
        )}
      </PagedTable>
      {opened && <WholeEvent delivery={opened} base={base} onClose={() => setOpened(null)} />}
    </Panel>
  )
}

function WholeEvent({ delivery, base, onClose }: { delivery: Delivery; base: string; onClose: () => void }) {
  const { t } = useI18n()
  const query = useQuery({
    queryKey: ['provider', 'delivery', base, delivery.id],
    queryFn: ({ signal }) => getJson<{ event: unknown }>(`${base}/deliveries/${delivery.id}`, { signal }),
  })
  return (
    <Dialog className="dialog-small dialog-form" title={`msg_${delivery.id}`} onClose={onClose}>
      <div className="form">
        {delivery.lastError && <p>{delivery.lastError}</p>}
        <Answer query={query}>
          {({ event }) => (
            <pre className="delivery-event mono" tabIndex={0}>
              {JSON.stringify(event, null, 2)}
            </pre>
          )}
        </Answer>
        <div className="dialog-foot">
          <button type="button" className="button" data-first onClick={onClose}>
            {t('close')}
          </button>
        </div>
      </div>
    </Dialog>
  )
}
