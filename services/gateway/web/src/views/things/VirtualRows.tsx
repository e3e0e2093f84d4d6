import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef, type ReactNode } from 'react'

interface Props<Item> {
  label: string
  className: string
  headings: readonly { text: string; className?: string }[]
  items: readonly Item[]
  keyOf: (item: Item) => string
  rowHeight: number
  row: (item: Item) => ReactNode
}

/** A table of which only the rows in sight exist: thousands scroll as smoothly as ten. */
export function VirtualRows<Item>({ label, className, headings, items, keyOf, rowHeight, row }: Props<Item>) {
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => keyOf(items[index] as Item),
    overscan: 12,
    // Before the box has been measured (and where there is no layout at all) a screenful is drawn.
    initialRect: { width: 800, height: 800 },
  })
  return (
    <div
      ref={box}
      className={`grid-table ${className}`}
      role="table"
      aria-label={label}
      aria-rowcount={items.length + 1}
      tabIndex={0}
      data-testid="virtual-table"
    >
      <div className="grid-head" role="row" aria-rowindex={1}>
        {headings.map(({ text, className: kind }) => (
          <span key={text} role="columnheader" className={kind}>
            {text}
          </span>
        ))}
      </div>
      <div className="grid-body" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => (
          <div
            key={key}
            className="grid-row"
            role="row"
            aria-rowindex={index + 2}
            style={{ height: rowHeight, transform: `translateY(${start}px)` }}
          >
            {row(items[index] as Item)}
          </div>
        ))}
      </div>
    </div>
  )
}
