import type { Translate } from '../../../i18n/format'
import { importRemarksVi } from '../../../i18n/importRemarkMessages'
import type { Remark } from './types'

type RemarkKey = keyof typeof importRemarksVi

/** A remark in the language of the page; one that the page does not know yet, as it came. */
export function remarkText({ code, values, detail }: Remark, t: Translate): string {
  const key = `import.remark.${code}`
  return key in importRemarksVi ? t(key as RemarkKey, values) : detail
}
