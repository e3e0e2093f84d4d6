import { RANGES, type RangeName } from '../../view/viewState'
import { textOf, timeOf, wordOf, type RawSearch } from '../../view/search'

/** What the reader has chosen on the overview; what is left out has its default. */
export interface OverviewSearch {
  /** Code of a commune. */
  area?: string | undefined
  /** Group of indicators that alone is shown. */
  group?: string | undefined
  /** Id of the indicator that colours the map, or `none`. */
  shade?: string | undefined
  /** Key of the chosen datastream. */
  datastream?: string | undefined
  range?: RangeName | undefined
  /** End of the shown time; left out means now, live. */
  until?: string | undefined
  q?: string | undefined
  /** Key of an observed property. */
  property?: string | undefined
  /** Id of a thing. */
  thing?: string | undefined
}

export function overviewSearch(raw: RawSearch): OverviewSearch {
  return {
    area: textOf(raw, 'area'),
    group: textOf(raw, 'group'),
    shade: textOf(raw, 'shade'),
    datastream: textOf(raw, 'datastream'),
    range: wordOf(raw, 'range', RANGES),
    until: timeOf(raw, 'until'),
    q: textOf(raw, 'q'),
    property: textOf(raw, 'property'),
    thing: textOf(raw, 'thing'),
  }
}
