import { useI18n } from '../i18n/I18n'
import { THEMES, useTheme } from '../theme/theme'
import { Icon } from './Icon'

/** Goes round: as the system has it, light, dark. */
export function ThemeButton() {
  const { t } = useI18n()
  const [theme, choose] = useTheme()
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
  const label = t('themeNow', { theme: t(`theme.${theme}`) })
  return (
    <button
      type="button"
      className="bar-button bar-icon"
      data-testid="theme"
      data-theme-choice={theme}
      aria-label={label}
      title={label}
      onClick={() => choose(next)}
    >
      <Icon name={theme} size={18} />
    </button>
  )
}
