import { useState } from 'react'

import { patchJson, postJson } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import { Confirm } from '../parts/Confirm'
import { usePages } from '../parts/pages'
import { PagedTable } from '../parts/Table'
import { Panel } from '../parts/View'
import { AdminView } from './AdminView'
import { Check, Field } from './Field'
import { FormDialog } from './FormDialog'
import { adminDoor, Keys } from './Keys'
import { Members } from './Members'
import type { Provider, ProviderLimits } from './types'
import { useChange } from '../../api/useChange'

const KEY = ['admin', 'providers'] as const
const URL = '/v1/admin/providers'

export interface ProvidersSearch {
  /** Key of the provider whose API keys are shown. */
  provider: string | null
}

interface Props {
  search: ProvidersSearch
  onSearch: (change: Partial<ProvidersSearch>) => void
}

/** Organisations that push data, and their keys. */
export function Providers({ search, onSearch }: Props) {
  const { t } = useI18n()
  const [adding, setAdding] = useState(false)
  return (
    <AdminView
      section="providers"
      tools={
        <button type="button" className="button button-main" onClick={() => setAdding(true)}>
          {t('admin.newProvider')}
        </button>
      }
    >
      <ProviderList chosen={search.provider} onChoose={(provider) => onSearch({ provider })} />
      {search.provider !== null && (
        <Keys
          key={search.provider}
          provider={search.provider}
          door={adminDoor(search.provider)}
          onClose={() => onSearch({ provider: null })}
        />
      )}
      {search.provider !== null && <Members key={`members-${search.provider}`} provider={search.provider} />}
      {adding && (
        <NewProvider
          onDone={(provider) => {
            setAdding(false)
            onSearch({ provider: provider.key })
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </AdminView>
  )
}

function ProviderList({ chosen, onChoose }: { chosen: string | null; onChoose: (key: string) => void }) {
  const { t, format } = useI18n()
  const pages = usePages<Provider>(KEY, URL)
  const [editing, setEditing] = useState<Provider | null>(null)
  const [switching, setSwitching] = useState<Provider | null>(null)
  return (
    <Panel id="providers" title={t('admin.providers')}>
      <PagedTable
        pages={pages}
        emptyTitle={t('admin.noProviders')}
        emptyHint={t('admin.noProvidersHint')}
        label={t('admin.providers')}
        columns={[
          t('admin.provider'),
          [t('admin.contact'), 'col-wide'],
          [t('things.things'), 'number col-wide'],
          [t('admin.activeKeys'), 'number'],
          t('things.state'),
        ]}
        acts
      >
        {(one) => (
          <tr key={one.key} data-chosen={one.key === chosen} data-testid="provider-row">
            <th scope="row">
              <button type="button" className="link-row" onClick={() => onChoose(one.key)}>
                <span className="row-names">
                  <span className="row-name">{one.name}</span>
                  <span className="row-place">{one.key}</span>
                </span>
              </button>
            </th>
            <td className="col-wide">{one.contact || '–'}</td>
            <td className="number col-wide">{format.count(one.things)}</td>
            <td className="number" data-label={t('admin.activeKeys')}>
              {format.count(one.activeKeys)}
            </td>
            <td>
              {one.disabled ? (
                <span className="mark mark-warn">{t('admin.disabled')}</span>
              ) : (
                <span className="mark">{t('admin.inUse')}</span>
              )}
              {one.autoRegister && <span className="hint block">{t('admin.autoRegisters')}</span>}
            </td>
            <td className="number col-acts">
              <span className="row-acts">
                <button type="button" className="button" onClick={() => setEditing(one)}>
                  {t('admin.edit')}
                </button>
                <button type="button" className="button" onClick={() => setSwitching(one)}>
                  {t(one.disabled ? 'admin.enable' : 'admin.disable')}
                </button>
              </span>
            </td>
          </tr>
        )}
      </PagedTable>
      {editing && <EditProvider provider={editing} onClose={() => setEditing(null)} />}
      {switching && <SwitchProvider provider={switching} onClose={() => setSwitching(null)} />}
    </Panel>
  )
}

function NewProvider({ onDone, onClose }: { onDone: (provider: Provider) => void; onClose: () => void }) {
  const { t } = useI18n()
  const [values, setValues] = useState({ key: '', name: '', contact: '', autoRegister: false })
  const make = useChange([KEY], () => postJson<Provider>(URL, values), onDone)
  const set = (change: Partial<typeof values>) => setValues((known) => ({ ...known, ...change }))
  return (
    <FormDialog
      title={t('admin.newProvider')}
      action={t('admin.create')}
      pending={make.isPending}
      error={make.error}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    >
      <Field
        label={t('admin.providerKey')}
        hint={t('admin.providerKeyHint')}
        required
        pattern="[a-z0-9][a-z0-9._\-]{0,62}"
        autoCapitalize="none"
        spellCheck={false}
        data-first
        value={values.key}
        onChange={(key) => set({ key })}
      />
      <Field
        label={t('admin.name')}
        required
        maxLength={200}
        value={values.name}
        onChange={(name) => set({ name })}
      />
      <Field
        label={t('admin.contact')}
        hint={t('admin.contactHint')}
        maxLength={200}
        value={values.contact}
        onChange={(contact) => set({ contact })}
      />
      <Check
        label={t('admin.autoRegister')}
        checked={values.autoRegister}
        onChange={(autoRegister) => set({ autoRegister })}
      />
    </FormDialog>
  )
}

function EditProvider({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { t } = useI18n()
  const { key, version } = provider
  const [values, setValues] = useState({
    name: provider.name,
    contact: provider.contact,
    autoRegister: provider.autoRegister,
  })
  const [limits, setLimits] = useState(() => textsOf(provider.limits))
  const change = useChange(
    [KEY],
    () =>
      patchJson<Provider>(
        `${URL}/${key}`,
        { ...values, limits: limitsOf(limits) },
        { ifMatch: `"${version}"` },
      ),
    onClose,
  )
  const set = (part: Partial<typeof values>) => setValues((known) => ({ ...known, ...part }))
  return (
    <FormDialog
      title={provider.name}
      action={t('admin.save')}
      pending={change.isPending}
      error={change.error}
      onSubmit={() => change.mutate()}
      onClose={onClose}
    >
      <Field
        label={t('admin.name')}
        required
        maxLength={200}
        data-first
        value={values.name}
        onChange={(name) => set({ name })}
      />
      <Field
        label={t('admin.contact')}
        hint={t('admin.contactHint')}
        maxLength={200}
        value={values.contact}
        onChange={(contact) => set({ contact })}
      />
      <Check
        label={t('admin.autoRegister')}
        checked={values.autoRegister}
        onChange={(autoRegister) => set({ autoRegister })}
      />
      {LIMITS.map((name) => (
        <Field
          key={name}
          label={t(`admin.limit.${name}`)}
          hint={t('admin.limitHint')}
          inputMode="numeric"
          pattern="[0-9]{0,15}"
          value={limits[name]}
          onChange={(text) => setLimits((known) => ({ ...known, [name]: text }))}
        />
      ))}
    </FormDialog>
  )
}

const LIMITS = ['observationsPerDay', 'bytesPerDay', 'requestsPerMinute'] as const
type LimitTexts = Record<keyof ProviderLimits, string>

function textsOf(limits: ProviderLimits): LimitTexts {
  return {
    observationsPerDay: String(limits.observationsPerDay ?? ''),
    bytesPerDay: String(limits.bytesPerDay ?? ''),
    requestsPerMinute: String(limits.requestsPerMinute ?? ''),
  }
}

function limitsOf(texts: LimitTexts): ProviderLimits {
  const number = (text: string) => (text.trim() === '' ? null : Number(text))
  return {
    observationsPerDay: number(texts.observationsPerDay),
    bytesPerDay: number(texts.bytesPerDay),
    requestsPerMinute: number(texts.requestsPerMinute),
  }
}

function SwitchProvider({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { t } = useI18n()
  const disabled = !provider.disabled
  const change = useChange(
    [KEY],
    () => patchJson<Provider>(`${URL}/${provider.key}`, { disabled }, { ifMatch: `"${provider.version}"` }),
    onClose,
  )
  return (
    <Confirm
      title={t(disabled ? 'admin.disableProvider' : 'admin.enableProvider', { name: provider.name })}
      action={t(disabled ? 'admin.disable' : 'admin.enable')}
      grave={disabled}
      pending={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      <p>{t(disabled ? 'admin.disableProviderHint' : 'admin.enableProviderHint')}</p>
    </Confirm>
  )
}
