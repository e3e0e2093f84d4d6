import type { Freshness } from './freshness'

/** Form as well as colour tells the states apart: disc, diamond, empty ring. */
export function StateShape({ state, size }: { state: Freshness; size: number }) {
  if (state === 'stale') {
    return (
      <path
        className="shape shape-stale"
        d={`M0 ${-size * 1.25}L${size * 1.25} 0L0 ${size * 1.25}L${-size * 1.25} 0Z`}
      />
    )
  }
  return <circle className={`shape shape-${state}`} r={state === 'none' ? size * 0.85 : size} />
}

export function StateMark({ state }: { state: Freshness }) {
  return (
    <svg className="state-mark" viewBox="-8 -8 16 16" width="12" height="12" aria-hidden="true">
      <StateShape state={state} size={5} />
    </svg>
  )
}
