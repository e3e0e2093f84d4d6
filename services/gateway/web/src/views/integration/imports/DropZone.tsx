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
      <label htmlFor={id}>{label ?? t('import.drop')}</label>
      <input
        id={id}
        type="file"
        accept={ACCEPTED}
        disabled={disabled}
        onChange={(event) => {
          const file = event.target.files?.[0]
          event.target.value = '' // the same one can be chosen again
          if (file) onFile(file)
        }}
      />
      <span className="hint">{t('import.kinds')}</span>
    </div>
  )
}
