import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo, useState } from 'react'

import { useI18n } from '../../../i18n/I18n'
import { Fault } from '../../parts/Fault'
import { More } from '../../parts/More'
import { usePages } from '../../parts/pages'
import { Table } from '../../parts/Table'
import { Answer, Panel } from '../../parts/View'
import { sizeOf } from '../usage'
import { DropZone } from './DropZone'
import { ImportPanel } from './ImportPanel'
import { ProgressBar } from './ProgressBar'
import { Requests } from './requests'
import { WORKED_ON, type FileImport } from './types'
import { useUpload } from './useUpload'

interface Props {
  provider: string
  /** Number of the file that is shown. */
  chosen: number | null
  onChoose: (id: number | null) => void
}

/** Files of a provider: upload one, say what its columns are, check it, import it; and what became of earlier ones. */
export function Imports({ provider, chosen, onChoose }: Props) {
  const { t, format } = useI18n()
  const client = useQueryClient()
  const requests = useMemo(() => new Requests(provider), [provider])
  const listKey = useMemo(() => ['provider', 'imports', provider], [provider])
  const pages = usePages<FileImport>(listKey, `${requests.base}?limit=20`, { refreshMs: 10_000 })
  const changed = useCallback(
    (id: number) => {
      void client.invalidateQueries({ queryKey: listKey })
      void client.invalidateQueries({ queryKey: ['provider', 'import', provider, id] })
    },
    [client, listKey, provider],
  )
  const begun = useCallback(
    (id: number) => {
      changed(id)
      onChoose(id)
    },
    [changed, onChoose],
  )
  const { upload, error, begin, pause } = useUpload(requests, begun)
  const [misfit, setMisfit] = useState<string | null>(null)
  const items = pages.query.data ?? []

  /** A file that was half uploaded goes on, where there is such a one. */
  function take(file: File) {
    const half = items.find(
      ({ name, size, state }) => state === 'uploading' && name === file.name && size === file.size,
    )
    setMisfit(null)
    begin(file, half ?? null)
  }

  /** What is missing of a certain one. */
  function goOn(file: File, half: FileImport) {
    if (file.size !== half.size || file.name !== half.name) {
      setMisfit(t('import.otherFile', { name: half.name, size: sizeOf(half.size, format) }))
      return
    }
    setMisfit(null)
    begin(file, half)
  }

  return (
    <>
      <Panel id="files" title={t('integration.tab.files')} note={t('import.hint')}>
        <div className="import-drop-box">
          {/* Not before it is known whether half of it is there already. */}
          <DropZone disabled={upload !== null || pages.query.isPending} onFile={take} />
          {upload && (
            <div className="import-uploading" data-testid="uploading">
              <ProgressBar
                label={t('import.uploading', { name: upload.name })}
                done={upload.sent}
                size={upload.size}
                text={`${sizeOf(upload.sent, format)} / ${sizeOf(upload.size, format)}`}
              />
              <div className="import-line">
                <button type="button" className="button" onClick={pause}>
                  {t('import.pause')}
                </button>
                <span className="hint" role="status">
                  {upload.trouble && t('import.lineLost')}
                </span>
              </div>
            </div>
          )}
          <Fault error={error} />
          {misfit && (
            <p className="fault" role="alert">
              {misfit}
            </p>
          )}
        </div>
        <Answer
          query={pages.query}
          empty={(all) => all.length === 0}
          emptyTitle={t('import.none')}
          emptyHint={t('import.noneHint')}
        >
          {(all) => (
            <>
              <ImportTable items={all} chosen={chosen} uploading={upload?.id ?? null} onChoose={onChoose} />
              <More pages={pages} />
            </>
          )}
        </Answer>
      </Panel>
      {chosen !== null && (
        <ImportPanel
          key={chosen}
          provider={provider}
          id={chosen}
          requests={requests}
          uploading={upload?.id === chosen}
          onChanged={() => changed(chosen)}
          onGoOn={goOn}
          onClose={() => onChoose(null)}
        />
      )}
    </>
  )
}

interface TableProps {
  items: FileImport[]
  chosen: number | null
  uploading: number | null
  onChoose: (id: number) => void
}

function ImportTable({ items, chosen, uploading, onChoose }: TableProps) {
  const { t, format } = useI18n()
  return (
    <Table
      label={t('import.earlier')}
      columns={[
        t('import.file'),
        t('things.state'),
        [t('import.accepted'), 'number'],
        [t('import.faults'), 'number'],
      ]}
    >
      {items.map((one) => (
        <tr key={one.id} data-testid="import-row" data-chosen={one.id === chosen}>
          <th scope="row">
            <button
              type="button"
              className="link-row"
              aria-current={one.id === chosen}
              onClick={() => onChoose(one.id)}
            >
              <span className="row-names">
                <span className="row-name import-name">{one.name}</span>
                <span className="row-place">
                  {sizeOf(one.size, format)} · {format.dateTime(one.createdAt)} · {one.createdBy}
                </span>
              </span>
            </button>
          </th>
          <td>
            <span className={markOf(one)}>
              {t(
                one.state === 'uploading' && one.id !== uploading
                  ? 'import.half'
                  : `import.state.${one.state}`,
              )}
            </span>
            {one.fault && <span className="hint block">{t('import.needsLook')}</span>}
          </td>
          <td className="number" data-label={t('import.accepted')}>
            {one.progress && one.startedAt ? format.count(one.progress.accepted) : '–'}
          </td>
          <td className="number" data-label={t('import.faults')}>
            {one.progress && one.startedAt ? format.count(one.progress.faults) : '–'}
          </td>
        </tr>
      ))}
    </Table>
  )
}

function markOf({ state, fault }: FileImport): string {
  if (fault !== null || state === 'expired') return 'mark mark-warn'
  return (WORKED_ON as readonly string[]).includes(state) ? 'mark mark-strong' : 'mark'
}
