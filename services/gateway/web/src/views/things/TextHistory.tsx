import type { Row } from '../../datastreams/model'
import { useSeries } from '../../chart/useSeries'
import { ValueTable } from '../../chart/ValueTable'
import { useI18n } from '../../i18n/I18n'
import { ErrorMessage, Loading, StateMessage } from '../../shell/StateMessage'
import { RANGES, type RangeName } from '../../view/viewState'

interface Props {
  row: Row
  range: RangeName
  onRange: (range: RangeName) => void
}

/** Readings that are words, newest first: no line can be drawn through them. */
export function TextHistory({ row, range, onRange }: Props) {
  const { t } = useI18n()
  const { standing, retry } = useSeries(row, range, null)
  return (
    <div className="explorer">
      <div className="trend-tools">
        <div className="segments" role="group" aria-label={t('range')}>
          {RANGES.map((one) => (
            <button key={one} type="button" aria-pressed={one === range} onClick={() => onRange(one)}>
              {t(`range.${one}`)}
            </button>
          ))}
        </div>
      </div>
      <div className="trend-body">
        {standing.kind === 'failed' ? (
          <ErrorMessage error={standing.error} onRetry={retry} />
        ) : standing.kind === 'waiting' ? (
          <Loading />
        ) : standing.data.points.length === 0 ? (
          <StateMessage title={t('emptyRange')} />
        ) : (
          <ValueTable series={standing.data} name={row.shortName} unit={row.unit} />
        )}
      </div>
    </div>
  )
}
