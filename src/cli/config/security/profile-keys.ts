import { dirname } from 'node:path'
import { invalid, type KeyPath, type Read, shape, text, yesOrNo } from '../read-keys.ts'
import type { Setting } from '../setting.ts'
import { type ParsedSecret, parsePem, parseSecret, SECRET_FORMS, type Secret } from './secrets/secret.ts'
import { type Mechanism, mechanisms, type SecurityKey, type SecuritySettings, type Sourced } from './settings.ts'

const readWith =
  (parse: (text: string, folder: string) => ParsedSecret): Read<Secret> =>
  (value, at) => {
    const parsed = parse(text(value, at), dirname(at.file))
    if ('problem' in parsed) throw invalid(at, parsed.problem, ...SECRET_FORMS.map((form) => `"${form}"`))
    return parsed.secret
  }

const secret = readWith(parseSecret)
const pem = readWith(parsePem)

const mechanism: Read<Mechanism> = (value, at) => {
  const given = text(value, at).toUpperCase()
  const found = mechanisms.find((name) => name === given)
  if (found !== undefined) return found
  throw invalid(at, 'is not a mechanism that crbus supports', ...mechanisms.map((name) => `"${name}"`))
}

const tokenUrl: Read<string> = (value, at) => {
  const given = text(value, at)
  if (!isTokenUrl(given))
    throw invalid(
      at,
      'must be an https:// URL without a user name and password',
      '"https://login.example.com/oauth2/token"',
    )
  return given
}

/** Whether a URL may receive the client secret: only with TLS, or on this machine. */
export function isTokenUrl(text: string): boolean {
  const url = URL.parse(text)
  // `http://localhost:80@example.com` names the host example.com, and a password in the URL would be shown with it.
  if (url === null || url.username !== '' || url.password !== '' || text.includes('@')) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOCAL_HOSTS.includes(url.hostname))
}

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]']

const tlsKeys = shape({
  ca: pem,
  cert: pem,
  key: pem,
  pfx: pem,
  keyPassphrase: secret,
  serverName: text,
  insecure: yesOrNo,
  anyHostName: yesOrNo,
})

const saslKeys = shape({
  mechanism,
  username: secret,
  password: secret,
  token: secret,
  tokenUrl,
  clientId: text,
  clientSecret: secret,
  scope: text,
  extensions: text,
  region: text,
})

/** Reads the key `tls` of a profile: `true`, `false` or an object. */
export const tls: Read<Sourced> = (value, at) => {
  if (typeof value === 'boolean') return sourced(at, { tls: value })
  const { keyPassphrase, ...keys } = tlsKeys(value, at)
  return sourced(at, { tls: true, ...keys, passphrase: keyPassphrase })
}

/** Reads the key `sasl` of a profile. */
export const sasl: Read<Sourced> = (value, at) => {
  const keys = saslKeys(value, at)
  if (keys.mechanism === undefined) throw invalid(at, 'has no mechanism', ...mechanisms.map((name) => `"${name}"`))
  return sourced(at, { login: true, ...keys })
}

function sourced({ file }: KeyPath, settings: { readonly [Key in SecurityKey]?: SecuritySettings[Key] | undefined }) {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    entries.map(([key, value]): [string, Setting<unknown>] => [key, { value, from: file }]),
  ) as Sourced
}
