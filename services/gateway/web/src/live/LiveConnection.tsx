import { useQueryClient } from '@tanstack/react-query'
import { useEffect, type ReactNode } from 'react'

import { noteAnswer } from '../api/answers'
import { useSession } from '../operator/session'
import { Announcements, type AlertAnnouncement, type ValuesEvent } from './events'
import { liveMode, onRecovery, setLiveMode } from './pace'

/** Pauses before a refused connection is tried again, ms; the last one is kept. */
const RETRY_MS = [5_000, 15_000, 60_000]

/** Readings are asked for every two seconds anyway: a page shows hundreds of datastreams, each of which would be named. */
const ADDRESS = '/v1/live?topics=values,alerts'

/**
 * One EventSource for the whole page. The browser reconnects by itself and says what it saw last; a gateway that
 * refuses (404: it has none, 503: too many readers) is asked again with growing pauses, and the page polls meanwhile.
 */
export function LiveConnection({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const { operator, settled } = useSession()
  const who = operator?.username ?? null

  useEffect(() => {
    if (!settled || typeof EventSource === 'undefined') {
      if (settled) setLiveMode('polling')
      return undefined
    }
    const announcements = new Announcements(client)
    let source: EventSource | null = null
    let timer: number | null = null
    let refusals = 0
    let wasOpen = false

    function open() {
      timer = null
      const opened = new EventSource(ADDRESS)
      source = opened
      opened.onopen = () => {
        refusals = 0
        noteAnswer(true)
        setLiveMode('streaming')
        // The browser resumes by itself; a connection that we made anew may have missed something.
        if (wasOpen) announcements.reset()
        wasOpen = true
      }
      opened.onerror = () => {
        // The pace of every query depends on the mode: asking once sets it anew. Each further attempt that fails
        // comes here again, and changes nothing.
        const isNews = wasOpen && liveMode() === 'streaming'
        setLiveMode('polling')
        if (isNews) announcements.reset()
        if (opened.readyState !== EventSource.CLOSED) return
        timer = window.setTimeout(open, RETRY_MS[Math.min(refusals, RETRY_MS.length - 1)])
        refusals += 1
      }
      listen<ValuesEvent>(opened, 'values', (data) => announcements.values(data))
      listen<AlertAnnouncement>(opened, 'alert', (data) => announcements.alert(data))
      opened.addEventListener('reset', () => announcements.reset())
    }
    open()
    const recovered = onRecovery(() => {
      if (timer === null) return
      window.clearTimeout(timer)
      refusals = 0
      open()
    })
    return () => {
      recovered()
      source?.close()
      announcements.stop()
      if (timer !== null) window.clearTimeout(timer)
      setLiveMode('opening')
    }
  }, [client, who, settled])

  return <>{children}</>
}

function listen<Data>(source: EventSource, name: string, act: (data: Data) => void): void {
  source.addEventListener(name, (event) => {
    noteAnswer(true)
    act(JSON.parse((event as MessageEvent<string>).data) as Data)
  })
}
