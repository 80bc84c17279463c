import { dirname } from 'node:path'
import type { UsageError } from '../../errors.ts'
import { invalid, type Read, shape, text } from '../read-keys.ts'
import { isTokenUrl } from '../security/profile-keys.ts'
import { parseSecret, SECRET_FORMS, type Secret, shownSecret } from '../security/secrets/secret.ts'

/** The address of a Schema Registry, and the login for it. */
export interface RegistrySetting {
  /** Without a slash at its end. */
  readonly url: string
  readonly username?: Secret | undefined
  readonly password?: Secret | undefined
}

const URL_RULE = 'must be an http:// or https:// URL without a user name, a password and a query'
const LOGIN_RULE =
  'has a login, so its URL must begin with https://, because http:// would send the password unencrypted'
/** An example of a URL, for suggestions. */
export const EXAMPLE_REGISTRY = 'https://registry.example.com:8081'

/** Returns the URL of a registry without the slash at its end; `undefined` if it is not one. */
function registryUrl(given: string): string | undefined {
  const url = URL.parse(given)
  if (url === null || !['http:', 'https:'].includes(url.protocol) || /[@?#]/.test(given)) return undefined
  return given.replace(/\/+$/, '')
}

const secret: Read<Secret> = (value, at) => {
  const parsed = parseSecret(text(value, at), dirname(at.file))
  if ('problem' in parsed) throw invalid(at, parsed.problem, ...SECRET_FORMS.map((form) => `"${form}"`))
  return parsed.secret
}

const keys = shape({ url: text, username: secret, password: secret })

/** Reads the key `registry` of a profile: a URL, or an object with a URL and a login. */
export const registry: Read<RegistrySetting> = (value, at) => {
  const { url: given, username, password } = typeof value === 'string' ? { url: text(value, at) } : keys(value, at)
  return checkedRegistry({ given, username, password }, (problem) => invalid(at, problem, `"${EXAMPLE_REGISTRY}"`))
}

interface Given {
  readonly given: string | undefined
  readonly username?: Secret | undefined
  readonly password?: Secret | undefined
}

/** Checks an address and a login together. `fail` builds the error for a problem. */
export function checkedRegistry(
  { given, username, password }: Given,
  fail: (problem: string) => UsageError,
): RegistrySetting {
  const url = given === undefined ? undefined : registryUrl(given)
  if (url === undefined) throw fail(URL_RULE)
  if ((username === undefined) !== (password === undefined))
    throw fail('needs both a username and a password, or neither')
  if (username === undefined) return { url }
  if (!isTokenUrl(url)) throw fail(LOGIN_RULE)
  return { url, username, password }
}

/** Returns the setting as text, without its password. */
export const shownRegistry = ({ url, username, password }: RegistrySetting): string =>
  username === undefined || password === undefined
    ? url
    : `${url} as ${username.kind === 'plain' ? username.value : shownSecret(username)}`
