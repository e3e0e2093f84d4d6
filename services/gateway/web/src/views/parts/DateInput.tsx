import { useRef, useState, type InputHTMLAttributes } from 'react'

import { readDay, readMoment, writtenDate } from '../../i18n/dateInput'
import { useI18n } from '../../i18n/I18n'
import { Icon } from '../../shell/Icon'

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value' | 'type'> {
  /** As the browser's own date fields have it: `2026-11-26`, with `withTime` `2026-11-26T08:30`; empty for none. */
  value: string
  onChange: (value: string) => void
  withTime?: boolean
}

/** A date, day first, in any browser: written, or chosen in the browser's calendar. Times are those of Việt Nam. */
export function DateInput({ value, onChange, withTime = false, className = 'field', ...input }: Props) {
  const { t } = useI18n()
  const calendar = useRef<HTMLInputElement>(null)
  const [draft, setDraft] = useState<{ text: string; of: string } | null>(null)
  const read = withTime ? readMoment : readDay
  // What is being written stays as it is, until somebody else changes the value.
  const text = draft !== null && draft.of === value ? draft.text : writtenDate(value)
  const wrong = text.trim() !== '' && read(text) === null

  function write(written: string) {
    const known = written.trim() === '' ? '' : read(written)
    setDraft({ text: written, of: known ?? value })
    if (known !== null && known !== value) onChange(known)
  }

  return (
    <span className="date-box">
      <input
        {...input}
        type="text"
        className={className}
        inputMode={withTime ? 'text' : 'numeric'}
        autoComplete="off"
        placeholder={t(withTime ? 'momentPattern' : 'dayPattern')}
        aria-invalid={wrong || undefined}
        ref={(field) => field?.setCustomValidity(wrong ? t(withTime ? 'momentWrong' : 'dayWrong') : '')}
        value={text}
        onChange={(event) => write(event.target.value)}
        onBlur={() => {
          if (!wrong) setDraft(null)
        }}
      />
      <button
        type="button"
        className="date-open"
        aria-label={t('openCalendar')}
        title={t('openCalendar')}
        onClick={() => calendar.current?.showPicker()}
      >
        <Icon name="calendar" size={16} />
      </button>
      <input
        ref={calendar}
        className="date-calendar"
        type={withTime ? 'datetime-local' : 'date'}
        tabIndex={-1}
        aria-hidden="true"
        value={value}
        onChange={(event) => {
          setDraft(null)
          onChange(event.target.value)
        }}
      />
    </span>
  )
}
