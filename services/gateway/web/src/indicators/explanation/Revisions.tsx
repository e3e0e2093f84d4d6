import type { Explanation } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'

/** How the figure came to be what it is, and what happened to it after its period was closed. */
export function Revisions({ explanation }: { explanation: Explanation }) {
  const { t, format } = useI18n()
  const { definition, revisions, moreRevisions, close } = explanation
  const number = (value: number | null) => (value === null ? '–' : format.fixed(value, definition.decimals))
  return (
    <>
      {revisions.length > 0 && (
        <section className="drawer-section">
          <h3>{t('revisions')}</h3>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('revision')}</th>
                <th scope="col" className="number">
                  {t('value')}
                </th>
                <th scope="col">{t('reasonTitle')}</th>
                <th scope="col">{t('time')}</th>
              </tr>
            </thead>
            <tbody>
              {revisions.map((one) => (
                <tr key={one.revision}>
                  <th scope="row">{one.revision}</th>
                  <td className="number">{number(one.value)}</td>
                  <td>{t(`reason.${one.reason}`)}</td>
                  <td>{format.exact(Date.parse(one.knownFrom), 'second')}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {moreRevisions && <p className="hint">{t('moreRevisions')}</p>}
        </section>
      )}
      {close && (
        <section className="drawer-section">
          <h3>{t('closeTitle')}</h3>
          <p>
            {t('closedByNote', { time: format.dateTime(close.closedAt), by: close.closedBy })}
            {close.note && `: ${close.note}`}
          </p>
          <p className="hint digest">{close.digest ?? close.closeDigest}</p>
          {close.restatements.length > 0 && (
            <>
              <h4>{t('restatements')}</h4>
              <ul className="plain-list">
                {close.restatements.map((one) => (
                  <li key={one.revision}>
                    {t('restatedFromTo', { from: number(one.closedValue), to: number(one.value) })} ·{' '}
                    {t(`reason.${one.reason}`)} · {format.dateTime(one.at)}
                  </li>
                ))}
              </ul>
            </>
          )}
        </section>
      )}
    </>
  )
}
