import { useI18n } from '../../../i18n/I18n'
import { ReportView } from './ReportView'
import type { Requests } from './requests'
import type { ImportDetail } from './types'

/** What became of a file. */
export function Ended({ one, requests }: { one: ImportDetail; requests: Requests }) {
  const { t, format } = useI18n()
  return (
    <>
      <p role="status" className="import-status" data-testid="import-end">
        {t(`import.state.${one.state}`)}
        {one.endedAt && ` · ${format.dateTime(one.endedAt)}`}
      </p>
      {one.report ? (
        <ReportView report={one.report} sent errors={one.errorBytes > 0 ? requests.errors(one.id) : null} />
      ) : (
        <p className="hint">{t('import.nothingSent')}</p>
      )}
    </>
  )
}
