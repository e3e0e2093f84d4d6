import { useMemo } from 'react'

import { useCards, type FigureName } from '../../api/indicatorQueries'
import type { Result } from '../../api/types'
import type { Row } from '../../datastreams/model'
import { StateMark } from '../../datastreams/StateMark'
import { Value } from '../../datastreams/Value'
import { SeriesExplorer } from '../../explorer/SeriesExplorer'
import { agoText } from '../../i18n/ago'
import { useI18n } from '../../i18n/I18n'
import { StateMessage } from '../../shell/StateMessage'
import type { RangeName } from '../../view/viewState'
import { FigureRow } from '../parts/FigureRow'
import { useRows } from '../parts/useRows'
import { Answer, Panel, View } from '../parts/View'
import { ViewLink } from '../parts/ViewLink'
import { levelThresholds } from '../environment/levels'
import { thingRows, type ThingRow } from './model'
import { TextHistory } from './TextHistory'

export interface ThingSearch {
  /** Key of the chosen datastream; null takes the first with numbers. */
  datastream: string | null
  range: RangeName
}

interface Props {
  id: string
  search: ThingSearch
  onSearch: (change: Partial<ThingSearch>) => void
  onWhy: (name: FigureName) => void
}

/** One thing: what it measures, how it is doing, where it stands. */
export function ThingView({ id, search, onSearch, onWhy }: Props) {
  const { t } = useI18n()
  const { rows, catalogue, now } = useRows()
  const thing = useMemo(
    () => thingRows(rows.filter((row) => String(row.datastream.thing.id) === id))[0] ?? null,
    [rows, id],
  )
  const chosen =
    thing &&
    (thing.streams.find((row) => row.key === search.datastream) ??
      thing.streams.find((row) => typeof row.latest?.result === 'number') ??
      thing.streams[0] ??
      null)
  // The same array as long as the datastream is the same: the chart is drawn anew for another one.
  const thresholds = useMemo(() => (chosen ? levelThresholds(chosen) : []), [chosen?.key])
  return (
    <View
      name="thing"
      title={thing?.name ?? t('things.thing')}
      lead={thing && [thing.areaName, thing.key].filter(Boolean).join(' · ')}
      tools={
        <ViewLink to="/things" className="button">
          {t('things.all')}
        </ViewLink>
      }
    >
      <Answer query={catalogue}>
        {() =>
          thing === null || chosen === null ? (
            <StateMessage title={t('things.unknown')} hint={t('things.unknownHint')} />
          ) : (
            <div className="thing-layout">
              <Panel id="thing-streams" title={t('list')} className="thing-streams">
                <ul className="pick-list">
                  {thing.streams.map((row) => (
                    <li key={row.key}>
                      <button
                        type="button"
                        className="pick"
                        aria-pressed={row.key === chosen.key}
                        onClick={() => onSearch({ datastream: row.key })}
                      >
                        <StateMark state={row.state} />
                        <span className="row-name">{row.shortName}</span>
                        <Value latest={row.latest} unit={row.unit} />
                        <StreamAge row={row} now={now} />
                      </button>
                    </li>
                  ))}
                </ul>
              </Panel>
              <Panel
                id="thing-chart"
                title={chosen.shortName}
                note={<StreamAge row={chosen} now={now} />}
                tools={<Value latest={chosen.latest} unit={chosen.unit} />}
                className="thing-chart"
              >
                {isText(chosen) ? (
                  <TextHistory row={chosen} range={search.range} onRange={(range) => onSearch({ range })} />
                ) : (
                  <SeriesExplorer
                    key={chosen.key}
                    datastream={chosen.id}
                    name={`${chosen.shortName}, ${chosen.thingName}`}
                    unit={chosen.unit}
                    range={search.range}
                    thresholds={thresholds}
                    onRange={(range) => onSearch({ range })}
                  />
                )}
              </Panel>
              <Health thing={thing} onWhy={onWhy} />
              <About thing={thing} />
            </div>
          )
        }
      </Answer>
    </View>
  )
}

function isText({ latest }: Row): boolean {
  return latest !== null && typeof latest.result !== 'number'
}

function StreamAge({ row: { latest }, now }: { row: Row; now: number }) {
  const { t, format } = useI18n()
  if (!latest) return null
  return (
    <time
      className="row-age"
      dateTime={latest.phenomenonTime}
      title={format.exact(Date.parse(latest.phenomenonTime), 'second')}
    >
      {agoText(latest.phenomenonTime, now, { t, format })}
    </time>
  )
}

/** What the indicators say of this thing; those about its data first. */
function Health({ thing, onWhy }: { thing: ThingRow; onWhy: (name: FigureName) => void }) {
  const { t } = useI18n()
  const cards = useCards(`thing:${thing.key}`)
  return (
    <Panel id="thing-health" title={t('things.figures')} className="thing-health">
      <Answer
        query={cards}
        empty={(items) => items.length === 0}
        emptyTitle={t('things.noFigures')}
        emptyHint={t('things.noFiguresHint')}
      >
        {(items) => (
          <ul className="fact-rows">
            {[...items]
              .sort((a, b) => Number(b.group === 'data-health') - Number(a.group === 'data-health'))
              .map((card) => (
                <FigureRow
                  key={`${card.indicator} ${card.period}`}
                  definition={card}
                  figure={card}
                  onWhy={onWhy}
                />
              ))}
          </ul>
        )}
      </Answer>
    </Panel>
  )
}

/** Properties that the page has words for; others show by their key. */
const TOLD = ['origin', 'source', 'licence', 'alarmLevels', 'capacity', 'hazardZone', 'sample'] as const
/** Told elsewhere, or of no use to people. */
const UNTOLD = ['nameEn', 'sampleShiftMs']

/** `{"bd1": 1.2, …}` as BĐ1 1,2 m · … */
function levelsText(levels: object, number: (value: number) => string): string {
  return Object.entries(levels)
    .map(([name, level]) => `${name.toUpperCase().replace('BD', 'BĐ')} ${number(Number(level))} m`)
    .join(' · ')
}

function About({ thing }: { thing: ThingRow }) {
  const { t, format } = useI18n()
  const { thing: source } = (thing.streams[0] as Row).datastream
  const facts: [string, string][] = [
    [t('things.key'), thing.key],
    [t('things.provider'), thing.provider],
    [t('area'), thing.areaName || '–'],
  ]
  if (source.latitude !== null && source.longitude !== null)
    facts.push([
      t('things.position'),
      `${format.fixed(source.latitude, 5)}; ${format.fixed(source.longitude, 5)}`,
    ])
  for (const [name, value] of Object.entries(source.properties ?? {})) {
    if (UNTOLD.includes(name)) continue
    const known = TOLD.find((one) => one === name)
    if (name === 'alarmLevels' && typeof value === 'object' && value !== null) {
      facts.push([t('things.about.alarmLevels'), levelsText(value, format.number)])
      continue
    }
    facts.push([
      known ? t(`things.about.${known}`) : name,
      typeof value === 'object' ? JSON.stringify(value) : format.value(value as Result),
    ])
  }
  return (
    <Panel id="thing-about" title={t('things.about')} className="thing-about">
      <dl className="facts pad">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  )
}
