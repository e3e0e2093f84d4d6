import { useEffect, useRef } from 'react'

import { createChart } from './echarts'
import type { ChartOption } from './option'

/** An ECharts canvas as large as its box. `label` says in words what it shows. */
export default function Chart({ option, label }: { option: ChartOption; label: string }) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<ReturnType<typeof createChart> | null>(null)

  useEffect(() => {
    const element = box.current
    if (!element) return undefined
    const created = createChart(element)
    chart.current = created
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
