import { UsageError } from '../../errors.ts'
import { hint } from '../../suggestions.ts'
import type { Secret } from './secrets/secret.ts'
import { type Mechanism, merged, type SecurityKey, type SecuritySettings, type Sourced } from './settings.ts'

/** How to connect with TLS. The texts are references until `openSecurity` reads them. */
export interface Tls
  extends Pick<
    Partial<SecuritySettings>,
    'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'serverName' | 'insecure' | 'anyHostName'
  > {}

/** How to log in. */
export type Login =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
      readonly username: Secret
      readonly password: Secret
    }
  | { readonly mechanism: 'OAUTHBEARER'; readonly token: Secret; readonly extensions?: string | undefined }
  | ({ readonly mechanism: 'OAUTHBEARER' } & ClientCredentials)
  | { readonly mechanism: 'AWS_MSK_IAM'; readonly region?: string | undefined }

/** The client-credentials grant of OAuth 2 (RFC 6749, 4.4). */
export interface ClientCredentials {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: Secret
  readonly scope?: string | undefined
  readonly extensions?: string | undefined
}

/** TLS and login of a connection to brokers. */
export interface Security {
  readonly tls?: Tls | undefined
  readonly login?: Login | undefined
  /** Whether the login sends a readable secret, so that it may go to brokers on this machine only. */
  readonly isLocalOnly?: boolean | undefined
  /** Where the settings of TLS and of the login come from, without repetitions. */
  readonly from: { readonly tls: readonly string[]; readonly login: readonly string[] }
}

const tlsKeys = [
  'ca',
  'cert',
  'key',
  'pfx',
  'passphrase',
  'serverName',
  'insecure',
  'anyHostName',
] as const satisfies readonly SecurityKey[]

/** The settings that each mechanism needs and may have. */
const loginKeys: Readonly<Record<Mechanism, readonly SecurityKey[]>> = {
  PLAIN: ['username', 'password'],
  'SCRAM-SHA-256': ['username', 'password'],
  'SCRAM-SHA-512': ['username', 'password'],
  OAUTHBEARER: ['token', 'tokenUrl', 'clientId', 'clientSecret', 'scope', 'extensions'],
  AWS_MSK_IAM: ['region'],
}

/** How to give each setting of a login, for error messages: the key of a profile. */
const nameOf = (key: SecurityKey): string => `sasl.${key}`

/**
 * Merges the settings of the sources, the first of which wins, and checks that they make sense together. Returns `undefined` for
 * a connection without TLS and login. Throws `UsageError` for a setting that is missing.
 */
export function resolveSecurity(sources: readonly Sourced[], brokers: string): Security | undefined {
  const all = merged(sources)
  const mechanism = all.login?.value === false ? undefined : all.mechanism?.value
  if (all.login?.value === true && mechanism === undefined) {
    throw new UsageError(`${all.login.from} asks for a login, but no mechanism is set`, [
      hint(
        'set "sasl": { "mechanism": "SCRAM-SHA-256", … } in the profile, CRBUS_SASL_MECHANISM, or -X sasl.mechanism',
      ),
    ])
  }
  if (mechanism === undefined && all.login?.value !== false) {
    const lonely = (['username', 'password', 'token', 'clientSecret'] as const).find((key) => all[key] !== undefined)
    if (lonely !== undefined) throw missing('mechanism', all[lonely]?.from ?? '')
  }
  const hasTlsKey = tlsKeys.some((key) => all[key] !== undefined && all[key]?.value !== false)
  const isTls = all.tls?.value ?? (hasTlsKey || mechanism === 'AWS_MSK_IAM')
  if (!isTls && mechanism === undefined) return undefined
  const tls = isTls ? pick(all, tlsKeys) : undefined
  if (tls?.key !== undefined && tls.cert === undefined && tls.pfx === undefined) {
    throw new UsageError(`${all.key?.from} gives a key, but no client certificate is set`, [
      hint('set "tls": { "cert": "client.pem", … } in the profile, CRBUS_TLS_CERT, or -X ssl.certificate.location'),
    ])
  }
  const login = mechanism === undefined ? undefined : toLogin(mechanism, all)
  const isReadable =
    tls === undefined && all.tls === undefined && (mechanism === 'PLAIN' || mechanism === 'OAUTHBEARER')
  if (isReadable) refuseUnencrypted(mechanism, brokers)
  return {
    tls,
    login,
    ...(isReadable && { isLocalOnly: true }),
    from: {
      tls: isTls ? sourcesOf(all, ['tls', ...tlsKeys]) : [],
      login: mechanism === undefined ? [] : sourcesOf(all, ['mechanism', ...loginKeys[mechanism]]),
    },
  }
}

