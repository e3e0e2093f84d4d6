/** Shape of `/v1/admin/catalogue`. */

import type { Severity } from '../../api/alertTypes'
import type { Text } from '../../api/indicatorTypes'

export interface DefinitionStatus {
  id: string
  version: number
  names: Text | null
  digest: string
  lane: string
  public: boolean
  effectiveFrom: string
  effectiveTo: string | null
  syncedAt: string
  retiredAt: string | null
  /** How far a new or changed definition is evaluated over the past; null when it is done. */
  evaluating: { nextFrom: string; until: string; reason: string } | null
}

export interface RuleStatus {
  id: string
  names: Text | null
  digest: string
  severity: Severity | null
  openAlerts: number
  syncedAt: string
  retiredAt: string | null
}

export interface LaneStatus {
  name: string
  properties: string[]
  refreshMilliseconds: number
  definitions: number
  evaluatedAt: string | null
  owner: string | null
  oldest: string | null
  oldestSeconds: number | null
}

export interface QueueStatus {
  name: string
  waiting: number
  /** There is more than was counted. */
  more: boolean
  oldest: string | null
  oldestSeconds: number | null
}

export interface CatalogueStatus {
  at: string
  definitions: DefinitionStatus[]
  alertRules: RuleStatus[]
  lanes: LaneStatus[]
  queues: QueueStatus[]
}
