import type { Setting } from '../setting.ts'
import type { Secret } from './secrets/secret.ts'

/** The SASL mechanisms, by the names that brokers use. */
export const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER', 'AWS_MSK_IAM'] as const
export type Mechanism = (typeof mechanisms)[number]

/** The settings of TLS and SASL that one source may give: a profile, the environment or the flag -X. */
export interface SecuritySettings {
  /** Whether to connect with TLS. */
  readonly tls: boolean
  /** Whether to log in. `false` leaves out the login that other sources describe. */
  readonly login: boolean
  /** Certificates of the authorities to trust. Absent: those of Node. */
  readonly ca: Secret
  /** The client certificate, with the certificates of its authorities. */
  readonly cert: Secret
  /** The key of the client certificate. Absent: it is in the same PEM as the certificate. */
  readonly key: Secret
  /** A PKCS #12 file with certificate and key. */
  readonly pfx: Secret
  /** The passphrase of `key` or `pfx`. */
  readonly passphrase: Secret
  /** The host name that the certificate of the broker must have. Absent: the name of the address. */
  readonly serverName: string
  /** Accept every certificate. */
  readonly insecure: boolean
  /** Accept a trusted certificate of another host name. */
  readonly anyHostName: boolean
  readonly mechanism: Mechanism
  readonly username: Secret
  readonly password: Secret
  /** The token of OAUTHBEARER. */
  readonly token: Secret
  /** The URL at which the client-credentials grant of OAuth returns a token. */
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: Secret
  readonly scope: string
  /** Extensions of OAUTHBEARER (RFC 7628), as `name=value` separated by commas. */
  readonly extensions: string
  /** The AWS region of an MSK cluster. */
  readonly region: string
}

export type SecurityKey = keyof SecuritySettings

/** The settings of a source, each with its source for `crbus config`. */
export type Sourced = { readonly [Key in SecurityKey]?: Setting<SecuritySettings[Key]> | undefined }

/** Returns the settings that the first source with a value gives. */
export function merged(sources: readonly Sourced[]): Sourced {
  return Object.assign({}, ...sources.toReversed().map(withoutAbsent))
}

const withoutAbsent = (source: Sourced): Sourced =>
  Object.fromEntries(Object.entries(source).filter(([, setting]) => setting !== undefined))

/** The secrets among the settings. */
export const secretKeys = [
  'ca',
  'cert',
  'key',
  'pfx',
  'passphrase',
  'username',
  'password',
  'token',
  'clientSecret',
] as const satisfies readonly SecurityKey[]

/** The protocols of Kafka, by the names that clients use for `security.protocol`. */
const protocols = {
  PLAINTEXT: { tls: false, login: false },
  SSL: { tls: true, login: false },
  SASL_PLAINTEXT: { tls: false, login: true },
  SASL_SSL: { tls: true, login: true },
} as const

export const protocolNames: readonly string[] = Object.keys(protocols)

/** Returns the settings of a protocol such as `SASL_SSL`, in any case; `undefined` for another name. */
export function protocolSettings(name: string, from: string): Sourced | undefined {
  const upper = name.toUpperCase()
  if (!Object.hasOwn(protocols, upper)) return undefined
  const { tls, login } = protocols[upper as keyof typeof protocols]
  return { tls: { value: tls, from }, login: { value: login, from } }
}
