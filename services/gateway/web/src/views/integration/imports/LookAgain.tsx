import { useId, useState } from 'react'

import { useI18n } from '../../../i18n/I18n'
import { useChange } from '../../../api/useChange'
import { Fault } from '../../parts/Fault'
import type { Requests } from './requests'
import type { ImportDetail } from './types'

interface Props {
  one: ImportDetail
  requests: Requests
  /** Of a workbook; else none. */
  sheets: string[]
  open?: boolean
  onChanged: () => void
}

const ENCODINGS = ['utf-8', 'utf-16', 'windows-1258', 'windows-1252']
const DELIMITERS = [',', ';', '\t', '|']

/** Has the file read in another way, where what was found out is wrong. */
export function LookAgain({ one, requests, sheets, open = false, onChanged }: Props) {
  const { t } = useI18n()
  const id = useId()
  const [encoding, setEncoding] = useState('')
  const [delimiter, setDelimiter] = useState('')
  const [header, setHeader] = useState('')
  const [sheet, setSheet] = useState('')
  const look = useChange(
    [],
    () =>
      requests.lookAgain(one.id, {
        encoding: encoding || null,
        delimiter: delimiter || null,
        header: header === '' ? null : Number(header),
        sheet: sheet || null,
      }),
    onChanged,
  )
  return (
    <details className="import-more" open={open}>
      <summary>{t('import.readOtherwise')}</summary>
      <form
        className="form import-grid"
        onSubmit={(event) => {
          event.preventDefault()
          look.mutate()
        }}
      >
        <div>
          <label htmlFor={`${id}-header`}>{t('import.header')}</label>
          <input
            id={`${id}-header`}
            className="field"
            type="number"
            min={0}
            max={1000}
            placeholder={t('import.found')}
            value={header}
            onChange={(event) => setHeader(event.target.value)}
          />
        </div>
        {sheets.length > 0 ? (
          <div>
            <label htmlFor={`${id}-sheet`}>{t('import.sheet')}</label>
            <select
              id={`${id}-sheet`}
              className="field"
              value={sheet}
              onChange={(event) => setSheet(event.target.value)}
            >
              <option value="">{t('import.firstSheet')}</option>
              {sheets.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </div>
        ) : (
          <>
            <div>
              <label htmlFor={`${id}-delimiter`}>{t('import.delimiter')}</label>
              <select
                id={`${id}-delimiter`}
                className="field"
                value={delimiter}
                onChange={(event) => setDelimiter(event.target.value)}
              >
                <option value="">{t('import.found')}</option>
                {DELIMITERS.map((sign) => (
                  <option key={sign} value={sign}>
                    {sign === '\t' ? t('import.tab') : sign}
                  </option>
                ))}
              </select>
            </div>
            <div>
              <label htmlFor={`${id}-encoding`}>{t('import.encoding')}</label>
              <select
                id={`${id}-encoding`}
                className="field"
                value={encoding}
                onChange={(event) => setEncoding(event.target.value)}
              >
                <option value="">{t('import.found')}</option>
                {ENCODINGS.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </div>
          </>
        )}
        <Fault error={look.error} />
        <button type="submit" className="button" disabled={look.isPending}>
          {t('import.lookAgain')}
        </button>
      </form>
    </details>
  )
}
