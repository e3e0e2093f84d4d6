import { ApiError } from '../../../api/client'

/** A piece has so many bytes at least, unless it is the last: the gateway wants that. */
export const SMALLEST_PIECE = 64 * 1024
export const LARGEST_PIECE = 4 * 1024 * 1024
const FIRST_PIECE = 1024 * 1024
const QUICK_MS = 1_000
const LONGEST_WAIT_MS = 15_000

export interface Line {
  /** Sends a piece; how many bytes are there then. */
  send: (offset: number, piece: Blob) => Promise<number>
  /** How many bytes are there. */
  received: () => Promise<number>
  wait: (ms: number) => Promise<void>
  now: () => number
}

export interface Following {
  onProgress: (sent: number) => void
  /** Nothing came through just now; it is tried again by itself. */
  onTrouble: (trouble: boolean) => void
  signal: AbortSignal
}

/**
 * Uploads a file from `start` on, piece by piece, and goes on after a lost connection for as long as it takes: pieces
 * become smaller on a slow line and larger on a quick one. Throws what cannot be helped by trying again.
 */
export async function uploadFile(file: Blob, start: number, line: Line, following: Following): Promise<void> {
  const { onProgress, onTrouble, signal } = following
  let offset = start
  let size = FIRST_PIECE
  let failures = 0
  while (offset < file.size) {
    signal.throwIfAborted()
    const began = line.now()
    try {
      offset = await line.send(offset, file.slice(offset, offset + size))
      if (line.now() - began < QUICK_MS) size = Math.min(size * 2, LARGEST_PIECE)
      failures = 0
      onTrouble(false)
      onProgress(offset)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ApiError)) throw error
      if (error.code !== 'import-offset' && !error.transient && error.status !== 408) throw error
      if (error.code !== 'import-offset') {
        onTrouble(true)
        size = Math.max(Math.floor(size / 2), SMALLEST_PIECE)
        await line.wait(Math.max((error.retryAfter ?? 0) * 1_000, backoff(failures)))
        failures += 1
      }
      offset = await whereItIs(line, offset, signal)
      onProgress(offset)
    }
  }
}

/** What arrived although no answer came is not sent again. */
async function whereItIs(line: Line, offset: number, signal: AbortSignal): Promise<number> {
  try {
    return await line.received()
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ApiError && error.transient) return offset // the next piece will find out
    throw error
  }
}

function backoff(failures: number): number {
  return Math.min(500 * 2 ** failures, LONGEST_WAIT_MS)
}
