/**
 * Sign-in of the stand-in gateway. Any name signs in with the password "mock": "admin" as administrator, "viewer" as
 * viewer, "code" is asked for a code (123456), everybody else is an operator.
 */
import { randomUUID } from 'node:crypto'

const COOKIE = 'fansipan_session'
const sessions = new Map()

export async function bodyOf(request) {
  let body = ''
  for await (const part of request) body += part
  return JSON.parse(body || '{}')
}

export function sessionOf(request) {
  const id = new RegExp(`${COOKIE}=([^;]+)`).exec(request.headers.cookie ?? '')?.[1]
  return sessions.get(id) ?? null
}

/** The name of who asks, null for the public, false when a change lacks its token. */
export function operatorOf(request) {
  const session = sessionOf(request)
  if (!session) return null
  if (request.method !== 'GET' && request.headers['x-csrf-token'] !== session.csrfToken) return false
  return session.operator.username
}

function answer(session) {
  return {
    operator: session?.operator ?? null,
    csrfToken: session?.csrfToken ?? null,
    expiresAt: session ? new Date(Date.now() + 8 * 3_600_000).toISOString() : null,
    signIn: { password: true, openIdConnect: null },
  }
}

/** Answers a request to /v1/session: `{ status, body, headers }`; `code` when it is refused. */
export async function mockSession(request) {
  if (request.method === 'GET') return { status: 200, body: answer(sessionOf(request)) }
  if (request.method === 'DELETE') {
    const session = sessionOf(request)
    if (session) sessions.delete(session.id)
    return { status: 204, headers: { 'set-cookie': `${COOKIE}=; Path=/; Max-Age=0` } }
  }
  const { username = '', password, code } = await bodyOf(request)
  if (password !== 'mock') return { status: 401, code: 'wrong-credentials' }
  if (username === 'code' && !code) return { status: 401, code: 'totp-required' }
  if (username === 'code' && code !== '123456') return { status: 401, code: 'wrong-code' }
  const role = ['admin', 'viewer'].includes(username) ? username : 'operator'
  const session = {
    id: randomUUID(),
    csrfToken: randomUUID(),
    operator: {
      username,
      displayName: username === 'admin' ? 'Nguyễn Thị Lan' : username,
      role,
      areaCodes: [],
      agencies: [],
      totp: username === 'code',
    },
  }
  sessions.set(session.id, session)
  return {
    status: 200,
    body: answer(session),
    headers: { 'set-cookie': `${COOKIE}=${session.id}; Path=/; HttpOnly; SameSite=Lax` },
  }
}
