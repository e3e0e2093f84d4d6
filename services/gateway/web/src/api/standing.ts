import type { UseQueryResult } from '@tanstack/react-query'
import { useState } from 'react'

/** What shows of a query, be it of one answer or of a list that comes in pages. */
export interface Shown<T> extends Pick<
  UseQueryResult,
  'error' | 'errorUpdateCount' | 'isError' | 'isPending' | 'dataUpdatedAt' | 'failureCount'
> {
  data: T | undefined
  refetch: () => Promise<unknown>
}

export type Standing<T> =
  { kind: 'ready'; data: T } | { kind: 'waiting' } | { kind: 'failed'; error: Error | null }

/**
 * How a query stands for the reader. A failed one stays failed while it is tried again: TanStack Query calls it
 * pending then, and the page would flicker between "loading" and the reason.
 */
export function useStanding<T>(query: Shown<T>): Standing<T> {
  const [lastError, setLastError] = useState<Error | null>(null)
  if (query.error !== null && query.error !== lastError) setLastError(query.error)
  if (query.data !== undefined) return { kind: 'ready', data: query.data }
  if (query.errorUpdateCount > 0) return { kind: 'failed', error: query.error ?? lastError }
  return { kind: 'waiting' }
}
