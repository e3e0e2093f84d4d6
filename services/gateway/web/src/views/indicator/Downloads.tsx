import { useState } from 'react'

import { address } from '../../api/client'
import { figuresQuery, type FiguresChoice } from '../../api/indicatorQueries'
import type { Figure, IndicatorDetail } from '../../api/indicatorTypes'
import { chartPicture, saveAs } from '../../chart/save'
import { useI18n } from '../../i18n/I18n'
import { inLanguage } from '../../indicators/cardText'
import { periodLabel } from '../../indicators/period'
import { Icon } from '../../shell/Icon'
import { useFigureChart } from './FigurePanel'

interface Props {
  definition: IndicatorDetail
  choice: FiguresChoice
  figures: readonly Figure[]
  subjectName: string
}

/** The figures that show, as a table for a spreadsheet or as a picture; and the address of this very view. */
export function Downloads({ definition, choice, figures, subjectName }: Props) {
  const { t, language } = useI18n()
  const option = useFigureChart(definition, figures, null, null)
  const [said, setSaid] = useState('')
  const table = (format: 'csv' | 'xlsx') =>
    address(`/v1/indicators/${definition.id}/export`, { format, ...figuresQuery(choice) })

  async function picture() {
    const [first, last] = [figures[0], figures.at(-1)]
    if (!first || !last) return
    const blob = await chartPicture(option, {
      title: inLanguage(definition.names, language),
      note: `${subjectName} · ${periodLabel(first.period, t, language)} – ${periodLabel(last.period, t, language)} · Fansipan`,
      ground: window.getComputedStyle(document.documentElement).getPropertyValue('--surface').trim(),
    })
    saveAs(blob, `${definition.id}-${choice.subject}.png`)
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(window.location.href)
      setSaid(t('linkCopied'))
    } catch {
      // Without the right to write there, the reader can copy from the address bar, which holds the same.
      setSaid(t('linkInAddressBar'))
    }
    window.setTimeout(() => setSaid(''), 4_000)
  }

  return (
    <div className="downloads" role="group" aria-label={t('downloads')}>
      <a className="button" href={table('csv')} download>
        <Icon name="download" size={16} /> CSV
      </a>
      <a className="button" href={table('xlsx')} download>
        XLSX
      </a>
      <button type="button" className="button" disabled={figures.length === 0} onClick={() => void picture()}>
        PNG
      </button>
      <button type="button" className="button" onClick={() => void copy()}>
        <Icon name="link" size={16} /> {t('copyLink')}
      </button>
      <span className="hint" role="status">
        {said}
      </span>
    </div>
  )
}
