import { useI18n } from '../i18n/I18n'
import type { Zoom } from './useZoom'

const STEP = 1.6

export function ZoomButtons({ zoom }: { zoom: Zoom }) {
  const { t } = useI18n()
  const isWhole = zoom.k <= 1
  return (
    <div className="map-zoom">
      <button type="button" aria-label={t('zoomIn')} title={t('zoomIn')} onClick={() => zoom.zoomBy(STEP)}>
        <span aria-hidden="true">+</span>
      </button>
      <button
        type="button"
        aria-label={t('zoomOut')}
        title={t('zoomOut')}
        disabled={isWhole}
        onClick={() => zoom.zoomBy(1 / STEP)}
      >
        <span aria-hidden="true">−</span>
      </button>
      <button
        type="button"
        aria-label={t('zoomReset')}
        title={t('zoomReset')}
        disabled={isWhole}
        onClick={zoom.reset}
      >
        <span aria-hidden="true">⤢</span>
      </button>
    </div>
  )
}
