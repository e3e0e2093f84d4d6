import { useState } from 'react'

import { postJson } from '../../api/client'
import { SEVERITIES, type Severity } from '../../api/alertTypes'
import { useI18n } from '../../i18n/I18n'
import { Check, Field } from '../admin/Field'
import { FormDialog } from '../admin/FormDialog'
import { useChange } from '../../api/useChange'
import { EVENTS, type NewWebhook, type WebhookEvent } from './types'

interface Props {
  base: string
  changed: readonly unknown[]
  onDone: (webhook: NewWebhook) => void
  onClose: () => void
}

const words = (text: string) => text.split(/[\s,]+/).filter(Boolean)

/** A new webhook: where to, of what. What is left empty lets everything through that the provider may read. */
export function WebhookForm({ base, changed, onDone, onClose }: Props) {
  const { t } = useI18n()
  const [values, setValues] = useState({
    name: '',
    url: '',
    events: ['indicator-values'] as WebhookEvent[],
    indicators: '',
    areas: '',
    bands: '',
    severities: [] as Severity[],
  })
  const set = (change: Partial<typeof values>) => setValues((known) => ({ ...known, ...change }))
  const make = useChange(
    [changed],
    () =>
      postJson<NewWebhook>(base, {
        ...values,
        name: values.name.trim(),
        url: values.url.trim(),
        indicators: words(values.indicators),
        areas: words(values.areas),
        bands: words(values.bands),
      }),
    onDone,
  )
  return (
    <FormDialog
      title={t('integration.newWebhook')}
      action={t('admin.create')}
      pending={make.isPending || values.events.length === 0}
      error={make.error}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    >
      <Field
        label={t('admin.name')}
        required
        maxLength={200}
        data-first
        value={values.name}
        onChange={(name) => set({ name })}
      />
      <Field
        label={t('integration.url')}
        hint={t('integration.urlHint')}
        required
        type="url"
        maxLength={1000}
        spellCheck={false}
        value={values.url}
        onChange={(url) => set({ url })}
      />
      <fieldset className="checks">
        <legend>{t('integration.toldOf')}</legend>
        {EVENTS.map((event) => (
          <Check
            key={event}
            label={t(`integration.event.${event}`)}
            checked={values.events.includes(event)}
            onChange={(on) => set({ events: toggled(values.events, event, on) })}
          />
        ))}
      </fieldset>
      <Field
        label={t('integration.indicators')}
        hint={t('integration.indicatorsHint')}
        spellCheck={false}
        value={values.indicators}
        onChange={(indicators) => set({ indicators })}
      />
      <Field
        label={t('integration.areas')}
        hint={t('integration.areasHint')}
        spellCheck={false}
        value={values.areas}
        onChange={(areas) => set({ areas })}
      />
      <Field
        label={t('integration.bands')}
        hint={t('integration.bandsHint')}
        spellCheck={false}
        value={values.bands}
        onChange={(bands) => set({ bands })}
      />
      {values.events.includes('alerts') && (
        <fieldset className="checks">
          <legend>{t('integration.severities')}</legend>
          {SEVERITIES.map((severity) => (
            <Check
              key={severity}
              label={t(`severity.${severity}`)}
              checked={values.severities.includes(severity)}
              onChange={(on) => set({ severities: toggled(values.severities, severity, on) })}
            />
          ))}
        </fieldset>
      )}
    </FormDialog>
  )
}

function toggled<Word>(words: readonly Word[], word: Word, on: boolean): Word[] {
  return on ? [...words, word] : words.filter((one) => one !== word)
}
