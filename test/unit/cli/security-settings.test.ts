import { describe, expect, test } from 'vitest'
import { fromEnvironment, fromKafkaVariables, parseOptions } from '../../../src/cli/config/security/named-settings.ts'
import { isTokenUrl } from '../../../src/cli/config/security/profile-keys.ts'
import { resolveSecurity } from '../../../src/cli/config/security/resolve-security.ts'
import { parsePem, parseSecret, shownSecret } from '../../../src/cli/config/security/secrets/secret.ts'
import { withoutSecrets } from '../../../src/cli/config/security/secrets/secret-variables.ts'
import { shownSecurity } from '../../../src/cli/config/security/shown-security.ts'

const surroundings = (env: Record<string, string>) => ({ env, home: '/home/me', cwd: '/work' })
const plain = (value: string) => ({ kind: 'plain', value }) as const
const BROKERS = 'kafka.example.com:9093'

describe('parseSecret', () => {
  test.each([
    ['env:KAFKA_PASSWORD', { kind: 'env', variable: 'KAFKA_PASSWORD' }, 'env:KAFKA_PASSWORD'],
    ['file:secrets/kafka', { kind: 'file', path: '/work/secrets/kafka' }, 'file:/work/secrets/kafka'],
    ['file:/run/secrets/kafka', { kind: 'file', path: '/run/secrets/kafka' }, 'file:/run/secrets/kafka'],
    ['cmd:pass show kafka/prod', { kind: 'command', words: ['pass', 'show', 'kafka/prod'] }, 'cmd:pass …'],
    [
      `cmd:op read "op://team/kafka prod/password" --flag='a b'`,
      { kind: 'command', words: ['op', 'read', 'op://team/kafka prod/password', '--flag=a b'] },
      'cmd:op …',
    ],
    // A path does not depend on the working directory of the command.
    ['cmd:./get-password a', { kind: 'command', words: ['/work/get-password', 'a'] }, 'cmd:/work/get-password …'],
    ['keyring:kafka/alice', { kind: 'keyring', service: 'kafka', account: 'alice' }, 'keyring:kafka/alice'],
    ['plain:env:not-a-name', plain('env:not-a-name'), '(hidden)'],
    ['correct horse', plain('correct horse'), '(hidden)'],
    ['environment', plain('environment'), '(hidden)'],
  ])('reads %s, and shows where it is without the secret', (text, secret, shown) => {
    expect(parseSecret(text, '/work')).toEqual({ secret })
    expect(shownSecret(secret as Parameters<typeof shownSecret>[0])).toBe(shown)
  })

  test.each([
    'env:',
    'env:1PASSWORD',
    'env:A-B',
    'file:',
    'file: ',
    'cmd:',
    'cmd:  ',
    'keyring:',
    'keyring:a',
    'keyring:a/',
    'keyring:/b',
  ])('refuses %j without repeating it', (text) => {
    expect(parseSecret(text, '/work')).toEqual({ problem: expect.stringMatching(/^must /) })
  })

  test('takes a certificate for a path, unless it is PEM or a reference', () => {
    expect(parsePem('ca.pem', '/work')).toEqual({ secret: { kind: 'file', path: '/work/ca.pem' } })
    expect(parsePem('env:CA', '/work')).toEqual({ secret: { kind: 'env', variable: 'CA' } })
    const pem = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n'
    expect(parsePem(pem, '/work')).toEqual({ secret: plain(pem) })
  })
})

describe('parseOptions', () => {
  test('reads the properties of librdkafka', () => {
    const { settings, brokers } = parseOptions(
      [
        'bootstrap.servers=kafka:9093',
        'security.protocol=sasl_ssl',
        'sasl.mechanisms=scram-sha-512',
        'sasl.username=alice',
        'sasl.password=a=b',
        'enable.ssl.certificate.verification=false',
        'ssl.endpoint.identification.algorithm=none',
      ],
      '/work',
    )
    expect(brokers).toBe('kafka:9093')
    const values = Object.fromEntries(Object.entries(settings).map(([key, setting]) => [key, setting?.value]))
    expect(values).toEqual({
      tls: true,
      login: true,
      mechanism: 'SCRAM-SHA-512',
      username: plain('alice'),
      password: plain('a=b'),
      insecure: true,
      anyHostName: true,
    })
  })

  test.each([
    ['sasl.pasword=hunter2', "-X does not know the property 'sasl.pasword'", '-X sasl.password=…'],
    ['hunter2', '-X does not know the property', ''],
    ['aHVudGVyMg==', '-X does not know the property', ''],
    ['my secret!', '-X does not know the property', ''],
    ['sasl.password=', '-X sasl.password has no value', '-X sasl.password=…'],
    ['sasl.password', '-X sasl.password has no value', '-X sasl.password=…'],
    ['security.protocol=TLS', '-X security.protocol is not a protocol of Kafka', ''],
    ['sasl.mechanism=GSSAPI', '-X sasl.mechanism is not a mechanism that crbus supports', ''],
    ['enable.ssl.certificate.verification=maybe', 'must be true or false', ''],
    ['sasl.oauthbearer.token.endpoint.url=http://idp.example.com/token', 'must be an https:// URL', ''],
    ['sasl.password=env:', 'must name an environment variable after "env:"', ''],
    ['__proto__=1', "-X does not know the property '__proto__'", ''],
    ['constructor=1', "-X does not know the property 'constructor'", ''],
  ])('refuses %s', (option, message, next) => {
    let thrown: unknown
    try {
      parseOptions([option], '/work')
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ name: 'UsageError', message: expect.stringContaining(message) })
    if (next !== '') expect(thrown).toMatchObject({ suggestions: expect.arrayContaining([{ flag: next }]) })
    expect(JSON.stringify([String(thrown), thrown])).not.toMatch(/hunter2|aHVud|my secret/)
  })
})

