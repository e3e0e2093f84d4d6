import { afterEach, describe, expect, it, vi } from 'vitest'

import { address, ApiError, getJson, getPages } from '../src/api/client'
import type { Page } from '../src/api/types'

const json = (body: unknown, init: ResponseInit = {}) =>
  new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' }, ...init })

afterEach(() => vi.unstubAllGlobals())

function answer(...responses: (Response | Error)[]) {
  const fetch = vi.fn((_url: string) => {
    const next = responses.shift()
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
  })
  vi.stubGlobal('fetch', fetch)
  return fetch
}

describe('requests', () => {
  it('repeat a parameter for each value and leave out what is not given', () => {
    expect(address('/v1/latest', { datastream: [1, 2], from: undefined })).toBe(
      '/v1/latest?datastream=1&datastream=2',
    )
  })

  it('follow the pages on their own host, whatever name the answer gives it', async () => {
    const fetch = answer(
      json({ items: [1], next: 'http://10.0.0.7:9000/v1/things?cursor=x' }),
      json({ items: [2], next: null }),
    )
    expect((await getPages<Page<number>>('/v1/things')).items).toEqual([1, 2])
    expect(fetch.mock.calls.map(([url]) => url)).toEqual(['/v1/things', '/v1/things?cursor=x'])
  })

  it('give the reason that the gateway states', async () => {
    const problem = { title: 'Invalid time range', detail: 'from must be before to' }
    answer(json(problem, { status: 400, headers: { 'content-type': 'application/problem+json' } }))
    await expect(getJson('/v1/observations')).rejects.toMatchObject({ status: 400, detail: problem.detail })
  })

  it('tell a passing fault from a refusal', async () => {
    answer(new TypeError('Failed to fetch'))
    await expect(getJson('/v1/things')).rejects.toMatchObject({ status: 0, transient: true })
    expect(new ApiError(503, '').transient).toBe(true)
    expect(new ApiError(403, '').transient).toBe(false)
  })
})
