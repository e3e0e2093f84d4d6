import { useI18n } from '../i18n/I18n'
import { AccountMenu } from './AccountMenu'
import { Brand } from './Brand'
import { Icon } from './Icon'
import { LanguageSwitch } from './LanguageSwitch'
import { LiveStatus } from './LiveStatus'
import { TopNavigation } from './Navigation'
import { ThemeButton } from './ThemeButton'

export function Header({ onSearch }: { onSearch: () => void }) {
  const { t } = useI18n()
  return (
    <header className="header">
      <Brand />
      <TopNavigation />
      <div className="header-end">
        <button
          type="button"
          className="bar-button search-button"
          onClick={onSearch}
          aria-keyshortcuts="/ Control+K"
        >
          <Icon name="search" size={18} />
          <span className="search-text">{t('searchShort')}</span>
          <kbd aria-hidden="true">/</kbd>
        </button>
        <LiveStatus />
        <LanguageSwitch />
        <ThemeButton />
        <AccountMenu />
      </div>
    </header>
  )
}
