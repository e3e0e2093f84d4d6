import { Link } from '@tanstack/react-router'
import { useMemo } from 'react'

import { explanationAddress, useExplanation, type FigureName } from '../../api/indicatorQueries'
import type { Explanation, Inputs } from '../../api/indicatorTypes'
import { useStanding } from '../../api/standing'
import { useI18n } from '../../i18n/I18n'
import { Dialog } from '../../shell/Dialog'
import { StaleNote } from '../../shell/StaleNote'
import { ErrorMessage, Loading } from '../../shell/StateMessage'
import { BandChip } from '../BandChip'
import { inLanguage, subjectName, unitText, valueText } from '../cardText'
import { FigureMarks } from '../FigureMarks'
import { periodLabel } from '../period'
import { Computation } from './Computation'
import { InputList } from './InputList'
import { Law } from './Law'
import { Revisions } from './Revisions'

interface Props {
  name: FigureName
  now: number
  onWhy: (name: FigureName) => void
  onClose: () => void
}

/** "Why this number?": everything the gateway knows of a figure, from the law down to single readings and cases. */
export function ExplanationDrawer({ name, now, onWhy, onClose }: Props) {
  const { t } = useI18n()
  const query = useExplanation(name)
  const standing = useStanding(query)
  const explanation = useMemo(
    () => (standing.kind === 'ready' ? wholeOf(standing.data.pages) : null),
    [standing.kind === 'ready' ? standing.data : null],
  )

  return (
    <Dialog
      className="drawer"
      title={t('why')}
      onClose={onClose}
      subtitle={explanation && <Heading explanation={explanation} />}
    >
      <div className="drawer-body" tabIndex={-1} data-testid="explanation">
        {standing.kind === 'failed' ? (
          <ErrorMessage error={standing.error} onRetry={() => void query.refetch()} />
        ) : !explanation ? (
          <Loading />
        ) : (
          <>
            <StaleNote query={query} />
            <div className="why-head">
              <FigureLine explanation={explanation} now={now} />
              <IndicatorLink name={name} />
            </div>
            <Computation explanation={explanation} />
            <InputList
              explanation={explanation}
              onWhy={onWhy}
              more={query.hasNextPage ? () => void query.fetchNextPage() : null}
              loadingMore={query.isFetchingNextPage}
            />
            <Revisions explanation={explanation} />
            <Law definition={explanation.definition} />
            <p className="drawer-link">
              <a href={explanationAddress(name)} target="_blank" rel="noreferrer">
                {t('apiAnswer')}
              </a>
            </p>
          </>
        )}
      </div>
    </Dialog>
  )
}

/** The way from one figure to the others of its indicator. */
function IndicatorLink({ name: { indicator, subject } }: { name: FigureName }) {
  const { t } = useI18n()
  return (
    <Link to="/indicators/$id" params={{ id: indicator }} search={{ subject }} className="button">
      {t('openIndicator')}
    </Link>
  )
}

/** The first page with the inputs of all pages. */
function wholeOf(pages: readonly Explanation[]): Explanation | null {
  const first = pages[0]
  if (!first) return null
  const items = pages.flatMap((page): unknown[] => page.inputs.items)
  // Pages of one explanation have inputs of one kind.
  return { ...first, inputs: { ...first.inputs, items } as Inputs }
}

function Heading({ explanation: { definition, figure } }: { explanation: Explanation }) {
  const { t, language } = useI18n()
  return (
    <p className="panel-note">
      <span>{inLanguage(definition.names, language)}</span>
      <span>
        {subjectName(figure.subject, language)} · {periodLabel(figure.period, t, language)}
      </span>
    </p>
  )
}

function FigureLine({ explanation, now }: { explanation: Explanation; now: number }) {
  const i18n = useI18n()
  const { t, format, language } = i18n
  const { definition, figure } = explanation
  return (
    <div className="why-figure">
      <p className="why-value">
        <span className={figure.value === null ? 'card-none' : 'value-number'} data-testid="explained-value">
          {valueText(figure, definition.decimals, i18n)}
        </span>
        {figure.value !== null && <span className="value-unit">{unitText(definition.unit, language)}</span>}
      </p>
      <p className="card-marks">
        {figure.band && <BandChip band={figure.band} />}
        <FigureMarks figure={figure} decimals={definition.decimals} now={now} />
      </p>
      {figure.knownFrom && (
        <p className="hint">
          {t('knownFrom', { time: format.dateTime(figure.knownFrom) })}
          {figure.reason && ` · ${t(`reason.${figure.reason}`)}`}
        </p>
      )}
    </div>
  )
}
