import { createContext, useContext, useEffect, useMemo, type ReactNode } from 'react'

import { createFormats, type Formats, type Translate } from './format'
import { messages, type Language } from './messages'

export interface I18n {
  language: Language
  t: Translate
  format: Formats
}

const Context = createContext<I18n | null>(null)

export function createI18n(language: Language): I18n {
  const t: Translate = (key, values = {}) => {
    const [one = '', many = one] = messages[language][key].split('|')
    const text = String(values['n']) === '1' ? one : many
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
  }
  return { language, t, format: createFormats(language, t) }
}

export function I18nProvider({ language, children }: { language: Language; children: ReactNode }) {
  const i18n = useMemo(() => createI18n(language), [language])
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  return <Context value={i18n}>{children}</Context>
}

export function useI18n(): I18n {
  const i18n = useContext(Context)
  if (!i18n) throw new Error('useI18n needs an I18nProvider above it')
  return i18n
}
