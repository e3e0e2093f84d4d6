import { useId, useMemo, useState } from 'react'

import { putJson } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import { useProvince } from '../../indicators/subjects'
import { useAreaNames } from '../parts/useAreaNames'
import { Field } from './Field'
import { FormDialog } from './FormDialog'
import type { RegisterName } from './Names'
import { LEVELS, type Level, type NamedKey } from './nameTypes'
import { useChange } from '../../api/useChange'

const KEY_PATTERN = '[A-Za-z0-9][A-Za-z0-9._:\\-]{0,63}'

interface Props {
  register: RegisterName
  /** Null: one that nobody has spoken of yet. */
  known: NamedKey | null
  onClose: () => void
}

/** Gives an agency or a procedure its name, and what else is worth saying. An empty line says nothing. */
export function NameForm({ register, known, onClose }: Props) {
  const { t } = useI18n()
  const [key, setKey] = useState(known?.key ?? '')
  const [names, setNames] = useState({ name: known?.name ?? '', nameEn: known?.nameEn ?? '' })
  const [agency, setAgency] = useState<AgencyValues>({
    level: known?.level ?? '',
    areaCode: known?.areaCode ?? '',
  })
  const [procedure, setProcedure] = useState({
    field: known?.field ?? '',
    nationalCode: known?.nationalCode ?? '',
    law: known?.law ?? '',
    processingDays: known?.processingDays?.toString() ?? '',
  })
  const save = useChange(
    // Names stand in nearly every answer: what is shown is read again.
    [['admin', register], ['names', register], ['ranking'], ['cards'], ['figures'], ['service-summary']],
    () =>
      putJson<NamedKey>(
        `/v1/admin/${register}/${encodeURIComponent(key)}`,
        {
          ...saidIn(names),
          ...(register === 'agencies'
            ? saidIn({ ...agency })
            : {
                ...saidIn({ ...procedure, processingDays: '' }),
                processingDays: procedure.processingDays ? Number(procedure.processingDays) : null,
              }),
        },
        known ? { ifMatch: `"${known.version}"` } : {},
      ),
    onClose,
  )
  return (
    <FormDialog
      title={known ? known.key : t(`admin.newName.${register}`)}
      action={t('admin.save')}
      pending={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      {!known && (
        <Field
          label={t('admin.nameKey')}
          hint={t('admin.nameKeyHint')}
          required
          pattern={KEY_PATTERN}
          autoCapitalize="none"
          spellCheck={false}
          data-first
          value={key}
          onChange={setKey}
        />
      )}
      <Field
        label={t('admin.nameVi')}
        required
        maxLength={register === 'agencies' ? 300 : 1000}
        {...(known ? { 'data-first': true } : {})}
        value={names.name}
        onChange={(name) => setNames((before) => ({ ...before, name }))}
      />
      <Field
        label={t('admin.nameEn')}
        maxLength={register === 'agencies' ? 300 : 1000}
        value={names.nameEn}
        onChange={(nameEn) => setNames((before) => ({ ...before, nameEn }))}
      />
      {register === 'agencies' ? (
        <AgencyFields values={agency} onChange={(part) => setAgency((before) => ({ ...before, ...part }))} />
      ) : (
        <ProcedureFields
          values={procedure}
          onChange={(part) => setProcedure((before) => ({ ...before, ...part }))}
        />
      )}
    </FormDialog>
  )
}

interface AgencyValues {
  level: Level | ''
  areaCode: string
}

function AgencyFields({
  values,
  onChange,
}: {
  values: AgencyValues
  onChange: (part: Partial<AgencyValues>) => void
}) {
  const { t } = useI18n()
  const id = useId()
  const areas = useAreaNames()
  const province = useProvince()
  // Communes' names are Vietnamese words in either language.
  const choices = useMemo(() => [...areas].sort((a, b) => a[1].localeCompare(b[1], 'vi')), [areas])
  return (
    <>
      <label htmlFor={`${id}-level`}>{t('admin.levelTitle')}</label>
      <select
        id={`${id}-level`}
        className="field"
        value={values.level}
        onChange={(event) => onChange({ level: event.target.value as Level | '' })}
      >
        <option value="">{t('admin.notSaid')}</option>
        {LEVELS.map((level) => (
          <option key={level} value={level}>
            {t(`admin.level.${level}`)}
          </option>
        ))}
      </select>
      <label htmlFor={`${id}-area`}>{t('admin.servesArea')}</label>
      <select
        id={`${id}-area`}
        className="field"
        value={values.areaCode}
        onChange={(event) => onChange({ areaCode: event.target.value })}
      >
        <option value="">{t('admin.notSaid')}</option>
        <option value={province}>{t('admin.wholeProvince')}</option>
        {choices.map(([code, name]) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
    </>
  )
}

interface ProcedureValues {
  field: string
  nationalCode: string
  law: string
  processingDays: string
}

function ProcedureFields({
  values,
  onChange,
}: {
  values: ProcedureValues
  onChange: (part: Partial<ProcedureValues>) => void
}) {
  const { t } = useI18n()
  return (
    <>
      <Field
        label={t('admin.fieldOfLaw')}
        maxLength={200}
        value={values.field}
        onChange={(field) => onChange({ field })}
      />
      <Field
        label={t('admin.nationalCode')}
        hint={t('admin.nationalCodeHint')}
        maxLength={64}
        value={values.nationalCode}
        onChange={(nationalCode) => onChange({ nationalCode })}
      />
      <Field
        label={t('admin.law')}
        maxLength={1000}
        value={values.law}
        onChange={(law) => onChange({ law })}
      />
      <Field
        label={t('admin.processingDays')}
        type="number"
        min={0.5}
        max={1000}
        step={0.5}
        value={values.processingDays}
        onChange={(processingDays) => onChange({ processingDays })}
      />
    </>
  )
}

/** Texts as the API takes them: nothing typed is nothing said. */
function saidIn(values: Readonly<Record<string, string>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(values).map(([name, text]) => [name, text.trim() || null]))
}
