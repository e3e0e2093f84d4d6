import { useCallback, useEffect, useRef, useState } from 'react'

import type { Requests } from './requests'
import type { FileImport } from './types'
import { uploadFile } from './uploading'

export interface Upload {
  id: number
  name: string
  size: number
  sent: number
  /** Nothing comes through just now. */
  trouble: boolean
}

interface Uploading {
  upload: Upload | null
  error: Error | null
  /** Uploads a file, or what is missing of one that was begun. */
  begin: (file: File, begun: FileImport | null) => void
  /** Sends nothing more; what is there is kept. */
  pause: () => void
}

/** One upload at a time. It ends with the view; what has been sent is kept, and it goes on with the same file. */
export function useUpload(requests: Requests, onChange: (id: number) => void): Uploading {
  const [upload, setUpload] = useState<Upload | null>(null)
  const [error, setError] = useState<Error | null>(null)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  const begin = useCallback(
    (file: File, begun: FileImport | null) => {
      running.current?.abort()
      const control = new AbortController()
      running.current = control
      const { signal } = control
      const change = (part: Partial<Upload>) =>
        setUpload((before) => (before && !signal.aborted ? { ...before, ...part } : before))

      async function run() {
        setError(null)
        const { id, received } = begun ?? (await requests.create(file))
        if (signal.aborted) return
        setUpload({ id, name: file.name, size: file.size, sent: received, trouble: false })
        onChange(id)
        await uploadFile(
          file,
          received,
          {
            send: async (offset, piece) => (await requests.send(id, offset, piece, signal)).received,
            received: async () => (await requests.get(id, signal)).received,
            wait: (ms) => pauseOf(ms, signal),
            now: () => performance.now(),
          },
          {
            onProgress: (sent) => change({ sent }),
            onTrouble: (trouble) => change({ trouble }),
            signal,
          },
        )
        onChange(id)
      }

      run()
        .catch((cause: unknown) => {
          if (!signal.aborted) setError(cause instanceof Error ? cause : new Error(String(cause)))
        })
        .finally(() => {
          if (running.current === control) setUpload(null)
        })
    },
    [requests, onChange],
  )
  const pause = useCallback(() => {
    running.current?.abort()
    running.current = null
    setUpload(null)
  }, [])
  return { upload, error, begin, pause }
}

function pauseOf(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      window.clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = window.setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
