import { useI18n } from '../i18n/I18n'
import type { Series } from './series'

const NEWEST = 200

/** The same values as the chart in words and numbers, newest first. */
export function ValueTable({ series, name, unit }: { series: Series; name: string; unit: string }) {
  const { t, format } = useI18n()
  const step = series.granularity === '1d' ? 'day' : series.granularity === 'raw' ? 'second' : 'minute'
  const count = Math.min(NEWEST, series.points.length)
  const headings =
    series.granularity === 'raw'
      ? [t('time'), withUnit(t('value'), unit)]
      : [t('time'), withUnit(t('mean'), unit), t('min'), t('max'), t('samples')]
  return (
    <div className="table-box value-table" tabIndex={0} role="region" aria-label={t('viewTable')}>
      <table className="table">
        <caption>{t('tableCaption', { name, n: format.count(count) })}</caption>
        <thead>
          <tr>
            {headings.map((heading, index) => (
              <th key={heading} scope="col" className={index > 0 ? 'number' : undefined}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {series.granularity === 'raw'
            ? series.points
                .slice(-NEWEST)
                .reverse()
                .map((point) => (
                  <tr key={point.t}>
                    <th scope="row">{format.exact(point.t, step)}</th>
                    <td className="number">
                      {format.value(point.result)}
                      {point.quality === 'suspect' && (
                        <span className="badge badge-suspect">{t('qualitySuspect')}</span>
                      )}
                      {point.quality === 'bad' && <span className="badge badge-bad">{t('qualityBad')}</span>}
                    </td>
                  </tr>
                ))
            : series.points
                .slice(-NEWEST)
                .reverse()
                .map((point) => (
                  <tr key={point.t}>
                    <th scope="row">{format.exact(point.t, step)}</th>
                    <td className="number">{format.number(point.mean)}</td>
                    <td className="number">{format.number(point.min)}</td>
                    <td className="number">{format.number(point.max)}</td>
                    <td className="number">{format.count(point.count)}</td>
                  </tr>
                ))}
        </tbody>
      </table>
    </div>
  )
}

function withUnit(text: string, unit: string): string {
  return unit ? `${text} (${unit})` : text
}
