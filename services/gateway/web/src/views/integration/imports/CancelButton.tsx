import { useI18n } from '../../../i18n/I18n'
import { Confirm } from '../../parts/Confirm'
import { useAsked } from '../../parts/useAsked'
import type { Requests } from './requests'
import type { ImportDetail } from './types'

interface Props {
  one: ImportDetail
  requests: Requests
  onChanged: () => void
}

/** Gives a file up, after asking. */
export function CancelButton({ one, requests, onChanged }: Props) {
  const { t } = useI18n()
  const cancel = useAsked([], (id: number) => requests.act(id, 'cancel'), onChanged)
  return (
    <div className="import-line">
      <button type="button" className="button" onClick={() => cancel.ask(one.id)}>
        {t('import.cancel')}
      </button>
      {cancel.about !== null && (
        <Confirm
          title={t('import.cancelOf', { name: one.name })}
          action={t('import.cancel')}
          grave
          {...cancel.dialog}
        >
          <p>{t(one.state === 'importing' ? 'import.cancelRunning' : 'import.cancelHint')}</p>
        </Confirm>
      )}
    </div>
  )
}
