import { createContext, useContext, useMemo, useState, type ReactNode } from 'react'

import { getJson } from '../api/client'

/** Somebody who acts. Kept in the memory of this page only: a reload forgets it. */
export interface Operator {
  name: string
  /** Value of the Authorization header. */
  authorization: string
}

export interface Session {
  operator: Operator | null
  /** Throws ApiError: 401 when the name or the password is wrong, 429 when wrong ones came too fast. */
  signIn: (name: string, password: string) => Promise<void>
  signOut: () => void
}

const Context = createContext<Session | null>(null)

export function SessionProvider({ children }: { children: ReactNode }) {
  const [operator, setOperator] = useState<Operator | null>(null)
  const session = useMemo<Session>(
    () => ({
      operator,
      signIn: async (name, password) => {
        const authorization = basicCredential(name, password)
        // Any reading door tells whether a credential is good, also where reading is open to everybody.
        await getJson('/v1/alerts?limit=1', { authorization })
        setOperator({ name, authorization })
      },
      signOut: () => setOperator(null),
    }),
    [operator],
  )
  return <Context value={session}>{children}</Context>
}

export function useSession(): Session {
  const session = useContext(Context)
  if (!session) throw new Error('useSession needs a SessionProvider above it')
  return session
}

/** RFC 7617 with UTF-8, so that names and passwords in Vietnamese work. */
export function basicCredential(name: string, password: string): string {
  const bytes = new TextEncoder().encode(`${name}:${password}`)
  return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`
}
