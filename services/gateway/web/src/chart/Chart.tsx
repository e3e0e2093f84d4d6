import { useEffect, useRef } from 'react'

import { createChart } from './echarts'
import type { ChartOption } from './option'

/** An ECharts canvas as large as its box. `label` says in words what it shows. */
interface Props {
  option: ChartOption
  label: string
  /** A point was pressed: index in the series, in which all members count. */
  onPoint?: (index: number) => void
}

export default function Chart({ option, label, onPoint }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<ReturnType<typeof createChart> | null>(null)
  const point = useRef(onPoint)
  point.current = onPoint

  useEffect(() => {
    const element = box.current
    if (!element) return undefined
    const created = createChart(element)
    chart.current = created
    created.on('click', (event) => point.current?.(event.dataIndex))
    const observer = new ResizeObserver(() => created.resize())
    observer.observe(element)
    return () => {
      observer.disconnect()
      created.dispose()
      chart.current = null
    }
  }, [])

  useEffect(() => {
    // Series are replaced as a whole (a band may go away); the zoom the reader has set is kept.
    chart.current?.setOption(option, { replaceMerge: ['series'] })
  }, [option])

  return <div ref={box} className="chart" role="img" aria-label={label} data-testid="chart" />
}
