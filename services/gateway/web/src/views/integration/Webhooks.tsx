import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { deleteJson, getJson, patchJson, postJson } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import { Secret } from '../admin/Secret'
import { useChange } from '../../api/useChange'
import { Confirm } from '../parts/Confirm'
import { Fault } from '../parts/Fault'
import { Table } from '../parts/Table'
import { useAsked } from '../parts/useAsked'
import { Answer, Panel } from '../parts/View'
import { Deliveries } from './Deliveries'
import type { NewWebhook, Webhook } from './types'
import { WebhookForm } from './WebhookForm'

interface Props {
  provider: string
  /** Id of the one whose deliveries are shown. */
  chosen: string | null
  onChoose: (webhook: string | null) => void
}

/** Who is told of figures and alerts, and how they fare. */
export function Webhooks({ provider, chosen, onChoose }: Props) {
  const { t } = useI18n()
  const base = `/v1/provider/${provider}/webhooks`
  const key = ['provider', 'webhooks', provider] as const
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => getJson<{ items: Webhook[] }>(base, { signal }),
    refetchInterval: 10_000,
  })
  const [adding, setAdding] = useState(false)
  const [made, setMade] = useState<NewWebhook | null>(null)
  const shown = query.data?.items.find(({ id }) => id === chosen)
  return (
    <>
      <Panel
        id="webhooks"
        title={t('integration.tab.webhooks')}
        note={t('integration.webhooksHint')}
        tools={
          <button type="button" className="button button-main" onClick={() => setAdding(true)}>
            {t('integration.newWebhook')}
          </button>
        }
      >
        <Answer
          query={query}
          empty={({ items }) => items.length === 0}
          emptyTitle={t('integration.noWebhooks')}
          emptyHint={t('integration.noWebhooksHint')}
        >
          {({ items }) => (
            <Table
              label={t('integration.tab.webhooks')}
              columns={[t('admin.name'), t('integration.toldOf'), t('things.state')]}
              acts
            >
              {items.map((one) => (
                <Row
                  key={one.id}
                  webhook={one}
                  base={base}
                  changed={key}
                  isChosen={one.id === chosen}
                  onChoose={() => onChoose(one.id)}
                  onSecret={setMade}
                />
              ))}
            </Table>
          )}
        </Answer>
      </Panel>
      {shown && (
        <Deliveries
          key={shown.id}
          webhook={shown}
          base={`${base}/${shown.id}`}
          onClose={() => onChoose(null)}
        />
      )}
      {adding && (
        <WebhookForm
          base={base}
          changed={key}
          onDone={(answer) => {
            setAdding(false)
            setMade(answer)
            onChoose(answer.id)
          }}
          onClose={() => setAdding(false)}
        />
      )}
      {made && (
        <Secret
          title={t('integration.secretOf', { name: made.name })}
          hint={t('admin.shownOnce')}
          secret={made.secret}
          onClose={() => setMade(null)}
        />
      )}
    </>
  )
}

interface RowProps {
  webhook: Webhook
  base: string
  changed: readonly unknown[]
  isChosen: boolean
  onChoose: () => void
  onSecret: (webhook: NewWebhook) => void
}

type Deed = 'delete' | 'secret'

function Row({ webhook, base, changed, isChosen, onChoose, onSecret }: RowProps) {
  const { t, format } = useI18n()
  const url = `${base}/${webhook.id}`
  const keys = [changed, ['provider', 'deliveries', webhook.id]]
  const test = useChange(keys, () => postJson(`${url}/test`, undefined), onChoose)
  const enable = useChange(keys, (enabled: boolean) => patchJson(url, { enabled }))
  const act = useAsked(keys, async (what: Deed) => {
    if (what === 'delete') await deleteJson(url)
    else onSecret(await postJson<NewWebhook>(`${url}/secret`, undefined))
  })
  const deed = act.about
  const filters = [...webhook.indicators, ...webhook.areas, ...webhook.bands, ...webhook.severities]
  return (
    <tr data-testid="webhook-row" data-chosen={isChosen}>
      <th scope="row">
        <button type="button" className="link-row" onClick={onChoose}>
          <span className="row-names">
            <span className="row-name">{webhook.name}</span>
            <span className="row-place webhook-url">{webhook.url}</span>
          </span>
        </button>
      </th>
      <td>
        {webhook.events.map((event) => t(`integration.event.${event}`)).join(', ')}
        <span className="hint block">
          {filters.length > 0 ? filters.join(', ') : t('integration.unfiltered')}
        </span>
      </td>
      <td>
        <span className={webhook.state === 'active' ? 'mark' : 'mark mark-warn'}>
          {t(`integration.webhook.${webhook.state}`)}
        </span>
        <span className="hint block">
          {webhook.disabledReason ??
            (webhook.lastDeliveredAt
              ? t('integration.deliveredAt', { time: format.dateTime(webhook.lastDeliveredAt) })
              : t('integration.nothingDelivered'))}
        </span>
        {(webhook.waiting > 0 || webhook.failed > 0) && (
          <span className="hint block">
            {t('integration.waitingFailed', {
              waiting: format.count(webhook.waiting),
              failed: format.count(webhook.failed),
            })}
          </span>
        )}
      </td>
      <td className="number col-acts">
        <span className="row-acts">
          <button type="button" className="button" disabled={test.isPending} onClick={() => test.mutate()}>
            {t('integration.sendTest')}
          </button>
          <button
            type="button"
            className="button"
            disabled={enable.isPending}
            onClick={() => enable.mutate(webhook.state === 'disabled')}
          >
            {t(webhook.state === 'disabled' ? 'admin.enable' : 'admin.disable')}
          </button>
          <button type="button" className="button" onClick={() => act.ask('secret')}>
            {t('integration.newSecret')}
          </button>
          <button type="button" className="button" onClick={() => act.ask('delete')}>
            {t('integration.delete')}
          </button>
        </span>
        <Fault error={test.error ?? enable.error} />
        {deed && (
          <Confirm
            title={t(`integration.${deed}Webhook`, { name: webhook.name })}
            action={t(deed === 'delete' ? 'integration.delete' : 'integration.newSecret')}
            grave={deed === 'delete'}
            {...act.dialog}
          >
            <p>{t(`integration.${deed}WebhookHint`)}</p>
          </Confirm>
        )}
      </td>
    </tr>
  )
}
