import type { FigureBand } from '../api/indicatorTypes'
import { useI18n } from '../i18n/I18n'
import { bandName } from './cardText'
import { textOn } from './colour'

/** The name of a band on its colour. */
export function BandChip({ band }: { band: FigureBand }) {
  const { language } = useI18n()
  return (
    <span
      className="band"
      data-band={band.key}
      {...(band.colour ? { style: { background: band.colour, color: textOn(band.colour) } } : {})}
    >
      {bandName(band, language)}
    </span>
  )
}
