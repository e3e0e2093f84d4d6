import { useId, useState } from 'react'

import { postText } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import type { MessageKey } from '../../i18n/messages'
import { useChange } from '../../api/useChange'
import { Fault } from '../parts/Fault'
import { Table } from '../parts/Table'
import { Panel } from '../parts/View'
import { exampleOf } from './examples'
import { FORMATS, lineOf, type Format } from './lines'
import type { Report } from './types'

interface Tried {
  format: Format
  text: string
  report: Report
}

/** Paste a body, pick its format, and see every reason by line. Nothing is stored, registered or kept. */
export function Sandbox({ provider }: { provider: string }) {
  const { t } = useI18n()
  const id = useId()
  const [format, setFormat] = useState<Format>('observations')
  const [text, setText] = useState('')
  const [tried, setTried] = useState<Tried | null>(null)
  const check = useChange(
    [],
    () => postText<Report>(`/v1/provider/${provider}/sandbox?format=${format}`, text),
    (report) => setTried({ format, text, report }),
  )
  return (
    <>
      <Panel id="sandbox" title={t('integration.tab.sandbox')} note={t('integration.sandboxHint')}>
        <form
          className="form sandbox-form"
          onSubmit={(event) => {
            event.preventDefault()
            setTried(null)
            check.mutate()
          }}
        >
          <label htmlFor={`${id}-format`}>{t('integration.format')}</label>
          <select
            id={`${id}-format`}
            className="field sandbox-format"
            value={format}
            onChange={(event) => setFormat(event.target.value as Format)}
          >
            {FORMATS.map((one) => (
              <option key={one} value={one}>
                {t(`integration.format.${one}`)}
              </option>
            ))}
          </select>
          <label htmlFor={`${id}-body`}>{t('integration.body')}</label>
          <textarea
            id={`${id}-body`}
            className="field mono sandbox-body"
            rows={12}
            spellCheck={false}
            required
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Fault error={check.error} />
          <div className="dialog-foot">
            <button type="button" className="button" onClick={() => setText(exampleOf(format, provider))}>
              {t('integration.example')}
            </button>
            <button type="submit" className="button button-main" disabled={check.isPending}>
              {check.isPending ? t('sending') : t('integration.try')}
            </button>
          </div>
        </form>
      </Panel>
      {tried && <Findings {...tried} />}
    </>
  )
}

function Findings({ format: bodyFormat, text, report }: Tried) {
  const { t, format } = useI18n()
  return (
    <Panel
      id="findings"
      title={t('integration.findings')}
      note={
        <span role="status" data-testid="findings">
          {t('integration.wouldAccept', { n: format.count(report.accepted) })} ·{' '}
          {t('integration.wouldRefuse', { n: format.count(report.refused) })}
        </span>
      }
    >
      {report.rejected.length > 0 && (
        <Table
          label={t('integration.reasons')}
          columns={[t('integration.line'), t('integration.reasons'), t('integration.detail')]}
        >
          {report.rejected.map((reason, place) => (
            <tr key={place} data-testid="reason-row">
              <th scope="row">{t('integration.atLine', { n: lineOf(bodyFormat, text, reason.index) })}</th>
              <td>
                {reasonOf(reason.code, t)}
                <span className="hint block mono">{reason.code}</span>
              </td>
              <td className="sandbox-detail">{reason.detail}</td>
            </tr>
          ))}
        </Table>
      )}
      {report.reasonsLeftOut > 0 && (
        <p className="hint usage-none">
          {t('integration.leftOut', { n: format.count(report.reasonsLeftOut) })}
        </p>
      )}
      {report.datastreams.length > 0 && (
        <Table
          label={t('list')}
          columns={[t('list'), t('things.state'), t('integration.unit'), [t('integration.items'), 'number']]}
        >
          {report.datastreams.map((one) => (
            <tr key={one.datastream}>
              <th scope="row" className="mono">
                {one.datastream}
              </th>
              <td>
                <span className={one.registered ? 'mark' : 'mark mark-warn'}>
                  {t(one.registered ? 'integration.known' : 'integration.wouldRegister')}
                </span>
              </td>
              <td data-label={t('integration.unit')}>{one.unit ?? '–'}</td>
              <td className="number" data-label={t('integration.items')}>
                {format.count(one.items)}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}

const TOLD: ReadonlySet<string> = new Set([
  'invalid-json',
  'invalid-item',
  'datastream-key',
  'datastream-unknown',
  'datastream-forbidden',
  'result-type',
  'time-too-early',
  'time-in-future',
  'too-deep',
  'nul-character',
  'number-range',
])

/** What a code means, where it has words; the detail says the rest. */
function reasonOf(code: string, t: (key: MessageKey) => string): string {
  return TOLD.has(code) ? t(`letter.${code}` as MessageKey) : ''
}
