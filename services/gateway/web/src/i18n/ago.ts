import type { I18n } from './I18n'

/** How long ago something was: "5 phút trước", or "vừa xong". */
export function agoText(
  time: string | number,
  now: number,
  { t, format }: Pick<I18n, 't' | 'format'>,
): string {
  const age = format.age(time, now)
  return age === t('ageNow') ? age : t('ageAgo', { age })
}
