import type { ColorChoice } from '../config/color.ts'
import { SECRET_PREFIX, type Secret } from '../config/security/secrets/secret.ts'
import type { SecurityKey, SecuritySettings, Sourced } from '../config/security/settings.ts'

/** A profile as a configuration file has it. */
export interface ProfileKeys {
  readonly brokers?: string | undefined
  readonly dataDir?: string | undefined
  readonly tls?: boolean | Readonly<Record<string, string | boolean>> | undefined
  readonly sasl?: Readonly<Record<string, string>> | undefined
  readonly clusterId?: string | undefined
  readonly store?: string | undefined
  readonly readOnly?: boolean | undefined
  readonly protected?: boolean | undefined
  readonly maxBatchBytes?: number | undefined
  readonly schemas?: string | undefined
  /** The URL of a Schema Registry, with where its login is. */
  readonly registry?:
    | string
    | { readonly url: string; readonly username: string; readonly password: string }
    | undefined
  readonly color?: ColorChoice | undefined
}

/** The settings that a profile can hold, in the order of its file, with their keys in `tls` and `sasl`. */
const securityPaths: Partial<Readonly<Record<SecurityKey, string>>> = {
  ca: 'tls.ca',
  cert: 'tls.cert',
  key: 'tls.key',
  pfx: 'tls.pfx',
  passphrase: 'tls.keyPassphrase',
  serverName: 'tls.serverName',
  insecure: 'tls.insecure',
  anyHostName: 'tls.anyHostName',
  mechanism: 'sasl.mechanism',
  username: 'sasl.username',
  password: 'sasl.password',
  token: 'sasl.token',
  tokenUrl: 'sasl.tokenUrl',
  clientId: 'sasl.clientId',
  clientSecret: 'sasl.clientSecret',
  scope: 'sasl.scope',
  extensions: 'sasl.extensions',
  region: 'sasl.region',
}

/** Returns where a profile has a setting, such as `sasl.password`. */
export const securityPath = (key: SecurityKey): string => securityPaths[key] ?? key

/** Returns the keys `tls` and `sasl` of a profile with these settings. */
export function securityKeys(settings: Sourced): Pick<ProfileKeys, 'tls' | 'sasl'> {
  const parts = { tls: {} as Record<string, string | boolean>, sasl: {} as Record<string, string> }
  for (const [key, path] of Object.entries(securityPaths)) {
    const value = settings[key as SecurityKey]?.value
    if (value === undefined || value === false) continue
    const [part, name] = path.split('.') as ['tls' | 'sasl', string]
    parts[part][name] = (typeof value === 'object' ? secretText(value, key as SecurityKey) : value) as string
  }
  const { tls, login } = settings
  const hasTls = Object.keys(parts.tls).length > 0
  return {
    tls: tls?.value === false ? false : hasTls ? parts.tls : tls?.value,
    sasl: login?.value === false || Object.keys(parts.sasl).length === 0 ? undefined : parts.sasl,
  }
}

/** Settings for which a path needs no prefix. */
const pemKeys: readonly SecurityKey[] = ['ca', 'cert', 'key', 'pfx'] satisfies readonly (keyof SecuritySettings)[]

/** Writes a secret as `parseSecret` and `parsePem` read it. */
export function secretText(secret: Secret, key: SecurityKey): string {
  switch (secret.kind) {
    case 'plain':
      return SECRET_PREFIX.test(secret.value) ? `plain:${secret.value}` : secret.value
    case 'env':
      return `env:${secret.variable}`
    case 'file':
      return pemKeys.includes(key) && !SECRET_PREFIX.test(secret.path) ? secret.path : `file:${secret.path}`
    case 'command':
      return `cmd:${secret.words.map(quoted).join(' ')}`
    case 'keyring':
      return `keyring:${secret.service}/${secret.account}`
  }
}

/** Quotes a word of a command. A part with both kinds of quotes is not possible in one pair. */
const quoted = (word: string): string => {
  if (word === '') return '""'
  if (!/[\s"']/.test(word)) return word
  return word
    .split(/("+)/)
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('"') ? `'${part}'` : `"${part}"`))
    .join('')
}
