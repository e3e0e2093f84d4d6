import { useMemo } from 'react'

import { useCards } from '../../api/indicatorQueries'
import { useAreas } from '../../api/queries'
import { groupCards } from '../../indicators/groups'
import { useProvince } from '../../indicators/subjects'
import { MapPanel } from '../../map/MapPanel'
import { StaleNote } from '../../shell/StaleNote'
import { WallFigure } from './WallFigure'

/** Figures that fit beside the map. */
const SHOWN = 6
const NONE: never[] = []
const nothing = () => undefined

/** The map, and the first figures of each group that have a value. */
export function WallOverview({ shade, now }: { shade: string | null; now: number }) {
  const areas = useAreas()
  const cards = useCards(useProvince() || null)
  const shown = useMemo(() => {
    const groups = groupCards(cards.data ?? []).map((one) =>
      one.cards
        .filter((card) => card.value !== null)
        // What has a band can be bad: it comes first.
        .sort((a, b) => Number(b.band !== null) - Number(a.band !== null)),
    )
    // In turns: every group has its first figure before one has its second.
    const longest = Math.max(0, ...groups.map((group) => group.length))
    return Array.from({ length: longest }, (_, place) => groups.flatMap((group) => group[place] ?? []))
      .flat()
      .slice(0, SHOWN)
  }, [cards.data])
  return (
    <div className="wall-overview">
      <MapPanel
        areas={areas}
        things={NONE}
        chosenThing={null}
        filteredThing={null}
        filteredArea={null}
        shade={shade}
        onThing={nothing}
        onArea={nothing}
        onShade={nothing}
        fixed
      />
      <div className="wall-side">
        <StaleNote query={cards} />
        <ul className="wall-figures">
          {shown.map((card) => (
            <WallFigure key={card.indicator} card={card} now={now} />
          ))}
        </ul>
      </div>
    </div>
  )
}
