import { isKnownOption, parseOptions } from '../../config/security/named-settings.ts'
import { merged, type Sourced } from '../../config/security/settings.ts'
import { UsageError } from '../../errors.ts'
import { type Foreign, foreignFile, foreignSecret, type LeftOut, type Source, sourced } from './foreign-profile.ts'

/**
 * Reads a file of properties: that of kcat and other programs with librdkafka, or that of a Java client. The names are those of
 * librdkafka, and Java's for its stores of certificates and its login.
 */
export function readProperties(source: Source, name: string): Foreign {
  const leftOut: LeftOut[] = []
  const properties = parseProperties(source, leftOut)
  const brokers = (properties.get('bootstrap.servers') ?? properties.get('metadata.broker.list') ?? '').split(',')
  const found: Sourced[] = []
  for (const [property, value] of properties) {
    if (property === 'bootstrap.servers' || property === 'metadata.broker.list') continue
    const leave = (reason: string) => void leftOut.push({ setting: property, reason })
    const read = Object.hasOwn(javaReaders, property) ? javaReaders[property] : readOption
    if (read !== undefined) found.push(read({ property, value, properties, source, leave }))
  }
  const settings = merged(found)
  return {
    profiles: [{ name, brokers: brokers.map((broker) => broker.trim()).filter(Boolean), settings, leftOut }],
    leftOut: [],
  }
}

interface Property {
  readonly property: string
  readonly value: string
  readonly properties: ReadonlyMap<string, string>
  readonly source: Source
  readonly leave: (reason: string) => void
}

type ReadProperty = (property: Property) => Sourced

/** Reads a property of librdkafka. Its value is never taken for a reference of crbus, such as `cmd:…`. */
const readOption: ReadProperty = ({ property, value, source, leave }) => {
  if (!isKnownOption(property)) {
    leave('crbus does not have this setting')
    return {}
  }
  if (property.endsWith('.location')) {
    const file = foreignFile(value, source, leave)
    if (file === undefined) return {}
    return option(property, `file:${(file as { readonly path: string }).path}`, source, leave)
  }
  if (!/password$|username$|client\.secret$/.test(property)) return option(property, value, source, leave)
  const secret = foreignSecret(value)
  return option(property, secret?.kind === 'env' ? `env:${secret.variable}` : `plain:${value}`, source, leave)
}

function option(property: string, value: string, source: Source, leave: (reason: string) => void): Sourced {
  try {
    return parseOptions([`${property}=${value}`], source.folder).settings
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    // The message begins with the flag that it is about.
    leave(error.message.replace(`-X ${property} `, 'the value '))
    return {}
  }
}

const isPem = (path: string, type: string | undefined): boolean =>
  type?.toUpperCase() === 'PEM' || (type === undefined && /\.(pem|crt|cer)$/i.test(path))

/** The longest login that is parsed. Logins of one module have a few hundred characters. */
const MAX_LOGIN_CHARS = 8192

/** Properties of Java clients (https://kafka.apache.org/documentation/#consumerconfigs). */
const javaReaders: Readonly<Record<string, ReadProperty | undefined>> = {
  'sasl.jaas.config': ({ value, source, leave }) => {
    if (value.length > MAX_LOGIN_CHARS) {
      leave('it is too long')
      return {}
    }
    const { username, password, clientId, clientSecret, scope, awsProfileName } = Object.fromEntries(
      [...value.matchAll(/(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)')/g)].map(([, key = '', double, single]) => [
        key,
        double?.replaceAll(/\\(.)/g, '$1') ?? single ?? '',
      ]),
    )
    if (!/\.(PlainLoginModule|ScramLoginModule|OAuthBearerLoginModule|IAMLoginModule)\b/.test(value))
      leave('crbus does not support this login')
    if (awsProfileName !== undefined) leave('choose the profile of AWS with the variable AWS_PROFILE')
    return sourced(source, {
      username: foreignSecret(username),
      password: foreignSecret(password),
      clientId,
      clientSecret: foreignSecret(clientSecret),
      scope,
    })
  },
  // The class that logs in to MSK, beside its mechanism: https://github.com/aws/aws-msk-iam-auth
  'sasl.client.callback.handler.class': (given) =>
    given.value === 'software.amazon.msk.auth.iam.IAMClientCallbackHandler' ? {} : readOption(given),
  'ssl.truststore.location': ({ value, properties, source, leave }) => {
    if (isPem(value, properties.get('ssl.truststore.type')))
      return sourced(source, { ca: foreignFile(value, source, leave) })
    leave('crbus reads PEM; convert it with: keytool -exportcert -rfc -keystore FILE -alias NAME -file ca.pem')
    return {}
  },
  'ssl.truststore.certificates': ({ value, source }) => sourced(source, { ca: { kind: 'plain', value } }),
  'ssl.keystore.location': (given) => {
    const { value, properties, source, leave } = given
    const type = properties.get('ssl.keystore.type')
    if (isPem(value, type)) return sourced(source, { cert: foreignFile(value, source, leave) })
    if (type?.toUpperCase() !== 'JKS' && !(type === undefined && /\.jks$/i.test(value))) return readOption(given)
    leave(
      'crbus reads PEM and PKCS #12; convert it with: keytool -importkeystore -srckeystore FILE -destkeystore client.p12 -deststoretype PKCS12',
    )
    return {}
  },
  'ssl.keystore.certificate.chain': ({ value, source }) => sourced(source, { cert: { kind: 'plain', value } }),
  'ssl.keystore.key': ({ value, source }) => sourced(source, { key: { kind: 'plain', value } }),
  // The readers of the stores use them, or report the store.
  'ssl.truststore.type': () => ({}),
  'ssl.truststore.password': () => ({}),
  'ssl.keystore.type': () => ({}),
  'ssl.endpoint.identification.algorithm': (given) =>
    // In Java, an empty value turns the check off.
    readOption({ ...given, value: given.value === '' ? 'none' : given.value }),
}

/** Parses lines `name=value`, with the line continuations of Java and the two escapes that kcat knows. The last value counts. */
function parseProperties({ text, path }: Source, leftOut: LeftOut[]): ReadonlyMap<string, string> {
  const properties = new Map<string, string>()
  let before = ''
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const trimmed = before + line.trim()
    // An odd number of backslashes at the end continues the line.
    const [backslashes = ''] = /\\*$/.exec(trimmed) ?? []
    before = backslashes.length % 2 === 1 ? trimmed.slice(0, -1) : ''
    if (before !== '') continue
    if (trimmed === '' || /^[#!]/.test(trimmed)) continue
    const [, name, value = ''] = /^([\w.-]+)\s*(?:=\s*(.*))?$/s.exec(trimmed) ?? []
    // The line may hold a secret.
    if (name === undefined || !trimmed.includes('='))
      leftOut.push({ setting: `line ${index + 1} of ${path}`, reason: 'it is not name=value' })
    else properties.set(name, value.replaceAll(/\\([:=])/g, '$1'))
  }
  return properties
}
