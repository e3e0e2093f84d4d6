interface Props {
  id: string
  label: string
  columns: readonly string[]
  value: string
  /** What it says when it is none of them; null: one has to be chosen. */
  none: string | null
  onChange: (column: string) => void
}

/** Which column. */
export function ColumnSelect({ id, label, columns, value, none, onChange }: Props) {
  const known = value === '' || columns.includes(value)
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="field"
        required={none === null}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        {(none !== null || value === '') && <option value="">{none ?? '…'}</option>}
        {!known && <option value={value}>{value} (?)</option>}
        {columns.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}
