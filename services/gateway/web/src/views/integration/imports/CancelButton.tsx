import { useState } from 'react'

import { useI18n } from '../../../i18n/I18n'
import { useChange } from '../../admin/useChange'
import { Confirm } from '../../parts/Confirm'
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
  const [asking, setAsking] = useState(false)
  const cancel = useChange(
    [],
    () => requests.act(one.id, 'cancel'),
    () => {
      setAsking(false)
      onChanged()
    },
  )
  return (
    <div className="import-line">
      <button type="button" className="button" onClick={() => setAsking(true)}>
        {t('import.cancel')}
      </button>
      {asking && (
        <Confirm
          title={t('import.cancelOf', { name: one.name })}
          action={t('import.cancel')}
          grave
          pending={cancel.isPending}
          error={cancel.error}
          onConfirm={() => cancel.mutate()}
          onClose={() => {
            cancel.reset()
            setAsking(false)
          }}
        >
          <p>{t(one.state === 'importing' ? 'import.cancelRunning' : 'import.cancelHint')}</p>
        </Confirm>
      )}
    </div>
  )
}
