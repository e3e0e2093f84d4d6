import { useI18n } from '../../i18n/I18n'
import { thresholdsOf, type AlarmLevels } from './levels'

const WIDTH = 240
const PAD = 10

/** Where the water stands between the alarm levels, on one line. */
export function RiverScale({ stage, levels }: { stage: number; levels: AlarmLevels }) {
  const { t, format } = useI18n()
  const marks = thresholdsOf(levels)
  const values = [stage, ...marks.map(({ value }) => value)]
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const room = (high - low || 1) * 0.12
  const x = (value: number) => PAD + ((value - low + room) / (high - low + 2 * room)) * (WIDTH - 2 * PAD)
  return (
    <svg
      className="river-scale"
      viewBox={`0 0 ${WIDTH} 40`}
      role="img"
      aria-label={[
        `${t('env.stage')} ${format.fixed(stage, 2)} m`,
        ...marks.map(({ label, value }) => `${label} ${format.fixed(value, 2)} m`),
      ].join(', ')}
    >
      <line className="river-line" x1={PAD} x2={WIDTH - PAD} y1="16" y2="16" />
      <line className="river-water" x1={PAD} x2={x(stage)} y1="16" y2="16" />
      {marks.map(({ value, label, colour }) => (
        <g key={label}>
          <line x1={x(value)} x2={x(value)} y1="8" y2="24" strokeWidth="2.5" style={{ stroke: colour }} />
          <text className="river-label" x={x(value)} y="36">
            {label}
          </text>
        </g>
      ))}
      <circle className="river-stage" cx={x(stage)} cy="16" r="5.5" />
    </svg>
  )
}
