import type { ReadingInputs } from '../../api/indicatorTypes'
import type { Result } from '../../api/types'
import { useI18n } from '../../i18n/I18n'

const GRANULARITIES = { '1m': 'granularity.1m', '1h': 'granularity.1h', '1d': 'granularity.1d' } as const

/** The rollups that were read, what was left out of them, and what was corrected. */
export function ReadingTable({
  inputs,
  moreCorrections,
}: {
  inputs: ReadingInputs
  moreCorrections: boolean
}) {
  const { t, format } = useI18n()
  const units = new Map(inputs.datastreams.map((one) => [one.key, one.unit ?? '']))
  const excluded = inputs.excluded?.filter((one) => one.count > 0) ?? []
  return (
    <>
      <p className="hint">
        {t(GRANULARITIES[inputs.granularity])}, {format.dateTime(inputs.start)} –{' '}
        {format.dateTime(inputs.end)}
      </p>
      {inputs.items.length > 0 && (
        <div className="table-box" tabIndex={0} role="region" aria-label={t('inputs')}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('datastream')}</th>
                <th scope="col">{t('time')}</th>
                <th scope="col" className="number">
                  {t('mean')}
                </th>
                <th scope="col" className="number">
                  {t('min')}
                </th>
                <th scope="col" className="number">
                  {t('max')}
                </th>
                <th scope="col" className="number">
                  {t('samples')}
                </th>
              </tr>
            </thead>
            <tbody>
              {inputs.items.map((item) => (
                <tr key={`${item.datastream} ${item.start}`}>
                  <th scope="row">
                    {item.datastream}
                    <span className="value-unit">{units.get(item.datastream)}</span>
                  </th>
                  <td>{format.dateTime(item.start)}</td>
                  <td className="number">{format.number(item.mean)}</td>
                  <td className="number">{format.number(item.min)}</td>
                  <td className="number">{format.number(item.max)}</td>
                  <td className="number">{format.count(item.count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {inputs.hidden > 0 && <p className="hint">{t('hiddenDatastreams', { n: inputs.hidden })}</p>}
      {inputs.excluded === null && <p className="hint">{t('excludedUnknown')}</p>}
      {excluded.length > 0 && (
        <p>
          {t('excludedReadings')}:{' '}
          {excluded.map((one) => `${format.count(one.count)} ${t(`excluded.${one.reason}`)}`).join(', ')}
        </p>
      )}
      {inputs.corrections.length > 0 && (
        <table className="table">
          <caption>{t('corrections')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('time')}</th>
              <th scope="col" className="number">
                {t('correctedFrom')}
              </th>
              <th scope="col" className="number">
                {t('correctedTo')}
              </th>
              <th scope="col">{t('correctedAt')}</th>
            </tr>
          </thead>
          <tbody>
            {inputs.corrections.map((one) => (
              <tr key={`${one.datastream} ${one.phenomenonTime} ${one.replacedAt}`}>
                <th scope="row">
                  {format.dateTime(one.phenomenonTime)}
                  <span className="hint">{one.datastream}</span>
                </th>
                <td className="number">{format.value(one.was as Result)}</td>
                <td className="number">{format.value(one.isNow as Result)}</td>
                <td>{format.dateTime(one.replacedAt)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {moreCorrections && <p className="hint">{t('moreCorrections')}</p>}
    </>
  )
}
