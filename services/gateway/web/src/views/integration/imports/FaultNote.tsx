import { useI18n } from '../../../i18n/I18n'
import { codeText } from './codes'
import type { ImportFault } from './types'

/** Why the last step was not done, or what it waits for. */
export function FaultNote({ fault }: { fault: ImportFault | null }) {
  const { t } = useI18n()
  if (!fault) return null
  const known = codeText(fault.code, t)
  return (
    <div className={fault.waits ? 'import-note' : 'import-note import-note-fault'} role="alert">
      <p>
        {t(fault.waits ? 'import.waits' : 'import.notDone')} {known}
      </p>
      <p className="hint" lang="en">
        {fault.detail} <span className="mono">({fault.code})</span>
      </p>
    </div>
  )
}
