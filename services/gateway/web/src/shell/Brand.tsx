import { Link } from '@tanstack/react-router'

import { useI18n } from '../i18n/I18n'

export function Brand() {
  const { t } = useI18n()
  return (
    <Link to="/" className="brand" aria-label={`Fansipan ${t('province')}`}>
      <svg className="brand-mark" viewBox="0 0 32 24" width="32" height="24" aria-hidden="true">
        <path className="brand-ridge" d="M1 23 12 4l6 9 4-5 9 15z" />
        <path className="brand-snow" d="m12 4 4 6-2.6 2.4-2.2-1.8-2.7 1.6z" />
      </svg>
      <span className="brand-texts">
        <span className="brand-name">Fansipan</span> <span className="brand-place">{t('province')}</span>
      </span>
    </Link>
  )
}
