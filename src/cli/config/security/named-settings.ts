import { namesLike } from '../../../bus/names/names-like.ts'
import { UsageError } from '../../errors.ts'
import { flag, hint } from '../../suggestions.ts'
import type { ConfigSurroundings } from '../config.ts'
import type { Setting } from '../setting.ts'
import { isTokenUrl } from './profile-keys.ts'
import { parsePem, parseSecret, type Secret } from './secrets/secret.ts'
import {
  mechanisms,
  protocolNames,
  protocolSettings,
  type SecurityKey,
  type SecuritySettings,
  type Sourced,
} from './settings.ts'

/** A text with a setting, and where it comes from. */
interface Given {
  readonly text: string
  readonly from: string
  /** The folder of relative paths. */
  readonly cwd: string
}

/** Reads a text as settings. Throws a `UsageError` that names the source and never repeats a secret. */
type ReadGiven = (given: Given) => Sourced

const fail = ({ from }: Given, problem: string, ...forms: readonly string[]): UsageError =>
  new UsageError(`${from} ${problem}`, forms.map(hint))

/** Makes the reader of one setting. */
const setting =
  <Key extends SecurityKey>(key: Key, read: (given: Given) => SecuritySettings[Key]): ReadGiven =>
  (given) => ({ [key]: { value: read(given), from: given.from } satisfies Setting<SecuritySettings[Key]> })

const secretBy =
  (parse: typeof parseSecret) =>
  (given: Given): Secret => {
    const parsed = parse(given.text, given.cwd)
    if ('problem' in parsed) throw fail(given, parsed.problem)
    return parsed.secret
  }

const secret = secretBy(parseSecret)
const pem = secretBy(parsePem)
const literal = ({ text }: Given): Secret => ({ kind: 'plain', value: text })
const word = ({ text }: Given): string => text

const YES = ['true', 'yes', 'on', '1']
const NO = ['false', 'no', 'off', '0']

function yesOrNo(given: Given): boolean {
  const lower = given.text.toLowerCase()
  if (YES.includes(lower)) return true
  if (NO.includes(lower)) return false
  throw fail(given, 'must be true or false')
}

function mechanism(given: Given) {
  const upper = given.text.toUpperCase()
  const found = mechanisms.find((name) => name === upper)
  if (found !== undefined) return found
  throw fail(given, 'is not a mechanism that crbus supports', `one of ${mechanisms.join(', ')}`)
}

function tokenUrl(given: Given): string {
  if (isTokenUrl(given.text)) return given.text
  throw fail(given, 'must be an https:// URL without a user name and password, because it receives the client secret')
}

const protocol: ReadGiven = (given) => {
  const settings = protocolSettings(given.text, given.from)
  if (settings !== undefined) return settings
  throw fail(given, 'is not a protocol of Kafka', `one of ${protocolNames.join(', ')}`)
}

/** `https` checks the host name of the certificate, and `none` does not. */
const hostNameCheck: ReadGiven = (given) => {
  const lower = given.text.toLowerCase()
  if (lower !== 'https' && lower !== 'none') throw fail(given, 'must be https or none')
  return { anyHostName: { value: lower === 'none', from: given.from } }
}

/** librdkafka's name of the mechanism only. */
const oauthMethod: ReadGiven = (given) => {
  if (given.text.toLowerCase() === 'oidc') return {}
  throw fail(given, 'must be oidc', 'or give the token as CRBUS_SASL_TOKEN=cmd:…')
}

/**
 * The properties of librdkafka that crbus reads, for `-X` and for variables such as `KAFKA_SASL_USERNAME`
 * (https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md).
 */
const librdkafka: Readonly<Record<string, ReadGiven>> = {
  'security.protocol': protocol,
  'ssl.ca.location': setting('ca', pem),
  'ssl.ca.pem': setting('ca', literal),
  'ssl.certificate.location': setting('cert', pem),
  'ssl.certificate.pem': setting('cert', literal),
  'ssl.key.location': setting('key', pem),
  'ssl.key.pem': setting('key', literal),
  'ssl.key.password': setting('passphrase', secret),
  'ssl.keystore.location': setting('pfx', pem),
  'ssl.keystore.password': setting('passphrase', secret),
  'ssl.endpoint.identification.algorithm': hostNameCheck,
  'enable.ssl.certificate.verification': setting('insecure', (given) => !yesOrNo(given)),
  'sasl.mechanism': setting('mechanism', mechanism),
  'sasl.mechanisms': setting('mechanism', mechanism),
  'sasl.username': setting('username', secret),
  'sasl.password': setting('password', secret),
  'sasl.oauthbearer.method': oauthMethod,
  'sasl.oauthbearer.client.id': setting('clientId', word),
  'sasl.oauthbearer.client.secret': setting('clientSecret', secret),
  'sasl.oauthbearer.scope': setting('scope', word),
  'sasl.oauthbearer.extensions': setting('extensions', word),
  'sasl.oauthbearer.token.endpoint.url': setting('tokenUrl', tokenUrl),
}

