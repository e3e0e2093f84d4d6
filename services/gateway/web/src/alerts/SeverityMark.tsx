import type { Severity } from '../api/alertTypes'
import { useI18n } from '../i18n/I18n'

/** Form as well as colour tells severities apart: octagon, triangle, diamond, disc. */
const SHAPES: Record<Severity, string> = {
  critical: 'M-3.3-8h6.6L8-3.3v6.6L3.3 8h-6.6L-8 3.3v-6.6Z',
  serious: 'M0-8 8.5 7h-17Z',
  warning: 'M0-8.5 8.5 0 0 8.5-8.5 0Z',
  info: 'M0-7.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 1 1 0-15Z',
}

export function SeverityMark({ severity }: { severity: Severity }) {
  const { t } = useI18n()
  return (
    <span className={`severity severity-${severity}`}>
      <svg viewBox="-9 -9 18 18" width="16" height="16" aria-hidden="true">
        <path d={SHAPES[severity]} />
        <path className="severity-sign" d={severity === 'info' ? 'M0-1v5M0-4.2v.4' : 'M0-3.4v4M0 3.4v.4'} />
      </svg>
      {t(`severity.${severity}`)}
    </span>
  )
}