describe('resolveSecurity', () => {
  const resolve = (env: Record<string, string>, options: readonly string[] = [], brokers = BROKERS) =>
    resolveSecurity([parseOptions(options, '/work').settings, fromEnvironment(surroundings(env))], brokers)

  test('connects without TLS and login if no source says otherwise', () => {
    expect(resolve({})).toBeUndefined()
    expect(resolve({ CRBUS_TLS: 'false' })).toBeUndefined()
    expect(resolve({ CRBUS_TLS: '' })).toBeUndefined()
  })

  test('merges the sources setting by setting', () => {
    const env = {
      CRBUS_TLS: 'true',
      CRBUS_SASL_MECHANISM: 'SCRAM-SHA-256',
      CRBUS_SASL_USERNAME: 'alice',
      CRBUS_SASL_PASSWORD: 'env:P',
    }
    expect(resolve(env, ['sasl.username=bob'])).toEqual({
      tls: {},
      login: { mechanism: 'SCRAM-SHA-256', username: plain('bob'), password: { kind: 'env', variable: 'P' } },
      from: { tls: ['CRBUS_TLS'], login: ['CRBUS_SASL_MECHANISM', '-X sasl.username', 'CRBUS_SASL_PASSWORD'] },
    })
  })

  test('takes a certificate as a wish for TLS, and a protocol as the last word on TLS and login', () => {
    expect(resolve({ CRBUS_TLS_CA: 'ca.pem' })?.tls).toEqual({ ca: { kind: 'file', path: '/work/ca.pem' } })
    const login = { CRBUS_SASL_MECHANISM: 'PLAIN', CRBUS_SASL_USERNAME: 'a', CRBUS_SASL_PASSWORD: 'b' }
    const security = resolve({ ...login, CRBUS_TLS_CA: 'ca.pem' }, ['security.protocol=SSL'])
    expect(security).toMatchObject({ tls: {}, login: undefined })
    expect(resolve({ CRBUS_TLS_CA: 'ca.pem' }, ['security.protocol=PLAINTEXT'])).toBeUndefined()
  })

  test.each<[string, Record<string, string>, string]>([
    ['a protocol with a login but no mechanism', { CRBUS_SECURITY_PROTOCOL: 'SASL_SSL' }, 'no mechanism is set'],
    ['a password without a mechanism', { CRBUS_SASL_PASSWORD: 'x' }, 'has no mechanism'],
    ['a mechanism without a user name', { CRBUS_SASL_MECHANISM: 'SCRAM-SHA-256' }, 'has no username'],
    [
      'a user name without a password',
      { CRBUS_SASL_MECHANISM: 'SCRAM-SHA-256', CRBUS_SASL_USERNAME: 'a' },
      'has no password',
    ],
    ['OAUTHBEARER without a token', { CRBUS_SASL_MECHANISM: 'OAUTHBEARER', CRBUS_TLS: '1' }, 'needs a token'],
    [
      'a token URL without a client',
      { CRBUS_SASL_MECHANISM: 'OAUTHBEARER', CRBUS_TLS: '1', CRBUS_SASL_TOKEN_URL: 'https://idp/token' },
      'has no clientId',
    ],
    ['a key without a certificate', { CRBUS_TLS_KEY: 'client.key' }, 'no client certificate is set'],
    [
      'a password that would cross the network unencrypted',
      { CRBUS_SASL_MECHANISM: 'PLAIN', CRBUS_SASL_USERNAME: 'a', CRBUS_SASL_PASSWORD: 'hunter2' },
      'PLAIN without TLS would send the password unencrypted over the network',
    ],
    [
      'a token that would cross the network unencrypted',
      { CRBUS_SASL_MECHANISM: 'OAUTHBEARER', CRBUS_SASL_TOKEN: 'hunter2' },
      'OAUTHBEARER without TLS would send the token unencrypted over the network',
    ],
  ])('refuses %s', (_, env, message) => {
    let thrown: unknown
    try {
      resolve(env)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ name: 'UsageError', message: expect.stringContaining(message) })
    expect(JSON.stringify(thrown)).not.toContain('hunter2')
  })

  test('sends an unencrypted password to this machine, or if TLS was turned off on purpose', () => {
    const login = { CRBUS_SASL_MECHANISM: 'PLAIN', CRBUS_SASL_USERNAME: 'a', CRBUS_SASL_PASSWORD: 'b' }
    expect(resolve(login, [], 'localhost:9092,127.0.0.1:9094,[::1]:9096')?.login).toBeDefined()
    expect(() => resolve(login, [], 'localhost:9092,kafka:9092')).toThrow('unencrypted')
    expect(() => resolve(login, [], 'localhost.example.com:9092')).toThrow('unencrypted')
    expect(resolve({ ...login, CRBUS_TLS: 'no' })?.tls).toBeUndefined()
  })
})

