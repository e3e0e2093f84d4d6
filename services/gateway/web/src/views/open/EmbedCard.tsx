import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'

import { address, getJson } from '../../api/client'
import type { Figure } from '../../api/indicatorTypes'
import { useStanding } from '../../api/standing'
import type { Page } from '../../api/types'
import { useI18n } from '../../i18n/I18n'
import { BandChip } from '../../indicators/BandChip'
import { inLanguage, subjectName, unitText, valueText } from '../../indicators/cardText'
import { periodLabel } from '../../indicators/period'
import { ErrorMessage, Loading } from '../../shell/StateMessage'
import { StaleNote } from '../../shell/StaleNote'
import { licenceName, useOpenData, type OpenData, type OpenIndicator } from './openData'
import { Sparkline } from './Sparkline'

const REFRESH_MS = 60_000
const POINTS = 48

/** One figure of the province for somebody else's page: no navigation, no cookies needed, as small as its frame. */
export function EmbedCard({ indicator: id }: { indicator: string }) {
  const { t } = useI18n()
  const query = useOpenData()
  const standing = useStanding(query)
  useEffect(() => {
    document.documentElement.classList.add('embedded')
    return () => document.documentElement.classList.remove('embedded')
  }, [])
  if (standing.kind === 'waiting') return <Loading />
  if (standing.kind === 'failed')
    return <ErrorMessage error={standing.error} onRetry={() => void query.refetch()} />
  const indicator = standing.data.items.find((one) => one.id === id)
  if (!indicator) return <p className="embed embed-none">{t('od.notPublic', { id })}</p>
  return (
    <>
      <StaleNote query={query} />
      <Card indicator={indicator} data={standing.data} />
    </>
  )
}

function Card({ indicator, data }: { indicator: OpenIndicator; data: OpenData }) {
  const i18n = useI18n()
  const { t, language } = i18n
  const { latest } = indicator
  const history = useQuery({
    queryKey: ['embed-history', indicator.id],
    queryFn: ({ signal }) =>
      getJson<Page<Figure>>(
        address(`/v1/indicators/${indicator.id}/values`, {
          area: data.province.key,
          period: indicator.periods[0],
        }),
        { signal },
      ),
    refetchInterval: REFRESH_MS,
  })
  const values = (history.data?.items ?? []).slice(-POINTS).map((figure) => figure.value)
  const unit = latest && latest.value !== null ? unitText(indicator.unit, language) : ''
  return (
    <main className="embed" data-testid="embed-card">
      <h1>{inLanguage(indicator.shortNames ?? indicator.names, language)}</h1>
      <div className="embed-figure">
        <p className="card-figure">
          <span className={latest?.value == null ? 'card-none' : 'embed-value'}>
            {latest ? valueText(latest, indicator.decimals, i18n) : t('missing.no-data')}
          </span>
          {unit && <span className="value-unit">{unit}</span>}
        </p>
        <Sparkline values={values} label={t('od.history', { n: values.length })} />
      </div>
      <p className="card-marks">
        {latest?.band && <BandChip band={latest.band} />}
        {latest && <span className="hint">{periodLabel(latest.period, t, language)}</span>}
        {latest?.provisional && <span className="hint">{t('provisional')}</span>}
      </p>
      <p className="embed-foot">
        <a href={`/open?lang=${language}`} target="_blank" rel="noreferrer">
          {subjectName(data.province, language)} · Fansipan
        </a>
        <span> · {licenceName(data.licence)}</span>
      </p>
    </main>
  )
}