/** The environment variables of crbus. */
const variables: Readonly<Record<string, ReadGiven>> = {
  CRBUS_SECURITY_PROTOCOL: protocol,
  CRBUS_TLS: setting('tls', yesOrNo),
  CRBUS_TLS_CA: setting('ca', pem),
  CRBUS_TLS_CERT: setting('cert', pem),
  CRBUS_TLS_KEY: setting('key', pem),
  CRBUS_TLS_PFX: setting('pfx', pem),
  CRBUS_TLS_KEY_PASSPHRASE: setting('passphrase', secret),
  CRBUS_TLS_SERVER_NAME: setting('serverName', word),
  CRBUS_TLS_INSECURE: setting('insecure', yesOrNo),
  CRBUS_TLS_ANY_HOST_NAME: setting('anyHostName', yesOrNo),
  CRBUS_SASL_MECHANISM: setting('mechanism', mechanism),
  CRBUS_SASL_USERNAME: setting('username', secret),
  CRBUS_SASL_PASSWORD: setting('password', secret),
  CRBUS_SASL_TOKEN: setting('token', secret),
  CRBUS_SASL_TOKEN_URL: setting('tokenUrl', tokenUrl),
  CRBUS_SASL_CLIENT_ID: setting('clientId', word),
  CRBUS_SASL_CLIENT_SECRET: setting('clientSecret', secret),
  CRBUS_SASL_SCOPE: setting('scope', word),
  CRBUS_SASL_EXTENSIONS: setting('extensions', word),
  CRBUS_SASL_REGION: setting('region', word),
}

/** The properties that name the brokers. */
const BROKER_PROPERTIES = ['bootstrap.servers', 'metadata.broker.list']

/** Whether `-X` has this property. */
export const isKnownOption = (name: string): boolean => Object.hasOwn(librdkafka, name)

/** What the flags `-X` set. */
export interface Options {
  readonly settings: Sourced
  readonly brokers: string | undefined
}

/** Parses the values of `-X`: `name=value` with librdkafka's names. */
export function parseOptions(given: readonly string[], cwd: string): Options {
  let settings: Sourced = {}
  let brokers: string | undefined
  for (const one of given) {
    const end = one.indexOf('=')
    const [name, text] = end === -1 ? [one, ''] : [one.slice(0, end).trim(), one.slice(end + 1)]
    const from = `-X ${name}`
    const read = isKnownOption(name) ? librdkafka[name] : undefined
    if (read === undefined && !BROKER_PROPERTIES.includes(name)) throw unknownOption(name, /[^=]/.test(text))
    if (text === '') throw new UsageError(`${from} has no value`, [flag(`-X ${name}=…`)])
    if (read === undefined) brokers = text
    else settings = { ...settings, ...read({ text, from, cwd }) }
  }
  return { settings, brokers }
}

function unknownOption(name: string, hasValue: boolean): UsageError {
  const known = [...Object.keys(librdkafka), ...BROKER_PROPERTIES]
  const near = namesLike(name, known).slice(0, 3)
  // A word without a value may be a secret, and so may a name that does not look like one, such as base64 with its `=`.
  const isName = near.length > 0 || (hasValue && /^[a-z._-]{1,60}$/i.test(name))
  const shown = isName ? ` '${name}'` : ''
  return new UsageError(
    `-X does not know the property${shown}`,
    near.length > 0 ? near.map((one) => flag(`-X ${one}=…`)) : [hint(`one of ${known.join(', ')}`)],
  )
}

/** Reads the environment variables `CRBUS_TLS…`, `CRBUS_SASL…` and `CRBUS_SECURITY_PROTOCOL`. An empty variable counts as unset. */
export const fromEnvironment = ({ env, cwd }: ConfigSurroundings): Sourced => readVariables(variables, env, cwd)

/** The name of the variable for a property: `KAFKA_SASL_USERNAME` for `sasl.username`. */
const variableOf = (property: string): string => `KAFKA_${property.toUpperCase().replaceAll('.', '_')}`

/** Reads the variables that are named after librdkafka's properties, such as `KAFKA_SASL_USERNAME`. */
export const fromKafkaVariables = ({ env, cwd }: ConfigSurroundings): Sourced =>
  readVariables(
    Object.fromEntries(Object.entries(librdkafka).map(([property, read]) => [variableOf(property), read])),
    env,
    cwd,
  )

function readVariables(
  names: Readonly<Record<string, ReadGiven>>,
  env: ConfigSurroundings['env'],
  cwd: string,
): Sourced {
  let settings: Sourced = {}
  for (const [name, read] of Object.entries(names)) {
    const text = env[name]
    if (text) settings = { ...settings, ...read({ text, from: name, cwd }) }
  }
  return settings
}
