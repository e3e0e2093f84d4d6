import { useEffect } from 'react'

import { useI18n } from '../i18n/I18n'

/** Names the view in the browser's tab and history. */
export function useTitle(title: string): void {
  const { t } = useI18n()
  useEffect(() => {
    document.title = title ? `${title} · ${t('title')}` : t('title')
  }, [title, t])
}
