import { useI18n } from '../../i18n/I18n'
import { useSession } from '../../operator/session'
import { Confirm } from '../parts/Confirm'
import { useAsked } from '../parts/useAsked'

/** Ends every session of this operator, on every device, this one too. */
export function SignOutEverywhere() {
  const { t } = useI18n()
  const { signOut } = useSession()
  const leave = useAsked([], signOut)
  return (
    <div className="form pad">
      <p>{t('acc.everywhereHint')}</p>
      <div className="dialog-foot">
        <button type="button" className="button" onClick={() => leave.ask(true)}>
          {t('acc.everywhere')}
        </button>
      </div>
      {leave.about && (
        <Confirm title={t('acc.everywhere')} action={t('acc.everywhere')} grave {...leave.dialog}>
          <p>{t('acc.everywhereConfirm')}</p>
        </Confirm>
      )}
    </div>
  )
}
