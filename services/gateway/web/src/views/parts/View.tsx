import type { ReactNode } from 'react'

import { useStanding, type Shown } from '../../api/standing'
import { StaleNote } from '../../shell/StaleNote'
import { ErrorMessage, Loading, StateMessage } from '../../shell/StateMessage'

/** A view: its heading, what it is about, what can be done in it. */
export function View({
  name,
  title,
  lead,
  tools,
  children,
}: {
  name: string
  title: string
  lead?: ReactNode
  tools?: ReactNode
  children: ReactNode
}) {
  return (
    <div className={`sheet sheet-${name}`} data-testid={`view-${name}`}>
      <header className="sheet-head">
        <div className="sheet-titles">
          <h2 id={`${name}-title`}>{title}</h2>
          {lead && <p className="hint">{lead}</p>}
        </div>
        {tools && <div className="sheet-tools">{tools}</div>}
      </header>
      {children}
    </div>
  )
}

export function Panel({
  id,
  title,
  note,
  tools,
  className = '',
  children,
}: {
  id: string
  title: string
  note?: ReactNode
  tools?: ReactNode
  className?: string
  children: ReactNode
}) {
  return (
    <section className={`panel ${className}`} id={id} aria-labelledby={`${id}-title`}>
      <div className="panel-head">
        <h3 id={`${id}-title`}>{title}</h3>
        {note && <p className="hint">{note}</p>}
        {tools && <div className="panel-end">{tools}</div>}
      </div>
      {children}
    </section>
  )
}

interface AnswerProps<T> {
  query: Shown<T>
  /** Whether there is nothing in the answer. */
  empty?: (data: T) => boolean
  emptyTitle?: string
  emptyHint?: string
  children: (data: T) => ReactNode
}

/** What a query has brought: the content, or in its place loading, the error or "nothing there". */
export function Answer<T>({ query, empty, emptyTitle = '', emptyHint, children }: AnswerProps<T>) {
  const standing = useStanding(query)
  if (standing.kind === 'waiting') return <Loading />
  if (standing.kind === 'failed')
    return <ErrorMessage error={standing.error} onRetry={() => void query.refetch()} />
  return (
    <>
      <StaleNote query={query} />
      {empty?.(standing.data) ? (
        <StateMessage title={emptyTitle} {...(emptyHint ? { hint: emptyHint } : {})} />
      ) : (
        children(standing.data)
      )}
    </>
  )
}
