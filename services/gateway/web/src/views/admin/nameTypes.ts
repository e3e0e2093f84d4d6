/** Shapes of `/v1/admin/agencies` and `/v1/admin/procedures`, as the gateway's OpenAPI document describes them. */

export const LEVELS = ['central', 'province', 'commune'] as const
export type Level = (typeof LEVELS)[number]

/** What is said of an agency. */
export interface AgencyDetails {
  level: Level | null
  areaCode: string | null
}

/** What is said of a procedure. */
export interface ProcedureDetails {
  field: string | null
  nationalCode: string | null
  law: string | null
  /** Working days. */
  processingDays: number | null
}

/** An agency or a procedure; `name` is null while only events speak of it. Of the details it has those of its kind. */
export interface NamedKey extends Partial<AgencyDetails>, Partial<ProcedureDetails> {
  key: string
  name: string | null
  nameEn: string | null
  inEvents: boolean
  updatedAt: string | null
  /** For If-Match. */
  version: string
}
