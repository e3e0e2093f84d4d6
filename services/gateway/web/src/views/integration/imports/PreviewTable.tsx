import { useI18n } from '../../../i18n/I18n'
import { remarkText } from './remarks'
import type { Preview } from './types'

/** How the file is written, and its first rows. */
export function PreviewTable({ preview }: { preview: Preview }) {
  const { t } = useI18n()
  return (
    <>
      <div className="table-box import-preview" tabIndex={0} role="region" aria-label={t('import.firstRows')}>
        <table className="table" data-testid="preview">
          <caption className="visually-hidden">{t('import.firstRows')}</caption>
          <thead>
            <tr>
              <th scope="col" className="number">
                {t('import.lineNumber')}
              </th>
              {preview.columns.map(({ name, type }) => (
                <th key={name} scope="col">
                  {name}
                  <span className="hint block">{t(`import.type.${type}`)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.rows.map(({ line, cells }) => (
              <tr key={line}>
                <th scope="row" className="number">
                  {line}
                </th>
                {cells.map((cell, place) => (
                  <td key={place}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <details className="import-more">
        <summary>{t('import.findings')}</summary>
        <dl className="import-findings">
          {preview.findings.map(({ what, value, reason }) => (
            <div key={what}>
              <dt>{t(`import.found.${what}` as 'import.found.kind')}</dt>
              <dd>
                <span className="mono">{value}</span> <span className="hint">{remarkText(reason, t)}</span>
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  )
}
