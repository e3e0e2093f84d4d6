import type { Shown } from '../api/standing'
import { useI18n } from '../i18n/I18n'

/** Says that what is shown is what was known before the server stopped answering. */
export function StaleNote({
  query,
}: {
  query: Pick<Shown<unknown>, 'isError' | 'dataUpdatedAt' | 'failureCount'>
}) {
  const { t, format } = useI18n()
  if (query.dataUpdatedAt === 0 || (!query.isError && query.failureCount === 0)) return null
  return (
    <p className="stale-note" role="status">
      {t('staleSince', { time: format.clock(query.dataUpdatedAt) })}
    </p>
  )
}
