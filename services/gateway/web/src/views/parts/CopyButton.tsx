import { useState } from 'react'

import { useI18n } from '../../i18n/I18n'

const SAID_MS = 4_000

/** Copies a text, and says whether that worked: browsers refuse it on plain http. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useI18n()
  const [outcome, setOutcome] = useState<'copied' | 'refused' | null>(null)

  async function copy() {
    try {
      await navigator.clipboard.writeText(text)
      setOutcome('copied')
    } catch {
      // Not a fault of ours: the browser has its reasons, and the reader can mark the text and copy it.
      setOutcome('refused')
    }
    window.setTimeout(() => setOutcome(null), SAID_MS)
  }

  return (
    <span className="copy">
      <button type="button" className="button" onClick={() => void copy()}>
        {label ?? t('copy')}
      </button>
      <span className="hint" role="status">
        {outcome === 'copied' && t('copied')}
        {outcome === 'refused' && t('copyRefused')}
      </span>
    </span>
  )
}
