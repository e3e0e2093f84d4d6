const WIDTH = 120
const HEIGHT = 36
const PAD = 3

/** A line without axes; gaps stay gaps. Nothing is drawn of fewer than two values. */
export function Sparkline({ values, label }: { values: readonly (number | null)[]; label: string }) {
  const path = sparkPath(values)
  if (path === '') return null
  return (
    <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <path d={path} />
    </svg>
  )
}

export function sparkPath(values: readonly (number | null)[]): string {
  const known = values.filter((value): value is number => value !== null)
  if (known.length < 2) return ''
  const [low, high] = [Math.min(...known), Math.max(...known)]
  const x = (place: number) => PAD + (place / (values.length - 1)) * (WIDTH - 2 * PAD)
  const y = (value: number) =>
    high === low ? HEIGHT / 2 : HEIGHT - PAD - ((value - low) / (high - low)) * (HEIGHT - 2 * PAD)
  let pen = 'M'
  const steps: string[] = []
  values.forEach((value, place) => {
    if (value === null) {
      pen = 'M'
      return
    }
    steps.push(`${pen}${x(place).toFixed(1)} ${y(value).toFixed(1)}`)
    pen = 'L'
  })
  return steps.join('')
}
