import type { CaseInputs, CaseItem } from '../../api/indicatorTypes'
import { useI18n } from '../../i18n/I18n'
import { messages, type Language, type MessageKey } from '../../i18n/messages'

/** Cases that the period can count, and why one is not counted. */
export function CaseTable({ inputs }: { inputs: CaseInputs }) {
  const { t, format, language } = useI18n()
  const time = (at: string | null) => (at === null ? '–' : format.dateTime(at))

  function counted(inside: boolean | null, why: string | null): string {
    if (inside === null) return '–'
    if (inside) return t('yes')
    const key = `out.${why ?? ''}`
    // A reason that is newer than this page shows as the API calls it.
    return key in messages.vi ? t(key as MessageKey) : (why ?? t('no'))
  }

  return (
    <div className="table-box" tabIndex={0} role="region" aria-label={t(`cases.${inputs.caseKind}`)}>
      <table className="table table-stack">
        <thead>
          <tr>
            <th scope="col">{t(`cases.${inputs.caseKind}`)}</th>
            <th scope="col">{t('receivedAt')}</th>
            <th scope="col">{t('dueAt')}</th>
            <th scope="col">{t('endedAt')}</th>
            <th scope="col">{t('counted')}</th>
            <th scope="col">{t('countedIn')}</th>
          </tr>
        </thead>
        <tbody>
          {inputs.items.map((item) => (
            <tr key={`${item.provider} ${item.id}`}>
              <th scope="row">
                <span className="case-id">{item.id}</span>
                <span className="hint" title={[item.agency, item.procedure].filter(Boolean).join(' · ')}>
                  {namesIn(item, language)}
                </span>
              </th>
              <td data-label={t('receivedAt')}>{time(item.receivedAt)}</td>
              <td data-label={t('dueAt')}>{time(item.lateAt)}</td>
              <td data-label={t('endedAt')}>{time(item.endedAt)}</td>
              <td data-label={t('counted')} data-in={item.inNumerator === true}>
                {counted(item.inNumerator, item.notInNumerator)}
              </td>
              <td data-label={t('countedIn')} data-in={item.inDenominator === true}>
                {counted(item.inDenominator, item.notInDenominator)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Agency and procedure, by their codes where they have no name. */
function namesIn(item: CaseItem, language: Language): string {
  const [agency, procedure] =
    language === 'en' ? [item.agencyNameEn, item.procedureNameEn] : [item.agencyName, item.procedureName]
  return [agency ?? item.agency, procedure ?? item.procedure].filter(Boolean).join(' · ')
}
