import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { useI18n } from '../../../i18n/I18n'
import { useChange } from '../../../api/useChange'
import { Fault } from '../../parts/Fault'
import { Answer } from '../../parts/View'
import { CancelButton } from './CancelButton'
import { FaultNote } from './FaultNote'
import { LookAgain } from './LookAgain'
import { MappingForm } from './MappingForm'
import { firstMapping, lackOf } from './mappingModel'
import { PreviewTable } from './PreviewTable'
import { ReportView } from './ReportView'
import type { Requests } from './requests'
import type { ImportDetail, Mapping, Preview } from './types'

interface Props {
  one: ImportDetail
  requests: Requests
  onChanged: () => void
}

/** The file was looked at: a person says what its columns are, checks it, and starts. */
export function Ready({ one, requests, onChanged }: Props) {
  const unread = one.fault?.step === 'preview'
  const query = useQuery({
    queryKey: ['provider', 'import-preview', requests.base, one.id],
    queryFn: async ({ signal }) => ({
      preview: await requests.preview(one.id, signal),
      said: one.hasMapping ? await requests.mapping(one.id, signal) : null,
    }),
    enabled: !unread,
    staleTime: Infinity,
    gcTime: 0,
  })
  return (
    <>
      <FaultNote fault={one.fault} />
      {unread ? (
        <>
          <LookAgain one={one} requests={requests} sheets={[]} open onChanged={onChanged} />
          <CancelButton one={one} requests={requests} onChanged={onChanged} />
        </>
      ) : (
        <Answer query={query}>
          {({ preview, said }) => (
            <Mapped one={one} preview={preview} said={said} requests={requests} onChanged={onChanged} />
          )}
        </Answer>
      )}
    </>
  )
}

type MappedProps = Props & { preview: Preview; said: Mapping | null }

function Mapped({ one, preview, said, requests, onChanged }: MappedProps) {
  const { t } = useI18n()
  const [mapping, setMapping] = useState<Mapping>(() => said ?? firstMapping(preview))
  // What was checked or refused is of the mapping that was sent, not of what is being changed.
  const [sent, setSent] = useState<Mapping | null>(said)
  const act = useChange(
    [],
    async (deed: 'check' | 'start') => {
      if (mapping !== sent) {
        await requests.putMapping(one.id, mapping)
        setSent(mapping)
      }
      return requests.act(one.id, deed)
    },
    onChanged,
  )
  const lack = lackOf(mapping)
  const isOld = one.check !== null && mapping !== sent
  return (
    <>
      <LookAgain one={one} requests={requests} sheets={preview.sheets} onChanged={onChanged} />
      <PreviewTable preview={preview} />
      <form
        className="form import-form"
        onSubmit={(event) => {
          event.preventDefault()
          act.mutate('check')
        }}
      >
        <MappingForm mapping={mapping} preview={preview} fresh={said === null} onChange={setMapping} />
        <Fault error={act.error} />
        {lack && (
          <p className="fault" role="status">
            {t(lack)}
          </p>
        )}
        <div className="dialog-foot import-foot">
          <button type="submit" className="button" disabled={lack !== null || act.isPending}>
            {t('import.check')}
          </button>
          <button
            type="button"
            className="button button-main"
            disabled={lack !== null || act.isPending}
            onClick={() => act.mutate('start')}
          >
            {act.isPending ? t('sending') : t('import.start')}
          </button>
        </div>
      </form>
      {one.check && !isOld && (
        <section aria-label={t('import.checked')} data-testid="check-report">
          <h4>{t(one.check.faults > 0 ? 'import.checkedFaults' : 'import.checkedGood')}</h4>
          <ReportView report={one.check} errors={one.errorBytes > 0 ? requests.errors(one.id) : null} />
        </section>
      )}
      <CancelButton one={one} requests={requests} onChanged={onChanged} />
    </>
  )
}
