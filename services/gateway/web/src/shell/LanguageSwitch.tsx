import { useNavigate } from '@tanstack/react-router'

import { useI18n } from '../i18n/I18n'
import { LANGUAGES, type Language } from '../i18n/messages'
import { storeLanguage } from '../view/language'

export function LanguageSwitch() {
  const { t, language } = useI18n()
  const navigate = useNavigate()

  function choose(next: Language) {
    storeLanguage(next)
    void navigate({
      to: '.',
      search: (before: object) => ({ ...before, lang: next }),
      replace: true,
      resetScroll: false,
    } as never)
  }

  return (
    <div className="languages" role="group" aria-label={t('language')} data-testid="language-switch">
      {LANGUAGES.map((one) => (
        <button
          key={one}
          type="button"
          lang={one}
          aria-pressed={one === language}
          aria-label={one === 'vi' ? 'VI – Tiếng Việt' : 'EN – English'}
          data-language={one}
          onClick={() => choose(one)}
        >
          {one.toUpperCase()}
        </button>
      ))}
    </div>
  )
}
