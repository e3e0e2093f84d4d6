import type { Card, MovingFigure } from '../api/indicatorTypes'
import { useI18n } from '../i18n/I18n'
import { changeOf } from './cardText'

const ARROWS = { up: '▲ ', down: '▼ ', same: '' } as const
const WORDS = { up: 'rises', down: 'falls', same: 'unchanged' } as const

interface Props {
  figure: MovingFigure & Pick<Card, 'decimals' | 'direction'>
  /** Where there is room: that nothing changed, in words. */
  inWords?: boolean
}

/** How a figure moved since the period before, and whether that is good. */
export function ChangeMark({ figure, inWords = false }: Props) {
  const i18n = useI18n()
  const { t, format } = i18n
  const change = changeOf(figure, i18n)
  if (!change) return null
  const judged = change.better === null ? 'neutral' : change.better ? 'better' : 'worse'
  const words = [t(WORDS[change.towards]), judged === 'neutral' ? '' : t(judged)].filter(Boolean).join(', ')
  return (
    <span
      className="change"
      data-judged={judged}
      data-towards={change.towards}
      title={
        figure.previous === null
          ? undefined
          : t('changeTitle', { previous: format.fixed(figure.previous, figure.decimals) })
      }
    >
      <span aria-hidden="true">{ARROWS[change.towards]}</span>
      {change.towards === 'same' && inWords ? words : change.text}
      {!(change.towards === 'same' && inWords) && <span className="visually-hidden"> ({words})</span>}
    </span>
  )
}
