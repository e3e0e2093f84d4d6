import type { ReactNode } from 'react'

import { useI18n } from '../../i18n/I18n'
import { More } from './More'
import type { Pages } from './pages'
import { Answer } from './View'

/** Its title, or that and a class. */
export type Column = string | readonly [title: string, className: string]

interface TableProps {
  /** What the table shows: its box scrolls on narrow screens, and is a region of its own. */
  label: string
  columns: readonly Column[]
  /** Whether a last column has what can be done with a row. */
  acts?: boolean
  /** Whether its rows become blocks on narrow screens. */
  stack?: boolean
  /** Further classes of the table. */
  className?: string
}

/** A table in its box. */
export function Table({
  label,
  columns,
  acts = false,
  stack = true,
  className = '',
  children,
}: TableProps & { children: ReactNode }) {
  const { t } = useI18n()
  return (
    <div className="table-box" tabIndex={0} role="region" aria-label={label}>
      <table className={`table ${stack ? 'table-stack' : ''} ${className}`}>
        <thead>
          <tr>
            {columns.map((column) => {
              const [title, of] = typeof column === 'string' ? [column] : column
              return (
                <th key={title} scope="col" className={of}>
                  {title}
                </th>
              )
            })}
            {acts && (
              <th scope="col">
                <span className="visually-hidden">{t('act')}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

interface PagedTableProps<Item> extends TableProps {
  pages: Pages<Item>
  emptyTitle: string
  emptyHint?: string
  /** The row of an item, with a key. */
  children: (item: Item) => ReactNode
}

/** A list that comes in pages, as a table; or in its place loading, the error or "nothing there". */
export function PagedTable<Item>({
  pages,
  emptyTitle,
  emptyHint = '',
  children,
  ...table
}: PagedTableProps<Item>) {
  return (
    <>
      <Answer
        query={pages.query}
        empty={(items) => items.length === 0}
        emptyTitle={emptyTitle}
        emptyHint={emptyHint}
      >
        {(items) => <Table {...table}>{items.map((item) => children(item))}</Table>}
      </Answer>
      <More pages={pages} />
    </>
  )
}
