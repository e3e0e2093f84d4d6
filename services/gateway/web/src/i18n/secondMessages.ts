/** Texts of the views in routes.second.ts. */

import { accountEn, accountVi } from './accountMessages'
import { adminEn, adminVi } from './adminMessages'
import { alertListEn, alertListVi } from './alertListMessages'
import { auditEn, auditVi } from './auditMessages'
import { catalogueEn, catalogueVi } from './catalogueMessages'
import { environmentEn, environmentVi } from './environmentMessages'
import { importsEn, importsVi } from './importMessages'
import { integrationEn, integrationVi } from './integrationMessages'
import { lettersEn, lettersVi } from './letterMessages'
import { namesEn, namesVi } from './nameMessages'
import { openEn, openVi } from './openMessages'
import { operatorsEn, operatorsVi } from './operatorMessages'
import { partsEn, partsVi } from './partsMessages'
import { periodsEn, periodsVi } from './periodMessages'
import { thingsEn, thingsVi } from './thingsMessages'

export const secondVi = {
  ...partsVi,
  ...thingsVi,
  ...environmentVi,
  ...alertListVi,
  ...adminVi,
  ...namesVi,
  ...operatorsVi,
  ...auditVi,
  ...periodsVi,
  ...catalogueVi,
  ...lettersVi,
  ...openVi,
  ...accountVi,
  ...integrationVi,
  ...importsVi,
}

export const secondEn: Record<keyof typeof secondVi, string> = {
  ...partsEn,
  ...thingsEn,
  ...environmentEn,
  ...alertListEn,
  ...adminEn,
  ...namesEn,
  ...operatorsEn,
  ...auditEn,
  ...periodsEn,
  ...catalogueEn,
  ...lettersEn,
  ...openEn,
  ...accountEn,
  ...integrationEn,
  ...importsEn,
}
