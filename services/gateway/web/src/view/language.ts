import { LANGUAGES, type Language } from '../i18n/messages'

const STORE = 'fansipan.language'

/** The language of the reader's last choice; the address goes before it. */
export function storedLanguage(): Language {
  try {
    const stored = window.localStorage.getItem(STORE)
    return LANGUAGES.find((one) => one === stored) ?? 'vi'
  } catch {
    // Storage is blocked by the browser's settings: the page then starts in Vietnamese each time.
    return 'vi'
  }
}

export function storeLanguage(language: Language): void {
  try {
    window.localStorage.setItem(STORE, language)
  } catch {
    // See storedLanguage: the address still carries the choice.
  }
}
