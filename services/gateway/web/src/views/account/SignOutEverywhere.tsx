import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'

import { useI18n } from '../../i18n/I18n'
import { useSession } from '../../operator/session'
import { Confirm } from '../parts/Confirm'

/** Ends every session of this operator, on every device, this one too. */
export function SignOutEverywhere() {
  const { t } = useI18n()
  const { signOut } = useSession()
  const [asking, setAsking] = useState(false)
  const leave = useMutation({ networkMode: 'always', mutationFn: () => signOut(true) })
  return (
    <div className="form pad">
      <p>{t('acc.everywhereHint')}</p>
      <div className="dialog-foot">
        <button type="button" className="button" onClick={() => setAsking(true)}>
          {t('acc.everywhere')}
        </button>
      </div>
      {asking && (
        <Confirm
          title={t('acc.everywhere')}
          action={t('acc.everywhere')}
          grave
          pending={leave.isPending}
          error={leave.error}
          onConfirm={() => leave.mutate()}
          onClose={() => {
            leave.reset()
            setAsking(false)
          }}
        >
          <p>{t('acc.everywhereConfirm')}</p>
        </Confirm>
      )}
    </div>
  )
}
