import { useI18n } from '../../../i18n/I18n'
import { ProgressBar } from './ProgressBar'
import type { ImportDetail } from './types'

/** What is being done, how far it is and how long it takes. */
export function Working({ one }: { one: ImportDetail }) {
  const { t, format } = useI18n()
  const { progress } = one
  if (!progress || progress.size === 0)
    return (
      <p role="status" className="import-status">
        {t(`import.state.${one.state}`)}…
      </p>
    )
  const share = progress.done / progress.size
  const left =
    share > 0 && progress.rowsPerSecond > 0
      ? (progress.rows / share - progress.rows) / progress.rowsPerSecond
      : null
  return (
    <>
      <ProgressBar
        label={t(`import.state.${one.state}`)}
        done={progress.done}
        size={progress.size}
        text={format.percent(Math.min(share, 1))}
      />
      <dl className="usage-facts" data-testid="import-figures">
        <div>
          <dt>{t('import.rows')}</dt>
          <dd className="usage-fact">{format.count(progress.rows)}</dd>
        </div>
        {one.state === 'importing' && (
          <div>
            <dt>{t('import.accepted')}</dt>
            <dd className="usage-fact">{format.count(progress.accepted)}</dd>
          </div>
        )}
        <div>
          <dt>{t('import.faults')}</dt>
          <dd className="usage-fact">{format.count(progress.faults)}</dd>
        </div>
        <div>
          <dt>{t('import.rate')}</dt>
          <dd className="usage-fact">{format.count(progress.rowsPerSecond)}</dd>
        </div>
        {left !== null && (
          <div>
            <dt>{t('import.left')}</dt>
            <dd className="usage-fact">{t('import.seconds', { n: format.count(Math.ceil(left)) })}</dd>
          </div>
        )}
      </dl>
    </>
  )
}