function toLogin(mechanism: Mechanism, all: Sourced): Login {
  const need = <Key extends SecurityKey>(key: Key): SecuritySettings[Key] => {
    const setting = all[key]
    if (setting === undefined) throw missing(key, all.mechanism?.from ?? '')
    return setting.value as SecuritySettings[Key]
  }
  switch (mechanism) {
    case 'PLAIN':
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512':
      return { mechanism, username: need('username'), password: need('password') }
    case 'AWS_MSK_IAM':
      return { mechanism, region: all.region?.value }
    case 'OAUTHBEARER': {
      const extensions = all.extensions?.value
      if (all.token !== undefined) return { mechanism, token: all.token.value, extensions }
      if (all.tokenUrl === undefined) {
        throw new UsageError('OAUTHBEARER needs a token, or a URL that returns one', [
          hint('set "token": "cmd:PROGRAM ARGUMENTS" in "sasl" of the profile, or CRBUS_SASL_TOKEN'),
          hint('set "tokenUrl", "clientId" and "clientSecret" in "sasl" of the profile'),
        ])
      }
      return {
        mechanism,
        tokenUrl: all.tokenUrl.value,
        clientId: need('clientId'),
        clientSecret: need('clientSecret'),
        scope: all.scope?.value,
        extensions,
      }
    }
  }
}

/** The names of settings in the environment. */
const variableOf: Partial<Record<SecurityKey, string>> = {
  mechanism: 'CRBUS_SASL_MECHANISM',
  username: 'CRBUS_SASL_USERNAME',
  password: 'CRBUS_SASL_PASSWORD',
  clientId: 'CRBUS_SASL_CLIENT_ID',
  clientSecret: 'CRBUS_SASL_CLIENT_SECRET',
}

function missing(key: SecurityKey, from: string): UsageError {
  const variable = variableOf[key]
  return new UsageError(`the login of ${from} has no ${key}`, [
    hint(`set ${nameOf(key)} in the profile${variable === undefined ? '' : `, or ${variable}`}`),
  ])
}

/** All addresses of this machine, which no network carries. */
const LOCAL = /^(?:[a-z_]+:\/\/)?(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/i

/**
 * Refuses a login whose secret anyone on the network could read, unless a setting says so: PLAIN sends the password as it is,
 * OAUTHBEARER the token. `why` is added to the message.
 */
export function refuseUnencrypted(mechanism: Mechanism, brokers: string, why = ''): void {
  if (brokers.split(',').every((address) => LOCAL.test(address.trim()))) return
  const sent = mechanism === 'PLAIN' ? 'password' : 'token'
  throw new UsageError(`${mechanism} without TLS would send the ${sent} unencrypted over the network${why}`, [
    hint('set "tls": true in the profile, CRBUS_TLS=true, or --tls'),
    hint('if the network is trusted, say so: "tls": false, CRBUS_TLS=false, or --no-tls'),
  ])
}

function pick<Key extends SecurityKey>(all: Sourced, keys: readonly Key[]): Partial<Pick<SecuritySettings, Key>> {
  const found = keys.flatMap((key) => (all[key] === undefined ? [] : [[key, all[key]?.value] as const]))
  return Object.fromEntries(found) as Partial<Pick<SecuritySettings, Key>>
}

const sourcesOf = (all: Sourced, keys: readonly SecurityKey[]): readonly string[] => [
  ...new Set(keys.flatMap((key) => all[key]?.from ?? [])),
]
