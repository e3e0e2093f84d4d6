import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { address, getJson } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import { useSession } from '../../operator/session'
import { usePages } from '../parts/pages'
import { PagedTable } from '../parts/Table'
import { useAreaNames } from '../parts/useAreaNames'
import { Panel } from '../parts/View'
import { AdminView } from './AdminView'
import { NameForm } from './NameForm'
import type { NamedKey } from './nameTypes'

export const REGISTERS = ['agencies', 'procedures'] as const
export type RegisterName = (typeof REGISTERS)[number]

export interface NamesSearch {
  of: RegisterName
  q: string
  /** Only those that events name and nobody has given a name. */
  unnamed: boolean
}

interface Props {
  search: NamesSearch
  onSearch: (change: Partial<NamesSearch>) => void
}

/** What agencies and procedures are called; those of which only the code is known can be named. */
export function Names({ search, onSearch }: Props) {
  const { t, format } = useI18n()
  const [editing, setEditing] = useState<NamedKey | 'new' | null>(null)
  const unnamed = { agencies: useUnnamed('agencies'), procedures: useUnnamed('procedures') }
  return (
    <AdminView
      section="names"
      tools={
        <button type="button" className="button button-main" onClick={() => setEditing('new')}>
          {t(`admin.newName.${search.of}`)}
        </button>
      }
    >
      <form className="tool-row" role="search" onSubmit={(event) => event.preventDefault()}>
        <div className="segments" role="group" aria-label={t('admin.names')}>
          {REGISTERS.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === search.of}
              onClick={() => onSearch({ of: one })}
            >
              {t(`admin.register.${one}`)}
            </button>
          ))}
        </div>
        <input
          type="search"
          className="field field-wide"
          aria-label={t('admin.findName')}
          placeholder={t('admin.findName')}
          value={search.q}
          onChange={(event) => onSearch({ q: event.target.value })}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={search.unnamed}
            onChange={(event) => onSearch({ unnamed: event.target.checked })}
          />
          {t('admin.onlyUnnamed', { n: format.count(unnamed[search.of] ?? 0) })}
        </label>
      </form>
      <NameList key={search.of} search={search} onEdit={setEditing} />
      {editing && (
        <NameForm
          key={editing === 'new' ? '' : editing.key}
          register={search.of}
          known={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </AdminView>
  )
}

/** How many have no name; undefined before that is known. */
function useUnnamed(register: RegisterName): number | undefined {
  const { operator } = useSession()
  return useQuery({
    queryKey: ['admin', register, 'unnamed'],
    queryFn: ({ signal }) =>
      getJson<{ unnamed: number }>(address(`/v1/admin/${register}`, { limit: 1 }), { signal }),
    refetchInterval: 30_000,
    enabled: operator?.role === 'admin',
  }).data?.unnamed
}

function NameList({ search, onEdit }: { search: NamesSearch; onEdit: (one: NamedKey) => void }) {
  const { t, format, language } = useI18n()
  const areas = useAreaNames()
  const { of, q, unnamed } = search
  const pages = usePages<NamedKey>(
    ['admin', of],
    address(`/v1/admin/${of}`, {
      limit: 200,
      q: q.trim() || undefined,
      unnamed: unnamed ? 'true' : undefined,
    }),
  )
  const details = (one: NamedKey) =>
    of === 'agencies'
      ? [
          one.level && t(`admin.level.${one.level}`),
          one.areaCode && (areas.get(one.areaCode) ?? (one.areaCode.length === 2 ? '' : one.areaCode)),
        ]
      : [one.field, one.processingDays && t('admin.workingDays', { n: format.number(one.processingDays) })]
  return (
    <Panel id="names" title={t(`admin.register.${of}`)}>
      <PagedTable
        pages={pages}
        emptyTitle={t(unnamed ? 'admin.allNamed' : 'admin.noNames')}
        label={t(`admin.register.${of}`)}
        columns={[
          t(`admin.one.${of}`),
          [t(language === 'en' ? 'admin.nameVi' : 'admin.nameEn'), 'col-wide'],
          t('admin.details'),
          t('things.state'),
        ]}
        acts
      >
        {(one) => {
          const name = language === 'en' ? (one.nameEn ?? one.name) : one.name
          const other = language === 'en' ? one.name : one.nameEn
          return (
            <tr key={one.key} data-testid="name-row" data-unnamed={one.name === null}>
              <th scope="row">
                <span className="row-names">
                  <span className="row-name">{name ?? one.key}</span>
                  {name !== null && <span className="row-place mono">{one.key}</span>}
                </span>
              </th>
              <td className="col-wide">{other ?? '–'}</td>
              <td>{details(one).filter(Boolean).join(' · ') || '–'}</td>
              <td>
                <span className="card-marks">
                  {one.name === null && <span className="mark mark-warn">{t('admin.withoutName')}</span>}
                  {one.inEvents ? (
                    one.name !== null && <span className="mark">{t('admin.inUse')}</span>
                  ) : (
                    <span className="hint">{t('admin.notInEvents')}</span>
                  )}
                </span>
              </td>
              <td className="number col-acts">
                <button
                  type="button"
                  className={one.name === null ? 'button button-main' : 'button'}
                  onClick={() => onEdit(one)}
                >
                  {t(one.name === null ? 'admin.giveName' : 'admin.edit')}
                </button>
              </td>
            </tr>
          )
        }}
      </PagedTable>
    </Panel>
  )
}
