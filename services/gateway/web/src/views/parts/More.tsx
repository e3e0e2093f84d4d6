import { useI18n } from '../../i18n/I18n'
import type { Pages } from './pages'

/** Brings the next page of a list, as long as there is one. */
export function More({ pages }: { pages: Pages<unknown> }) {
  const { t } = useI18n()
  if (!pages.more) return null
  return (
    <p className="more-line">
      <button type="button" className="button" disabled={pages.loadingMore} onClick={pages.more}>
        {t(pages.loadingMore ? 'loading' : 'showMore')}
      </button>
    </p>
  )
}
