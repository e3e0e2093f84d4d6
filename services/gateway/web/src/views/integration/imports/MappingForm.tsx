import { useI18n } from '../../../i18n/I18n'
import { inForm } from './mappingModel'
import { LongFields } from './LongFields'
import { QualityFields } from './QualityFields'
import { remarkText } from './remarks'
import { TimeFields } from './TimeFields'
import type { Mapping, Preview } from './types'
import { WideFields } from './WideFields'

interface Props {
  mapping: Mapping
  preview: Preview
  /** Nobody has said anything yet: what is there was found out, or is from an earlier file. */
  fresh: boolean
  onChange: (mapping: Mapping) => void
}

/** What the columns are. What the form does not show of a mapping is kept as it is. */
export function MappingForm({ mapping, preview, fresh, onChange }: Props) {
  const { t } = useI18n()
  const { values } = mapping
  const columns = preview.columns.map(({ name }) => name)
  return (
    <>
      {fresh && <Origin preview={preview} />}
      <TimeFields mapping={mapping} columns={columns} onChange={onChange} />
      {values.form === 'events' ? (
        <p className="hint">{t('import.eventsHint')}</p>
      ) : (
        <>
          <fieldset className="checks import-forms">
            <legend>{t('import.form')}</legend>
            {(['wide', 'long'] as const).map((form) => (
              <label key={form} className="check">
                <input
                  type="radio"
                  name="form"
                  checked={values.form === form}
                  onChange={() => onChange(inForm(mapping, form, preview.columns))}
                />
                {t(`import.form.${form}`)}
              </label>
            ))}
          </fieldset>
          {values.form === 'wide' ? (
            <WideFields
              values={values}
              columns={preview.columns}
              taken={[mapping.time.column, mapping.time.hour ?? '']}
              onChange={(next) => onChange({ ...mapping, values: next })}
            />
          ) : (
            <LongFields
              values={values}
              columns={columns}
              onChange={(next) => onChange({ ...mapping, values: next })}
            />
          )}
          <QualityFields
            quality={values.quality ?? null}
            columns={columns}
            onChange={(quality) => onChange({ ...mapping, values: { ...values, quality } })}
          />
        </>
      )}
    </>
  )
}

/** Where what the form begins with is from, and what a person has to look at. */
function Origin({ preview }: { preview: Preview }) {
  const { t } = useI18n()
  if (preview.earlier)
    return (
      <p className="import-note" role="status">
        {t('import.fromEarlier')}
      </p>
    )
  if (!preview.proposal)
    return (
      <div className="import-note">
        <p>{t('import.noProposal')}</p>
        {preview.proposalMissing && <p className="hint">{remarkText(preview.proposalMissing, t)}</p>}
      </div>
    )
  const { reasons, unsure } = preview.proposal
  return (
    <div className="import-note">
      <p>{t(unsure.length > 0 ? 'import.lookAt' : 'import.proposed')}</p>
      {unsure.length > 0 && (
        <ul data-testid="unsure">
          {unsure.map((remark) => (
            <li key={remark.detail}>{remarkText(remark, t)}</li>
          ))}
        </ul>
      )}
      {reasons.length > 0 && (
        <details>
          <summary>{t('import.reasons')}</summary>
          <ul>
            {reasons.map((remark) => (
              <li key={remark.detail}>{remarkText(remark, t)}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}
