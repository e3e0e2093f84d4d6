import { useState } from 'react'

import { deleteJson, postJson } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import { Confirm } from '../parts/Confirm'
import { instantOf } from '../parts/localTime'
import { usePages } from '../parts/pages'
import { PagedTable } from '../parts/Table'
import { useAsked } from '../parts/useAsked'
import { Panel } from '../parts/View'
import { Check, Field } from './Field'
import { FormDialog } from './FormDialog'
import { Secret } from './Secret'
import type { ApiKey, NewApiKey, Scope } from './types'
import { useChange } from '../../api/useChange'

const PROVIDERS = ['admin', 'providers'] as const

/** Where keys are: an admin's doors, or those of the provider itself, which can also replace a key. */
export interface KeyDoor {
  list: string
  one: (id: string) => string
  rotate?: (id: string) => string
}

export function adminDoor(provider: string): KeyDoor {
  return {
    list: `/v1/admin/providers/${provider}/api-keys`,
    one: (id) => `/v1/admin/api-keys/${id}`,
  }
}

export function ownDoor(provider: string): KeyDoor {
  const list = `/v1/provider/${provider}/api-keys`
  return { list, one: (id) => `${list}/${id}`, rotate: (id) => `${list}/${id}/rotate` }
}

interface Props {
  provider: string
  door: KeyDoor
  onClose?: () => void
}

/** The API keys of one provider. */
export function Keys({ provider, door, onClose }: Props) {
  const { t, format } = useI18n()
  const key = ['admin', 'keys', provider] as const
  const pages = usePages<ApiKey>(key, door.list)
  const [adding, setAdding] = useState(false)
  const [made, setMade] = useState<NewApiKey | null>(null)
  const revoke = useAsked([key, PROVIDERS], (one: ApiKey) => deleteJson(door.one(one.id)))
  const rotate = useAsked(
    [key, PROVIDERS],
    (one: ApiKey) => postJson<NewApiKey>(door.rotate?.(one.id) ?? '', {}),
    setMade,
  )
  return (
    <Panel
      id="keys"
      title={t('admin.keysOf', { name: provider })}
      tools={
        <>
          <button type="button" className="button button-main" onClick={() => setAdding(true)}>
            {t('admin.newKey')}
          </button>
          {onClose && (
            <button type="button" className="button" onClick={onClose}>
              {t('close')}
            </button>
          )}
        </>
      }
    >
      <PagedTable
        pages={pages}
        emptyTitle={t('admin.noKeys')}
        emptyHint={t('admin.noKeysHint')}
        label={t('admin.keys')}
        columns={[t('admin.key'), t('admin.scopes'), [t('admin.made'), 'col-wide'], t('things.state')]}
        acts
      >
        {(one) => (
          <tr key={one.id} data-testid="key-row">
            <th scope="row">
              {one.name}
              <span className="hint block mono">{one.id}</span>
            </th>
            <td>
              {one.scopes.map((scope) => t(`admin.scope.${scope}`)).join(', ')}
              <span className="hint block">
                {one.datastreamPrefixes.length > 0
                  ? one.datastreamPrefixes.join(', ')
                  : t('admin.allDatastreams')}
              </span>
            </td>
            <td className="col-wide">
              {format.dateTime(one.createdAt)}
              <span className="hint block">{one.createdBy || t('admin.atCommandLine')}</span>
            </td>
            <td>
              <span className={one.state === 'active' ? 'mark' : 'mark mark-warn'}>
                {t(`admin.keyState.${one.state}`)}
              </span>
              <span className="hint block">
                {one.revokedAt
                  ? `${format.dateTime(one.revokedAt)} · ${one.revokedBy ?? '–'}`
                  : one.expiresAt
                    ? t('admin.until', { time: format.dateTime(one.expiresAt) })
                    : t('admin.forGood')}
              </span>
            </td>
            <td className="number col-acts">
              {one.state === 'active' && (
                <span className="row-acts">
                  {door.rotate && (
                    <button type="button" className="button" onClick={() => rotate.ask(one)}>
                      {t('admin.rotate')}
                    </button>
                  )}
                  <button type="button" className="button" onClick={() => revoke.ask(one)}>
                    {t('admin.revoke')}
                  </button>
                </span>
              )}
            </td>
          </tr>
        )}
      </PagedTable>
      {adding && (
        <NewKey
          provider={provider}
          url={door.list}
          onDone={(answer) => {
            setAdding(false)
            setMade(answer)
          }}
          onClose={() => setAdding(false)}
        />
      )}
      {made && (
        <Secret
          title={t('admin.keyMade', { name: made.name })}
          hint={t('admin.shownOnce')}
          secret={made.key}
          onClose={() => setMade(null)}
        />
      )}
      {rotate.about && (
        <Confirm
          title={t('admin.rotateKey', { name: rotate.about.name })}
          action={t('admin.rotate')}
          {...rotate.dialog}
        >
          <p>{t('admin.rotateKeyHint')}</p>
        </Confirm>
      )}
      {revoke.about && (
        <Confirm
          title={t('admin.revokeKey', { name: revoke.about.name })}
          action={t('admin.revoke')}
          grave
          {...revoke.dialog}
        >
          <p>{t('admin.revokeKeyHint')}</p>
        </Confirm>
      )}
    </Panel>
  )
}

interface NewKeyProps {
  provider: string
  url: string
  onDone: (key: NewApiKey) => void
  onClose: () => void
}

function NewKey({ provider, url, onDone, onClose }: NewKeyProps) {
  const { t } = useI18n()
  const [values, setValues] = useState({
    name: '',
    read: false,
    write: true,
    manage: false,
    prefixes: '',
    expiresAt: '',
  })
  const set = (change: Partial<typeof values>) => setValues((known) => ({ ...known, ...change }))
  const scopes: Scope[] = [
    ...(values.read ? (['read'] as const) : []),
    ...(values.write ? (['write'] as const) : []),
    ...(values.manage ? (['manage'] as const) : []),
  ]
  const make = useChange(
    [['admin', 'keys', provider], PROVIDERS],
    () =>
      postJson<NewApiKey>(url, {
        name: values.name.trim(),
        scopes,
        datastreamPrefixes: values.prefixes.split(/[\s,]+/).filter(Boolean),
        expiresAt: values.expiresAt ? instantOf(values.expiresAt) : null,
      }),
    onDone,
  )
  return (
    <FormDialog
      title={t('admin.newKey')}
      action={t('admin.create')}
      pending={make.isPending || scopes.length === 0}
      error={make.error}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    >
      <Field
        label={t('admin.keyName')}
        hint={t('admin.keyNameHint')}
        required
        maxLength={200}
        data-first
        value={values.name}
        onChange={(name) => set({ name })}
      />
      <fieldset className="checks">
        <legend>{t('admin.scopes')}</legend>
        <Check label={t('admin.scope.write')} checked={values.write} onChange={(write) => set({ write })} />
        <Check label={t('admin.scope.read')} checked={values.read} onChange={(read) => set({ read })} />
        <Check
          label={t('admin.scope.manage')}
          checked={values.manage}
          onChange={(manage) => set({ manage })}
        />
      </fieldset>
      <Field
        label={t('admin.prefixes')}
        hint={t('admin.prefixesHint', { provider })}
        spellCheck={false}
        value={values.prefixes}
        onChange={(prefixes) => set({ prefixes })}
      />
      <Field
        label={t('admin.expires')}
        hint={t('admin.expiresHint')}
        type="datetime-local"
        value={values.expiresAt}
        onChange={(expiresAt) => set({ expiresAt })}
      />
    </FormDialog>
  )
}
