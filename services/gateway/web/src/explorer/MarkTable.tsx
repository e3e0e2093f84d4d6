import { useI18n } from '../i18n/I18n'
import type { Mark } from './model'

const NEWEST = 200

/** The same values as the chart, newest first. */
export function MarkTable({ marks, name, unit }: { marks: readonly Mark[]; name: string; unit: string }) {
  const { t, format } = useI18n()
  const newest = marks.slice(-NEWEST).reverse()
  return (
    <div className="table-box value-table" tabIndex={0} role="region" aria-label={t('viewTable')}>
      <table className="table">
        <caption>{t('tableCaption', { name, n: format.count(newest.length) })}</caption>
        <thead>
          <tr>
            <th scope="col">{t('time')}</th>
            <th scope="col" className="number">
              {unit ? `${t('mean')} (${unit})` : t('mean')}
            </th>
            <th scope="col" className="number">
              {t('min')}
            </th>
            <th scope="col" className="number">
              {t('max')}
            </th>
          </tr>
        </thead>
        <tbody>
          {newest.map((mark) => (
            <tr key={mark.t}>
              <th scope="row">{format.exact(mark.t, mark.count === 1 ? 'second' : 'minute')}</th>
              <td className="number">
                {format.number(mark.mean)}
                {mark.quality === 'suspect' && (
                  <span className="badge badge-suspect">{t('qualitySuspect')}</span>
                )}
                {mark.quality === 'bad' && <span className="badge badge-bad">{t('qualityBad')}</span>}
              </td>
              <td className="number">{format.number(mark.min)}</td>
              <td className="number">{format.number(mark.max)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
