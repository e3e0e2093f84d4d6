import type { Figure } from '../api/indicatorTypes'
import { useI18n } from '../i18n/I18n'
import { isOutdated } from './cardText'

interface Props {
  figure: Figure
  decimals: number
  now: number
  /** False where it is said elsewhere that the period still runs. */
  provisional?: boolean
}

/** What one must know of a figure before using it: still running, closed, restated, no newer one. */
export function FigureMarks({ figure, decimals, now, provisional = true }: Props) {
  const { t, format } = useI18n()
  const restated = figure.restated
  return (
    <>
      {provisional && figure.provisional && (
        <span className="mark" title={t('provisionalHint')}>
          {t('provisional')}
        </span>
      )}
      {figure.closed && (
        <span className="mark mark-closed" title={t('closedHint')}>
          {t('closed')}
        </span>
      )}
      {restated && (
        <span
          className="mark mark-warn"
          title={t('restatedHint', {
            value: restated.value === null ? '–' : format.fixed(restated.value, decimals),
          })}
        >
          {t('restated')}
        </span>
      )}
      {!figure.provisional && !figure.closed && isOutdated(figure, now) && (
        <span className="mark mark-warn">{t('outdated')}</span>
      )}
    </>
  )
}
