import { useId, useState, type DragEvent } from 'react'

import { useI18n } from '../../../i18n/I18n'

interface Props {
  disabled: boolean
  onFile: (file: File) => void
  /** In place of the usual words. */
  label?: string
}

const ACCEPTED = '.csv,.tsv,.txt,.gz,.zst,.xlsx,.parquet'

/** Takes one file: dropped here, or chosen. */
export function DropZone({ disabled, onFile, label }: Props) {
  const { t } = useI18n()
  const id = useId()
  const [over, setOver] = useState(false)

  function drop(event: DragEvent) {
    event.preventDefault()
    setOver(false)
    const file = event.dataTransfer.files[0]
    if (file && !disabled) onFile(file)
  }

  return (
    <div
      className="import-drop"
      data-over={over}
      data-disabled={disabled}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(!disabled)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {/* The browser's own words beside a file field are not in the reader's language: its label is the button. */}
      <input
        id={id}
        className="visually-hidden"
        type="file"
        accept={ACCEPTED}
        disabled={disabled}
        onChange={(event) => {
          const file = event.target.files?.[0]
          event.target.value = '' // the same one can be chosen again
          if (file) onFile(file)
        }}
      />
      <label htmlFor={id} className="button button-main">
        {label ?? t('import.drop')}
      </label>
      <span className="hint">{t('import.kinds')}</span>
    </div>
  )
}
