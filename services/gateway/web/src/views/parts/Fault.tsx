import { ApiError } from '../../api/client'
import { useI18n, type I18n } from '../../i18n/I18n'

/** Why something that was to be done was not done, in words; nothing without an error. */
export function Fault({ error }: { error: Error | null }) {
  const i18n = useI18n()
  if (!error) return null
  return (
    <p className="fault" role="alert">
      {faultText(error, i18n)}
    </p>
  )
}

/** The server's own words where it has some: they name the field or the rule. */
export function faultText(error: Error, { t }: I18n): string {
  if (!(error instanceof ApiError)) return error.message
  if (error.status === 0) return t('notKnownWhether')
  if (error.status === 401) return error.detail ?? t('errorAuth')
  if (error.status === 403) return error.detail ?? t('errorForbidden')
  if (error.status === 412) return t('changedMeanwhile')
  return error.detail ?? t('errorOther', { status: error.status })
}
