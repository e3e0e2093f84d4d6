/** Shapes of the gateway's answers about indicators, as its OpenAPI document describes them. */

import type { Page } from './types'

export interface Text {
  vi: string
  en: string
}

export type Direction = 'higher-is-better' | 'lower-is-better' | 'none'
export type PeriodKind = 'hour' | 'day' | 'month' | 'quarter' | 'year'
export type Reason = 'new-data' | 'late-data' | 'correction' | 'definition-changed'
export type Missing =
  | 'no-data'
  | 'too-few-samples'
  | 'zero-denominator'
  | 'missing-component'
  | 'missing-attribute'
  | 'not-in-source'
  | 'absent-at-close'

export interface Unit {
  symbol: string
  ucum: string | null
  name: Text | null
}

/** A named range of values. All bands of a list, in rising order, give `upTo` (the last none) or `from` (the first none). */
export interface Band {
  key: string
  name: Text
  colour: string
  upTo?: number | null
  from?: number | null
}

/** What figures can be about, as a definition says it; a figure's subject of kind area is one of the first two. */
export type SubjectKind = 'province' | 'commune' | 'agency' | 'procedure' | 'thing' | string

export interface IndicatorSummary {
  id: string
  names: Text
  description?: Text
  shortNames: Text | null
  group: string
  unit: Unit
  direction: Direction
  decimals: number
  periods: PeriodKind[]
  subjects: string[]
  bands: Band[]
}

export interface Subject {
  kind: 'area' | 'agency' | 'procedure' | 'thing' | 'agency-procedure' | 'area-procedure'
  key: string
  name: string | null
  nameEn: string | null
}

export interface FigureBand {
  key: string
  name: Text | null
  colour: string | null
}

export interface Figure {
  indicator: string
  version: number
  subject: Subject
  /** 2026-11-21T08, 2026-11-21, 2026-11, 2026-Q4 or 2026, in the time of Việt Nam. */
  period: string
  start: string
  /** Exclusive. */
  end: string
  /** Unrounded; null says why in `missing`. */
  value: number | null
  band: FigureBand | null
  numerator: number | null
  denominator: number | null
  sampleCount: number
  /** 0 to 1. */
  completeness: number | null
  revision: number | null
  reason: Reason | null
  knownFrom: string | null
  missing: Missing | null
  provisional: boolean
  closed: boolean
  /** What is known today, where it differs from what was closed. */
  restated: { value: number | null; reason: Reason | null; at: string | null; revision: number } | null
}

export interface MovingFigure extends Figure {
  /** Value of the period just before. */
  previous: number | null
  change: number | null
}

export interface Card extends MovingFigure {
  names: Text
  shortNames: Text | null
  group: string
  unit: Unit
  decimals: number
  direction: Direction
}

export interface RankedFigure extends MovingFigure {
  rank: number | null
}

export interface Ranking extends Page<RankedFigure> {
  indicator: string
  period: PeriodKind
  direction: Direction
  total: number
  province: MovingFigure | null
}

export interface Citation {
  title: string
  article: string | null
  issued: string | null
  inForceFrom: string | null
  note: string | null
}

export interface ExplainedDefinition {
  id: string
  names: Text
  description: Text
  unit: Unit
  decimals: number
  direction: Direction
  version: number
  effectiveFrom: string
  effectiveTo: string | null
  inWords: Text
  sources: Citation[]
  limits: { value: number; name: Text; source?: string | null }[]
  disputed: Text[]
  assumed: { indicator: string; maximum: number; fullAt: number | null }[]
}

export interface VersionNote {
  version: number
  effectiveFrom: string
  /** Exclusive. */
  effectiveTo: string | null
  inForce: boolean
  judgesNow: boolean
  retired: boolean
}

/** One indicator with everything that one version says. */
export interface IndicatorDetail extends IndicatorSummary {
  description: Text
  public: boolean
  version: number
  versions: VersionNote[]
  limits: { value: number; name: Text; source?: string | null }[]
  sources: Citation[]
  inWords: Text
  disputed: Text[]
  assumed: { indicator: string; maximum: number; fullAt: number | null }[]
}

export interface KnownFigure {
  value: number | null
  numerator: number | null
  denominator: number | null
}

export interface Effect {
  before: KnownFigure
  after: KnownFigure
  change: number | null
  /** False: it does not follow from single cases, and was left as it is. */
  estimated: boolean
}

export interface WhatIfAnswer extends Effect {
  indicator: string
  subject: Subject
  period: string
  at: string
  /** Dossiers that would be finished. */
  finished: number
  components: (Effect & { indicator: string; names: Text | null })[]
}

export interface BucketItem {
  datastream: string
  start: string
  count: number
  mean: number
  min: number
  max: number
}

export interface CorrectionItem {
  datastream: string
  phenomenonTime: string
  was: unknown
  isNow: unknown
  replacedAt: string
}

export interface ReadingInputs {
  kind: 'readings'
  datastreams: { key: string; property: string; unit: string | null }[]
  /** Datastreams that this reader may not see. */
  hidden: number
  granularity: '1m' | '1h' | '1d'
  start: string
  end: string
  items: BucketItem[]
  /** Null: too many readings to look at one by one. */
  excluded: { reason: 'quality-bad' | 'not-a-number'; count: number }[] | null
  corrections: CorrectionItem[]
}

export interface ThingInputs {
  kind: 'things'
  combine: 'max' | 'min' | 'mean' | 'sum' | 'ratio' | null
  items: (Figure & { used: boolean; decisive: boolean })[]
}

export interface CaseItem {
  provider: string
  id: string
  agency: string
  agencyName: string | null
  agencyNameEn: string | null
  area: string | null
  procedure: string | null
  procedureName: string | null
  procedureNameEn: string | null
  receivedAt: string | null
  endedAt: string | null
  lateAt: string | null
  weight: number
  inNumerator: boolean | null
  notInNumerator: string | null
  inDenominator: boolean | null
  notInDenominator: string | null
}

export interface CaseInputs {
  kind: 'cases'
  caseKind: 'dossier' | 'petition' | 'rating' | 'usage'
  items: CaseItem[]
}

export interface ComponentItem {
  indicator: string
  names: Text | null
  value: number | null
  points: number | null
  maximum: number | null
  fullAt: number | null
  normalised: number | null
  weight: number | null
  assumed: boolean
  missing: boolean
  hidden: boolean
}

export interface ComponentInputs {
  kind: 'components'
  items: ComponentItem[]
}

export type Inputs = ReadingInputs | ThingInputs | CaseInputs | ComponentInputs

export interface Revision {
  revision: number
  value: number | null
  sampleCount: number
  reason: Reason
  knownFrom: string
  supersededAt: string | null
}

export interface CloseNote {
  period: string
  closedAt: string
  closedBy: string
  note: string
  digest: string | null
  closeDigest: string
  restatements: {
    closedValue: number | null
    value: number | null
    revision: number
    reason: Reason
    at: string
  }[]
}

export interface PartOfRatio {
  value: number | null
  counts: Text | null
}

export interface Explanation {
  definition: ExplainedDefinition
  figure: Figure
  numerator: PartOfRatio | null
  denominator: PartOfRatio | null
  completeness: {
    value: number | null
    sampleCount: number
    minimumPercent: number | null
    expectedIntervalSeconds: number | null
  }
  /** What else the formula says; its members depend on the formula. */
  details: Record<string, unknown>
  inputs: Inputs
  /** Address of the next page of inputs. */
  next: string | null
  nextCorrections: string | null
  /** Newest first. */
  revisions: Revision[]
  moreRevisions: boolean
  close: CloseNote | null
}
