import { useI18n } from '../i18n/I18n'
import { LANGUAGES, type Language } from '../i18n/messages'
import { storeLanguage } from '../view/language'
import { useSearchChange } from '../view/useSearchChange'

export function LanguageSwitch() {
  const { t, language } = useI18n()
  const changeSearch = useSearchChange()

  function choose(next: Language) {
    storeLanguage(next)
    changeSearch({ lang: next })
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
