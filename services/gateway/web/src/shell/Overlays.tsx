import { useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'

import { useNow } from '../view/useNow'
import { useOverlays } from '../view/overlays'
import { parseWhy } from '../view/search'

const AlertDrawer = lazy(async () => ({ default: (await import('../alerts/AlertDrawer')).AlertDrawer }))
const ExplanationDrawer = lazy(async () => ({
  default: (await import('../indicators/explanation/ExplanationDrawer')).ExplanationDrawer,
}))

/** The drawers that can lie above any view; the address says which is open. */
export function Overlays() {
  const { why: whyTextOf, alert } = useSearch({ from: '__root__' })
  const { askWhy, close } = useOverlays()
  const now = useNow(60_000)
  const why = parseWhy(whyTextOf)
  return (
    <Suspense fallback={null}>
      {why && <ExplanationDrawer key={whyTextOf} name={why} now={now} onWhy={askWhy} onClose={close} />}
      {alert && !why && <AlertDrawer key={alert} id={Number(alert)} onWhy={askWhy} onClose={close} />}
    </Suspense>
  )
}
