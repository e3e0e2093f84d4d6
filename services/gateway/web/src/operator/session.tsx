import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useMemo, type ReactNode } from 'react'

import { ApiError, deleteJson, getJson, postJson, setCsrfToken } from '../api/client'

export type Role = 'integrator' | 'viewer' | 'operator' | 'admin'

/** Who is signed in, as the gateway knows them. */
export interface Operator {
  username: string
  displayName: string
  role: Role
  /** Areas and agencies that they are bound to; empty: all. */
  areaCodes: string[]
  agencies: string[]
  /** Whether a code is asked for besides the password. */
  totp: boolean
  /** Keys of the providers that they manage. */
  providers?: string[]
}

export interface SessionAnswer {
  operator: Operator | null
  csrfToken: string | null
  expiresAt: string | null
  signIn: { password: boolean; openIdConnect: { name: string; start: string } | null }
}

export interface Session {
  operator: Operator | null
  /** False until the gateway has said who is signed in, or that it cannot. */
  settled: boolean
  expiresAt: string | null
  offered: SessionAnswer['signIn']
  /** Throws ApiError; its code says `wrong-credentials`, `totp-required`, `wrong-code` or `too-many-guesses`. */
  signIn: (username: string, password: string, code?: string) => Promise<void>
  signOut: (everywhere?: boolean) => Promise<void>
  /** Reads the session again, after the account was changed. */
  refresh: () => Promise<void>
}

const SESSION = '/v1/session'
const SESSION_KEY = ['session'] as const
/** Short enough that a session which ended elsewhere is noticed. */
const RENEW_MS = 60_000
const PASSWORD_ONLY: SessionAnswer['signIn'] = { password: true, openIdConnect: null }
const NOBODY: SessionAnswer = { operator: null, csrfToken: null, expiresAt: null, signIn: PASSWORD_ONLY }

const Context = createContext<Session | null>(null)

export function SessionProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const query = useQuery({
    queryKey: SESSION_KEY,
    queryFn: async ({ signal }) => take(await readSession(signal)),
    refetchInterval: RENEW_MS,
    staleTime: RENEW_MS / 2,
  })
  const answer = query.data ?? NOBODY
  const settled = query.data !== undefined || query.isError

  const session = useMemo<Session>(() => {
    // What another reader was allowed to see must not stay on the screen.
    const become = async (next: SessionAnswer) => {
      client.setQueryData(SESSION_KEY, take(next))
      // The views learn first who reads now: what that reader may not ask for, nobody asks again.
      await new Promise((resolve) => window.setTimeout(resolve))
      await client.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] })
    }
    return {
      operator: answer.operator,
      settled,
      expiresAt: answer.expiresAt,
      offered: answer.signIn,
      signIn: async (username, password, code) =>
        become(await postJson<SessionAnswer>(SESSION, { username, password, ...(code ? { code } : {}) })),
      signOut: async (everywhere = false) => {
        await deleteJson(everywhere ? `${SESSION}?everywhere=true` : SESSION)
        await become({ ...answer, operator: null, csrfToken: null, expiresAt: null })
      },
      refresh: () => client.invalidateQueries({ queryKey: SESSION_KEY }),
    }
  }, [client, answer, settled])

  useEffect(() => setCsrfToken(answer.csrfToken), [answer.csrfToken])
  return <Context value={session}>{children}</Context>
}

export function useSession(): Session {
  const session = useContext(Context)
  if (!session) throw new Error('useSession needs a SessionProvider above it')
  return session
}

/** Whether somebody may act: operators and administrators. */
export function mayAct(operator: Operator | null): boolean {
  return operator !== null && (operator.role === 'operator' || operator.role === 'admin')
}

/** Whether somebody manages a provider: its members, and administrators all. */
export function mayManage(operator: Operator | null): boolean {
  return operator !== null && (operator.role === 'admin' || (operator.providers ?? []).length > 0)
}

async function readSession(signal: AbortSignal): Promise<SessionAnswer> {
  try {
    return await getJson<SessionAnswer>(SESSION, { signal })
  } catch (error) {
    // A gateway without sessions is read as the public reads it.
    if (error instanceof ApiError && error.status === 404) return NOBODY
    throw error
  }
}

/** The token has to be known before anything of the answer shows. */
function take(answer: SessionAnswer): SessionAnswer {
  setCsrfToken(answer.csrfToken)
  return answer
}
