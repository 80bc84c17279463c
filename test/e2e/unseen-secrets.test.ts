import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type HostileBroker, startHostileBroker } from '../support/hostile-broker.ts'

// No output shows a secret: not that of a wrong command line, not with debugging, and not if a server repeats what it was sent.

const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
const SECRET = 'Tr0ub4dor&3'
/** A part that percent-encoding does not change. */
const SEEN = /tr0ub4dor/i
const KEY = String(
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
)

let folder: string
let broker: HostileBroker
let issuer: Server

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-unseen-'))
  mkdirSync(join(folder, 'config/crbus'), { recursive: true })
  broker = await startHostileBroker()
  issuer = createServer(async (request, response) => {
    await request.toArray()
    const basic = request.headers.authorization ?? ''
    const repeated = Buffer.from(basic.slice('Basic '.length), 'base64').toString()
    if (request.url === '/token') {
      response.end(JSON.stringify({ access_token: `abc\n${SECRET}` }))
      return
    }
    response.statusCode = 401
    response.end(JSON.stringify({ error: 'invalid_client', error_description: `${basic} ${repeated}` }))
  })
  issuer.listen(0, '127.0.0.1')
  await once(issuer, 'listening')
})
afterAll(() => {
  broker?.close()
  issuer?.close()
  if (folder !== undefined) rmSync(folder, { recursive: true })
})

async function crbus(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { all, exitCode } = await execa(process.execPath, [bin, ...words], {
    cwd: folder,
    extendEnv: false,
    env: { PATH: process.env.PATH ?? '', HOME: folder, XDG_CONFIG_HOME: join(folder, 'config'), NO_COLOR: '1', ...env },
    input: '',
    all: true,
    reject: false,
  })
  return { all, exitCode }
}

function program(name: string, lines: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${lines}\n`)
  chmodSync(path, 0o755)
  return path
}

const LIST = ['topics', 'list']

describe('a wrong command line does not repeat a secret', () => {
  const lines: (readonly string[])[] = [
    [...LIST, '-X', `sasl.password=${SECRET}`, '--nonsense'],
    [...LIST, '-X', `sasl.pasword=${SECRET}`],
    [...LIST, '-X', SECRET],
    [...LIST, '-X', 'sasl.password', SECRET],
    [...LIST, '-X', 'sasl.mechanism=PLAIN', `sasl.password=${SECRET}`],
    [...LIST, `--sasl.password=${SECRET}`],
    [...LIST, '--password', SECRET],
    [...LIST, '-b', `SASL_SSL://me:${SECRET}@127.0.0.1:1`],
    [...LIST, '-b', `127.0.0.1:1,me:${SECRET}@127.0.0.1:1`],
    [...LIST, '-X', `bootstrap.servers=${SECRET}@127.0.0.1:1`],
    ['lst', `SASL_SSL://me:${SECRET}@127.0.0.1:1`],
    ['store', 'init', '--yes', '--sotre', `postgres://me:${SECRET}@127.0.0.1:1/x`],
  ]
  test.each(lines.flatMap((line) => [[line], [[...line, '--json', '--debug']]]))('%j', async (line) => {
    const { all, exitCode } = await crbus(line, { DEBUG: '*' })
    expect(exitCode).toBe(2)
    expect(all).not.toMatch(SEEN)
  })
})

