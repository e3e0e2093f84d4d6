import { useId, type InputHTMLAttributes } from 'react'

import { DateInput } from '../parts/DateInput'

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value'> {
  label: string
  hint?: string
  value: string
  onChange: (value: string) => void
}

/** A labelled line of a form. */
export function Field({ label, hint, value, onChange, type, ...input }: Props) {
  const id = useId()
  const described = hint ? { 'aria-describedby': `${id}-hint` } : {}
  return (
    <>
      <label htmlFor={id}>{label}</label>
      {type === 'date' || type === 'datetime-local' ? (
        <DateInput
          id={id}
          value={value}
          withTime={type === 'datetime-local'}
          onChange={onChange}
          {...described}
          {...input}
        />
      ) : (
        <input
          id={id}
          className="field"
          type={type}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          {...described}
          {...input}
        />
      )}
      {hint && (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
    </>
  )
}

export function Check({
  label,
  checked,
  onChange,
}: {
  label: string
  checked: boolean
  onChange: (checked: boolean) => void
}) {
  return (
    <label className="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  )
}
