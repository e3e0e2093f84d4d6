import type { Operator, SessionAnswer } from '../src/operator/session'

export const TOKEN = 'token-1'

export function operator(change: Partial<Operator> = {}): Operator {
  return {
    username: 'mai',
    displayName: 'Trần Thị Mai',
    role: 'operator',
    areaCodes: [],
    agencies: [],
    totp: false,
    ...change,
  }
}

export function sessionAnswer(
  who: Operator | null = null,
  change: Partial<SessionAnswer> = {},
): SessionAnswer {
  return {
    operator: who,
    csrfToken: who ? TOKEN : null,
    expiresAt: who ? '2026-11-21T12:00:00Z' : null,
    signIn: { password: true, openIdConnect: null },
    ...change,
  }
}
