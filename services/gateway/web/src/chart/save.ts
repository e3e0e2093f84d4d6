import type { ChartOption } from './option'

const WIDTH = 1200
const HEIGHT = 630
const SHARPNESS = 2

/** A picture of a chart with its title, drawn for the purpose: it does not depend on the size of the window. */
export async function chartPicture(
  option: ChartOption,
  { title, note, ground }: { title: string; note: string; ground: string },
): Promise<Blob> {
  const { createChart } = await import('./echarts')
  const box = document.createElement('div')
  Object.assign(box.style, { width: `${WIDTH}px`, height: `${HEIGHT}px`, position: 'fixed', left: '-9999px' })
  document.body.append(box)
  const chart = createChart(box)
  try {
    const { textStyle } = option as { textStyle?: { fontFamily?: string; color?: string } }
    chart.setOption({
      ...option,
      title: {
        text: title,
        subtext: note,
        left: 24,
        top: 14,
        textStyle: { fontSize: 20, fontWeight: 600, ...textStyle },
        subtextStyle: { fontSize: 13, ...textStyle },
      },
      grid: { ...(option.grid as object), left: 24, right: 30, top: 110, bottom: 24 },
    })
    const canvas = chart.renderToCanvas({ pixelRatio: SHARPNESS, backgroundColor: ground })
    return await new Promise<Blob>((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The picture is empty')))),
    )
  } finally {
    chart.dispose()
    box.remove()
  }
}

export function saveAs(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // The download has taken the content by then.
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
