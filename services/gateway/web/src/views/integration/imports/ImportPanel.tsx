import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'

import { useI18n } from '../../../i18n/I18n'
import { Answer, Panel } from '../../parts/View'
import { DropZone } from './DropZone'
import { Ended } from './Ended'
import { FaultNote } from './FaultNote'
import { CancelButton } from './CancelButton'
import { Ready } from './Ready'
import type { Requests } from './requests'
import { sizeOf } from '../usage'
import { WORKED_ON, type FileImport, type ImportDetail } from './types'
import { Working } from './Working'

interface Props {
  provider: string
  id: number
  requests: Requests
  /** This browser is sending it just now. */
  uploading: boolean
  onChanged: () => void
  onGoOn: (file: File, half: FileImport) => void
  onClose: () => void
}

const ASK_MS = 1_000

/** One file, at the step where it is. */
export function ImportPanel({ provider, id, requests, uploading, onChanged, onGoOn, onClose }: Props) {
  const { t } = useI18n()
  const query = useQuery({
    queryKey: ['provider', 'import', provider, id],
    queryFn: ({ signal }) => requests.get(id, signal),
    refetchInterval: ({ state }) => (state.data && isBusy(state.data) ? ASK_MS : 30_000),
  })
  // The list beside it shows the same.
  const state = query.data?.state
  const shown = useRef(state)
  useEffect(() => {
    if (shown.current !== undefined && state !== undefined && shown.current !== state) onChanged()
    shown.current = state
  }, [state, onChanged])
  return (
    <Panel
      id="file"
      title={query.data?.name ?? t('import.file')}
      tools={
        <button type="button" className="button" onClick={onClose}>
          {t('close')}
        </button>
      }
    >
      <div className="import-panel" data-testid="import-panel">
        <Answer query={query}>
          {(one) => (
            <Step one={one} requests={requests} uploading={uploading} onChanged={onChanged} onGoOn={onGoOn} />
          )}
        </Answer>
      </div>
    </Panel>
  )
}

type StepProps = Pick<Props, 'requests' | 'uploading' | 'onChanged' | 'onGoOn'> & { one: ImportDetail }

function Step({ one, requests, uploading, onChanged, onGoOn }: StepProps) {
  const { t, format } = useI18n()
  switch (one.state) {
    case 'uploading':
      return (
        <>
          <p>
            {t('import.received', {
              received: sizeOf(one.received, format),
              size: sizeOf(one.size, format),
            })}
          </p>
          {!uploading && (
            <DropZone disabled={false} label={t('import.goOn')} onFile={(file) => onGoOn(file, one)} />
          )}
          <CancelButton one={one} requests={requests} onChanged={onChanged} />
        </>
      )
    case 'looking':
    case 'checking':
    case 'importing':
      return (
        <>
          <FaultNote fault={one.fault} />
          <Working one={one} />
          <CancelButton one={one} requests={requests} onChanged={onChanged} />
        </>
      )
    case 'ready':
      return <Ready one={one} requests={requests} onChanged={onChanged} />
    default:
      return <Ended one={one} requests={requests} />
  }
}

/** Whether it is to be asked for again soon: for a moment also after a cancel, until the last figures are there. */
function isBusy({ state, report, startedAt, endedAt }: ImportDetail): boolean {
  if ((WORKED_ON as readonly string[]).includes(state)) return true
  const justNow = endedAt !== null && Date.now() - Date.parse(endedAt) < 20_000
  return state === 'cancelled' && startedAt !== null && report === null && justNow
}
