import { useMemo, useState } from 'react'

import { onOwnHost } from '../../api/client'
import { fold, matches } from '../../datastreams/search'
import { useI18n } from '../../i18n/I18n'
import { BandChip } from '../../indicators/BandChip'
import { inLanguage, unitText, valueText } from '../../indicators/cardText'
import { groupOrder, isGroup } from '../../indicators/groups'
import { periodLabel } from '../../indicators/period'
import { StateMessage } from '../../shell/StateMessage'
import { CopyButton } from '../parts/CopyButton'
import { Answer, View } from '../parts/View'
import {
  CATALOGUE_URL,
  embedSnippet,
  isWebAddress,
  licenceName,
  useOpenData,
  type OpenData,
  type OpenIndicator,
} from './openData'

export interface OpenSearch {
  q: string
  group: string | null
}

interface Props {
  search: OpenSearch
  onSearch: (change: Partial<OpenSearch>) => void
}

/** What everybody may read and use: figures, files, the API, and cards for other pages. */
export function OpenView({ search, onSearch }: Props) {
  const { t } = useI18n()
  const query = useOpenData()
  return (
    <View name="open" title={t('od.title')} lead={t('od.lead')}>
      <Answer
        query={query}
        empty={(data) => data.items.length === 0}
        emptyTitle={t('od.empty')}
        emptyHint={t('od.emptyHint')}
      >
        {(data) => (
          <>
            <Terms data={data} />
            <Indicators data={data} search={search} onSearch={onSearch} />
          </>
        )}
      </Answer>
    </View>
  )
}

function Terms({ data }: { data: OpenData }) {
  const { t } = useI18n()
  return (
    <section className="panel open-terms" aria-label={t('od.terms')}>
      <dl className="facts pad">
        <div>
          <dt>{t('od.licence')}</dt>
          <dd>
            {isWebAddress(data.licence) ? (
              <a href={data.licence} rel="license noreferrer" target="_blank">
                {licenceName(data.licence)}
              </a>
            ) : (
              data.licence
            )}
          </dd>
        </div>
        <div>
          <dt>{t('od.publisher')}</dt>
          <dd>{data.publisher}</dd>
        </div>
        <div>
          <dt>{t('od.forPortals')}</dt>
          <dd>
            <span className="link-line">
              <a href={CATALOGUE_URL}>DCAT-AP (JSON-LD)</a>
              <a href={`${CATALOGUE_URL}?format=turtle`}>DCAT-AP (Turtle)</a>
            </span>
          </dd>
        </div>
        <div>
          <dt>{t('od.forPrograms')}</dt>
          <dd>
            <span className="link-line">
              <a href="/docs">{t('od.apiDocs')}</a>
              <a href="/openapi.json">OpenAPI</a>
              <span className="hint">{t('od.noKey')}</span>
            </span>
          </dd>
        </div>
      </dl>
    </section>
  )
}

function Indicators({ data, search, onSearch }: { data: OpenData } & Props) {
  const { t, format, language } = useI18n()
  const groups = useMemo(
    () => [...new Set(data.items.map((one) => one.group))].sort((a, b) => groupOrder(a) - groupOrder(b)),
    [data.items],
  )
  const shown = useMemo(
    () =>
      data.items
        .filter(
          (one) =>
            (!search.group || one.group === search.group) &&
            matches(fold(`${one.id} ${one.names.vi} ${one.names.en} ${one.description.vi}`), search.q),
        )
        .sort(
          (a, b) =>
            groupOrder(a.group) - groupOrder(b.group) || a.id.localeCompare(b.id, 'en', { numeric: true }),
        ),
    [data.items, search.group, search.q],
  )
  const name = (group: string) => (isGroup(group) ? t(`group.${group}`) : group)
  return (
    <>
      <form
        className="tool-row"
        role="search"
        aria-label={t('od.title')}
        onSubmit={(event) => event.preventDefault()}
      >
        <input
          type="search"
          className="field field-wide"
          placeholder={t('od.find')}
          aria-label={t('od.find')}
          value={search.q}
          onChange={(event) => onSearch({ q: event.target.value })}
        />
        <select
          className="field"
          aria-label={t('groups')}
          value={search.group ?? ''}
          onChange={(event) => onSearch({ group: event.target.value || null })}
        >
          <option value="">{t('allGroups')}</option>
          {groups.map((group) => (
            <option key={group} value={group}>
              {name(group)}
            </option>
          ))}
        </select>
        <p className="hint" role="status">
          {t('shown', { n: format.count(shown.length), total: format.count(data.items.length) })}
        </p>
      </form>
      {shown.length === 0 ? (
        <section className="panel">
          <StateMessage title={t('od.noMatch')} />
        </section>
      ) : (
        <ul className="open-cards" aria-label={t('indicators')} lang={language}>
          {shown.map((one) => (
            <OpenCard key={one.id} indicator={one} group={name(one.group)} />
          ))}
        </ul>
      )}
    </>
  )
}

function OpenCard({ indicator, group }: { indicator: OpenIndicator; group: string }) {
  const i18n = useI18n()
  const { t, language } = i18n
  const [embedding, setEmbedding] = useState(false)
  const { latest } = indicator
  const title = inLanguage(indicator.names, language)
  const unit = latest && latest.value !== null ? unitText(indicator.unit, language) : ''
  const law = indicator.sources[0]
  return (
    <li className="open-card" data-testid="open-card" data-indicator={indicator.id}>
      <p className="hint">{group}</p>
      <h3>{title}</h3>
      <p className="card-figure">
        <span className={latest?.value == null ? 'card-none' : 'card-value'}>
          {latest ? valueText(latest, indicator.decimals, i18n) : t('missing.no-data')}
        </span>
        {unit && <span className="value-unit">{unit}</span>}
        {latest?.band && <BandChip band={latest.band} />}
      </p>
      <p className="hint">
        {latest ? periodLabel(latest.period, t, language) : '–'}
        {latest?.provisional && ` · ${t('provisional')}`}
        {latest?.closed && ` · ${t('closed')}`}
      </p>
      <p className="open-text">{inLanguage(indicator.description, language)}</p>
      {law && (
        <p className="hint">
          {law.title}
          {law.article && `, ${law.article}`}
        </p>
      )}
      <p className="link-line open-links">
        <span className="visually-hidden">{t('od.downloads')}: </span>
        {Object.entries(indicator.links.downloads).map(([format, url]) => (
          <a key={format} href={onOwnHost(url)} download className="file-link">
            {format.toUpperCase()}
          </a>
        ))}
        <a href={onOwnHost(indicator.links.values)}>API</a>
        <button
          type="button"
          className="link"
          aria-expanded={embedding}
          onClick={() => setEmbedding(!embedding)}
        >
          {t('od.embed')}
        </button>
      </p>
      {embedding && <Snippet id={indicator.id} title={title} />}
    </li>
  )
}

function Snippet({ id, title }: { id: string; title: string }) {
  const { t, language } = useI18n()
  const text = embedSnippet(window.location.origin, id, title, language)
  return (
    <div className="snippet">
      <label>
        <span className="hint">{t('od.snippet')}</span>
        <textarea
          className="field mono"
          rows={4}
          readOnly
          value={text}
          onFocus={(event) => event.target.select()}
        />
      </label>
      <p className="link-line">
        <CopyButton text={text} />
        <a href={`/embed/${encodeURIComponent(id)}?lang=${language}`} target="_blank" rel="noreferrer">
          {t('od.preview')}
        </a>
      </p>
    </div>
  )
}
