import { useI18n } from '../../../i18n/I18n'
import { Table } from '../../parts/Table'
import { codeText } from './codes'
import type { Report } from './types'

interface Props {
  report: Report
  /** It was imported; else only checked. */
  sent?: boolean
  /** Address of the file of errors; null: there are none. */
  errors: string | null
}

const LINES_SHOWN = 8

/** How many rows became what, and each distinct problem with its lines. */
export function ReportView({ report, sent = false, errors }: Props) {
  const { t, format } = useI18n()
  const facts: [string, number | string][] = [
    [t('import.rows'), format.count(report.rows)],
    [
      t(sent ? 'import.accepted' : 'import.wouldAccept'),
      format.count(sent ? report.accepted : report.observations),
    ],
    [t('import.faults'), format.count(report.faults)],
    [t('import.missing'), format.count(report.missing)],
    [t('import.streams'), format.count(report.datastreamCount)],
  ]
  return (
    <>
      <dl className="usage-facts" data-testid="import-figures">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="usage-fact">{value}</dd>
          </div>
        ))}
      </dl>
      {report.firstTime && report.lastTime && (
        <p className="hint">
          {format.dateTime(report.firstTime)} – {format.dateTime(report.lastTime)}
        </p>
      )}
      {report.datastreams.length > 0 && (
        <details className="import-more">
          <summary>{t('import.whichStreams')}</summary>
          <ul className="import-streams mono">
            {report.datastreams.slice(0, 100).map((key) => (
              <li key={key}>{key}</li>
            ))}
          </ul>
          {report.datastreamCount > 100 && <p className="hint">…</p>}
        </details>
      )}
      {report.problems.length > 0 && (
        <Table
          label={t('import.problems')}
          columns={[
            t('import.problem'),
            t('import.column'),
            [t('import.count'), 'number'],
            t('import.lines'),
          ]}
        >
          {report.problems.map((problem) => (
            <tr key={`${problem.code} ${problem.column}`} data-testid="problem-row">
              <th scope="row">
                {codeText(problem.code, t)}
                <span className="hint block" lang="en">
                  {problem.detail} <span className="mono">({problem.code})</span>
                </span>
              </th>
              <td data-label={t('import.column')}>{problem.column || '–'}</td>
              <td className="number" data-label={t('import.count')}>
                {format.count(problem.count)}
              </td>
              <td data-label={t('import.lines')}>
                {problem.lines.slice(0, LINES_SHOWN).join(', ')}
                {problem.count > Math.min(problem.lines.length, LINES_SHOWN) && ', …'}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {errors && (
        <p className="import-errors">
          <a className="button" href={errors} download>
            {t('import.downloadErrors')}
          </a>
          <span className="hint">{t('import.errorsHint')}</span>
        </p>
      )}
    </>
  )
}
