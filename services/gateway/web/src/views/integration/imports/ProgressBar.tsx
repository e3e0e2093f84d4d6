interface Props {
  label: string
  done: number
  size: number
  /** What is said beside the label. */
  text: string
}

/** How far something is, to see and to hear. */
export function ProgressBar({ label, done, size, text }: Props) {
  return (
    <div className="import-progress">
      <p className="import-progress-text">
        <span>{label}</span>
        <span className="import-figures">{text}</span>
      </p>
      <progress aria-label={label} value={Math.min(done, size)} max={Math.max(size, 1)} />
    </div>
  )
}
