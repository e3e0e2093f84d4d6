import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'

import { getJson, onOwnHost } from '../../api/client'
import type { Shown } from '../../api/standing'
import { eased } from '../../live/pace'
import type { Page } from '../../api/types'

export interface Pages<Item> {
  /** As of one whole list, for `Answer`. */
  query: Shown<Item[]>
  more: (() => void) | null
  loadingMore: boolean
}

/** A list that comes in pages; what was opened is asked for again every `refreshMs`. */
export function usePages<Item>(
  key: readonly unknown[],
  url: string,
  { enabled = true, refreshMs = 30_000 }: { enabled?: boolean; refreshMs?: number | false } = {},
): Pages<Item> {
  const query = useInfiniteQuery({
    queryKey: [...key, url],
    queryFn: ({ pageParam, signal }) => getJson<Page<Item>>(pageParam, { signal }),
    initialPageParam: url,
    getNextPageParam: (page) => (page.next === null ? null : onOwnHost(page.next)),
    select: (data) => data.pages.flatMap((page) => page.items),
    placeholderData: keepPreviousData,
    refetchInterval: () => refreshMs && eased(refreshMs),
    enabled,
    // Who shows the items may be drawn later than who asks for them.
    notifyOnChangeProps: 'all',
  })
  return {
    query: query,
    more: query.hasNextPage ? () => void query.fetchNextPage() : null,
    loadingMore: query.isFetchingNextPage,
  }
}
