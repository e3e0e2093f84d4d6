import { useState } from 'react'

import type { Reading } from '../api/types'
import { useI18n } from '../i18n/I18n'

/** A value with its unit; it lights up for a moment when it changes while one looks at it. */
export function Value({
  latest,
  unit,
  large = false,
}: {
  latest: Reading | null
  unit: string
  large?: boolean
}) {
  const { format, t } = useI18n()
  const changes = useChanges(latest)
  if (!latest) return <span className="value value-none">{t('noValue')}</span>
  const quality = latest.resultQuality
  return (
    <span className={large ? 'value value-large' : 'value'}>
      <span
        key={changes}
        className={changes > 0 ? 'value-number flash' : 'value-number'}
        data-testid={large ? 'chosen-value' : 'datastream-value'}
      >
        {format.value(latest.result)}
      </span>
      {unit && <span className="value-unit">{unit}</span>}
      {(quality === 'suspect' || quality === 'bad') && (
        <span className={`badge badge-${quality}`}>
          {t(quality === 'bad' ? 'qualityBad' : 'qualitySuspect')}
        </span>
      )}
    </span>
  )
}

/** How often the reading has changed since it was first shown. */
function useChanges(latest: Reading | null): number {
  const stamp = latest ? `${latest.phenomenonTime} ${JSON.stringify(latest.result)}` : null
  const [seen, setSeen] = useState({ stamp, changes: 0 })
  if (stamp === seen.stamp) return seen.changes
  const changes = seen.changes + (seen.stamp === null ? 0 : 1)
  setSeen({ stamp, changes })
  return changes
}
