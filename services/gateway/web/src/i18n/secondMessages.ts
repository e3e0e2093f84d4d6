/** Texts of the views in routes.second.ts. */

import { accountEn, accountVi } from './accountMessages'
import { adminEn, adminVi } from './adminMessages'
import { alertListEn, alertListVi } from './alertListMessages'
import { environmentEn, environmentVi } from './environmentMessages'
import { importsEn, importsVi } from './importMessages'
import { integrationEn, integrationVi } from './integrationMessages'
import { lettersEn, lettersVi } from './letterMessages'
import { openEn, openVi } from './openMessages'
import { partsEn, partsVi } from './partsMessages'
import { thingsEn, thingsVi } from './thingsMessages'

export const secondVi = {
  ...partsVi,
  ...thingsVi,
  ...environmentVi,
  ...alertListVi,
  ...adminVi,
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
  ...lettersEn,
  ...openEn,
  ...accountEn,
  ...integrationEn,
  ...importsEn,
}