test('fromKafkaVariables reads the names of librdkafka in capitals', () => {
  const settings = fromKafkaVariables(
    surroundings({ KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_USERNAME: 'alice', KAFKA_SASL_PASSWORD: 'x' }),
  )
  expect(Object.keys(settings)).toEqual(['tls', 'login', 'username', 'password'])
  expect(settings.username).toEqual({ value: plain('alice'), from: 'KAFKA_SASL_USERNAME' })
})

describe('parsePem', () => {
  const base64 = Buffer.from('-----BEGIN PRIVATE KEY-----\nsome bytes of a private key, which are secret\n').toString(
    'base64',
  )

  test.each([
    ['PEM in base64', base64],
    ['DER in base64', `MIIEvQIBADANBgkqhkiG9w0BAQEFAASC${'Bk'.repeat(40)}`],
    ['lines that are not PEM', 'MIIEvQ\nIBADAN'],
  ])('refuses %s, which would be shown as a path', (_, text) => {
    const parsed = parsePem(text, '/work')
    expect(parsed).toEqual({ problem: expect.stringContaining('holds a certificate or key itself') })
    expect(JSON.stringify(parsed)).not.toContain(text.slice(0, 5))
  })

  test.each(['certs/MIIEvQ.pem', '/home/me/very/long/path/of/a/key/that/has/only/letters/in/all/of/its/folders/key'])(
    'takes %s for a path',
    (path) => {
      expect(parsePem(path, '/work')).toMatchObject({ secret: { kind: 'file' } })
    },
  )
})

test.each([
  ['https://login.example.com/token', true],
  ['http://localhost:8080/token', true],
  ['http://127.0.0.1/token', true],
  ['http://[::1]:8080/token', true],
  ['http://login.example.com/token', false],
  ['http://localhost.example.com/token', false],
  ['http://localhost:80@example.com/token', false],
  ['http://localhost\\@example.com/token', false],
  ['https://me:hunter2@login.example.com/token', false],
  ['https://', false],
  ['file:///etc/passwd', false],
])('isTokenUrl of %s is %s', (url, expected) => {
  expect(isTokenUrl(url)).toBe(expected)
})

test('shownSecurity shows the names of extensions, but not their values', () => {
  const env = {
    CRBUS_TLS: 'true',
    CRBUS_SASL_MECHANISM: 'OAUTHBEARER',
    CRBUS_SASL_TOKEN: 'hunter2',
    CRBUS_SASL_EXTENSIONS: 'logicalCluster=hunter2,key=hunter2',
  }
  const security = resolveSecurity([fromEnvironment(surroundings(env))], BROKERS)
  const shown = shownSecurity(security as NonNullable<typeof security>)
  expect(shown.sasl).toMatchObject({ token: '(hidden)', extensions: 'logicalCluster=(hidden),key=(hidden)' })
})

test('withoutSecrets leaves out the secrets of connections, and keeps other variables', () => {
  const secrets = ['CRBUS_SASL_PASSWORD', 'KAFKA_SASL_PASSWORD', 'CRBUS_TLS_KEY', 'KAFKA_SSL_KEY_PEM', 'PGPASSWORD']
  const others = ['PATH', 'HOME', 'CRBUS_BROKERS', 'CRBUS_SASL_USERNAME', 'DATABASE_URL', 'VAULT_TOKEN']
  const env = Object.fromEntries([...secrets, ...others].map((name) => [name, 'x']))
  expect(Object.keys(withoutSecrets(env))).toEqual(others)
})
