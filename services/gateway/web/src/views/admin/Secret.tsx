import { useI18n } from '../../i18n/I18n'
import { Dialog } from '../../shell/Dialog'
import { CopyButton } from '../parts/CopyButton'

/** A secret that nobody will see again. It closes by its button only, so that no stray click loses it. */
export function Secret({
  title,
  hint,
  secret,
  onClose,
}: {
  title: string
  hint: string
  secret: string
  onClose: () => void
}) {
  const { t } = useI18n()
  return (
    <Dialog className="dialog-small dialog-form" title={title} onClose={() => undefined}>
      <div className="form">
        <p>{hint}</p>
        <output className="secret" data-testid="secret" tabIndex={0} data-first>
          {secret}
        </output>
        <div className="dialog-foot">
          <CopyButton text={secret} />
          <button type="button" className="button button-main" onClick={onClose}>
            {t('admin.secretKept')}
          </button>
        </div>
      </div>
    </Dialog>
  )
}
