import { useIndicators } from '../../api/indicatorQueries'
import { useI18n } from '../../i18n/I18n'
import { inLanguage } from '../../indicators/cardText'
import { usePages } from '../parts/pages'
import { PagedTable } from '../parts/Table'
import type { Restatement } from './types'

/** The ledger of one closed period: from what to what, why and when. */
export function Restatements({ period }: { period: string }) {
  const { t, format, language } = useI18n()
  const definitions = useIndicators().data
  const pages = usePages<Restatement>(
    ['periods', period, 'restatements'],
    `/v1/periods/${period}/restatements?limit=100`,
  )

  function number(value: number | null, indicator: string): string {
    if (value === null) return '–'
    const decimals = definitions?.find((one) => one.id === indicator)?.decimals
    return decimals === undefined ? format.number(value) : format.fixed(value, decimals)
  }

  return (
    <PagedTable
      pages={pages}
      emptyTitle={t('admin.noRestatements')}
      emptyHint={t('admin.noRestatementsHint')}
      label={t('admin.restatements')}
      columns={[
        t('cause.indicator'),
        t('subject'),
        [t('admin.wasClosed'), 'number'],
        [t('admin.isToday'), 'number'],
        t('admin.why'),
        t('time'),
      ]}
      stack={false}
    >
      {(one) => {
        const definition = definitions?.find((each) => each.id === one.indicator)
        return (
          <tr key={`${one.indicator} ${one.subject.key} ${one.revision}`}>
            <th scope="row">
              {definition ? inLanguage(definition.names, language) : one.indicator}
              <span className="hint block mono">
                {one.indicator} v{one.version}
              </span>
            </th>
            <td title={one.subject.key}>
              {(language === 'en' ? one.subject.nameEn : one.subject.name) ?? one.subject.key}
            </td>
            <td className="number">{number(one.closedValue, one.indicator)}</td>
            <td className="number">
              <b>{number(one.value, one.indicator)}</b>
            </td>
            <td>{t(`reason.${one.reason}`)}</td>
            <td className="nowrap">{format.dateTime(one.at)}</td>
          </tr>
        )
      }}
    </PagedTable>
  )
}