describe('a server that repeats a secret does not make it seen', () => {
  const password = (value: string) => ({
    CRBUS_SASL_MECHANISM: 'PLAIN',
    CRBUS_SASL_USERNAME: 'me',
    CRBUS_SASL_PASSWORD: value,
  })
  const client = (path: string) => ({
    CRBUS_SASL_MECHANISM: 'OAUTHBEARER',
    CRBUS_SASL_TOKEN_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}${path}`,
    CRBUS_SASL_CLIENT_ID: 'me',
    CRBUS_SASL_CLIENT_SECRET: SECRET,
  })
  const token = { CRBUS_SASL_MECHANISM: 'OAUTHBEARER', CRBUS_SASL_TOKEN: SECRET }
  const logins: [string, () => Record<string, string>, RegExp][] = [
    ['a password', () => password(SECRET), /refused the login/],
    ['a password of several lines', () => password(`first\n${SECRET}`), /refused the login/],
    ['a password with control characters', () => password(`\u001b[31m${SECRET}`), /refused the login/],
    ['a token', () => token, /refused the token/],
    ['the client secret', () => client('/refuse'), /returned no token: status 401/],
    ['a token with a line break', () => client('/token'), /the token has a line break/],
  ]
  const commands = [
    LIST,
    [...LIST, '--json', '--debug'],
    ['doctor', 'connection', '--json'],
    ['check', 'lag', '--group', 'billing', '--max-events', '1'],
  ]
  test.each(logins.flatMap(([name, env, message]) => commands.map((words) => [name, words, env, message] as const)))(
    '%s, with %j',
    async (_, words, env, message) => {
      const debugging = { CRBUS_LOG: 'debug', DEBUG: '*', NODE_DEBUG: 'tls,net,http' }
      const { all, exitCode } = await crbus(words, { CRBUS_BROKERS: broker.address, ...env(), ...debugging })
      expect([exitCode, all]).toEqual([3, expect.stringMatching(message)])
      expect(all).not.toMatch(SEEN)
      expect(all).not.toContain(Buffer.from(`me:${SECRET}`).toString('base64'))
    },
  )
})

test.each([
  ['as base64 of PEM', Buffer.from(KEY).toString('base64')],
  ['as base64 of DER', KEY.replaceAll(/-----.*-----|\n/g, '')],
  ['as PEM whose line breaks are written as \\n', KEY.replaceAll('\n', '\\n')],
  ['as damaged PEM', KEY.replace('MIG', 'XXX')],
])('a private key in a variable is not shown as a path: %s', async (_, key) => {
  const env = { CRBUS_BROKERS: '127.0.0.1:1', CRBUS_TLS_CERT: 'client.pem', CRBUS_TLS_KEY: key }
  const outputs = [await crbus(['config', '--json'], env), await crbus([...LIST, '--debug'], env)]
  const middle = KEY.split('\n')[1]?.slice(20, 40) as string
  for (const { all } of outputs) expect(all).not.toContain(middle)
})

describe('a program that prints a secret', () => {
  const login = (command: string) => ({
    CRBUS_BROKERS: broker.address,
    CRBUS_SASL_MECHANISM: 'PLAIN',
    CRBUS_SASL_USERNAME: 'me',
    CRBUS_SASL_PASSWORD: `cmd:${command}`,
  })

  test.each([
    ['and succeeds', `echo '${SECRET}' >&2; echo '${SECRET}'`, 3],
    ['and fails', `echo '${SECRET}' >&2; exit 3`, 2],
  ])('does not show it with its stderr, %s', async (_, lines, code) => {
    const { all, exitCode } = await crbus(LIST, login(program('both', lines)))
    expect(exitCode).toBe(code)
    expect(all).not.toMatch(SEEN)
  })

  test('does not receive the other secrets of the connection', async () => {
    const seen = join(folder, 'environment')
    const secrets = { KAFKA_SASL_PASSWORD: SECRET, CRBUS_TLS_KEY_PASSPHRASE: SECRET, CRBUS_SASL_CLIENT_SECRET: SECRET }
    await crbus(LIST, { ...login(program('env', `env > '${seen}'; echo x`)), ...secrets, VAULT_TOKEN: 'kept' })
    const environment = readFileSync(seen, 'utf8')
    expect(environment).not.toMatch(SEEN)
    expect(environment).toContain('VAULT_TOKEN=kept')
  })
})

describe('a readable password', () => {
  const [distant] = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')

  test.skipIf(distant === undefined).each([[LIST], [['doctor', 'connection']]])(
    'does not go from a broker on this machine to another machine that it advertises, with %j',
    async (words) => {
      const host = distant?.address ?? ''
      const tunnel = await startHostileBroker({ advertises: { host, port: 9092 } })
      onTestFinished(tunnel.close)
      const env = { CRBUS_SASL_MECHANISM: 'PLAIN', CRBUS_SASL_USERNAME: 'me', CRBUS_SASL_PASSWORD: SECRET }
      const { all, exitCode } = await crbus(words, { CRBUS_BROKERS: tunnel.address, ...env })
      const message = `PLAIN without TLS would send the password unencrypted over the network to ${host}:9092`
      expect([exitCode, all]).toEqual([2, expect.stringContaining(message)])
      expect(tunnel.received()).toContain(SECRET)
    },
  )
})
