// A real OpenID Connect provider for tests, with new signing keys at each start.
// Environment: PORT, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, PEOPLE (JSON: subject → claims).
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import Provider from 'oidc-provider'

const { PORT, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, PEOPLE } = process.env
const people = JSON.parse(PEOPLE)
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: randomBytes(8).toString('hex') }

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [REDIRECT_URI] }],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'], groups: ['groups'] },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  jwks: { keys: [key] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  findAccount: (_context, id) =>
    people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
})
provider.listen(Number(PORT), '127.0.0.1', () => console.log(`ready ${key.kid}`))
