import { useState } from 'react'

interface Props {
  label: string
  value: number
  onChange: (value: number) => void
}

/** A number other than nought, written with a comma or a point. */
export function NumberInput({ label, value, onChange }: Props) {
  const [text, setText] = useState(String(value))
  const read = Number(text.replace(',', '.'))
  const wrong = text.trim() === '' || !Number.isFinite(read) || read === 0
  return (
    <input
      className="field import-scale"
      inputMode="decimal"
      aria-label={label}
      aria-invalid={wrong || undefined}
      autoComplete="off"
      ref={(field) => field?.setCustomValidity(wrong ? label : '')}
      value={text}
      onChange={(event) => {
        setText(event.target.value)
        const next = Number(event.target.value.replace(',', '.'))
        if (event.target.value.trim() !== '' && Number.isFinite(next) && next !== 0) onChange(next)
      }}
    />
  )
}
