import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { type SecuredKafka, startSecuredKafka, unsecuredToken } from '../support/secured-kafka.ts'

// The command line connects to a broker with TLS and logins, and each misuse has its own error within seconds.

const users = { alice: 'correct horse', bob: 'hunter2' }
const isHere = inject('kafkaBrokers') !== '' && !process.env.CRBUS_TEST_BROKERS
const bin = new URL('../../bin/crbus.js', import.meta.url).pathname
/** How long a failure may take. */
const MAX_FAILURE_MS = 10_000

describe.skipIf(!isHere)('on a secured broker', () => {
  let kafka: SecuredKafka
  let folder: string
  beforeAll(async () => {
    kafka = await startSecuredKafka(users)
    folder = mkdtempSync(join(tmpdir(), 'crbus-secured-'))
    mkdirSync(join(folder, 'config/crbus'), { recursive: true })
    writeFileSync(join(folder, 'password'), `${users.alice}\n`)
    await using bus = new RedpandaEventBus({ brokers: kafka.at.plain })
    await bus.admin.createTopic('seen-events')
  })
  afterAll(async () => {
    await kafka?.dispose()
    if (folder !== undefined) rmSync(folder, { recursive: true })
  })

  interface Options {
    readonly env?: Readonly<Record<string, string>>
    readonly profile?: object
    readonly input?: string
  }

  async function crbus(words: readonly string[], { env = {}, profile, input }: Options = {}) {
    const profiles = profile === undefined ? {} : { profile: 'secured', profiles: { secured: profile } }
    writeFileSync(join(folder, 'config/crbus/config.json'), JSON.stringify(profiles), { mode: 0o600 })
    const start = performance.now()
    const { stdout, stderr, exitCode } = await execa(process.execPath, [bin, ...words], {
      cwd: folder,
      extendEnv: false,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: folder,
        XDG_CONFIG_HOME: join(folder, 'config'),
        NO_COLOR: '1',
        ...env,
      },
      input: input ?? '',
      reject: false,
    })
    return { stdout, stderr, exitCode, took: performance.now() - start }
  }

  const at = (name: string) => join(kafka.folder, name)
  const login = (mechanism: string, password: string) => ({
    brokers: kafka.at.secure,
    tls: { ca: at('authority.pem') },
    sasl: { mechanism, username: 'alice', password },
  })

  describe('the command line logs in', () => {
    const variables = { ALICE: users.alice }
    const ways: [string, () => Options & { readonly words?: readonly string[] }][] = [
      ['with PLAIN and a password in a variable', () => ({ profile: login('PLAIN', 'env:ALICE'), env: variables })],
      [
        'with SCRAM-SHA-256 and a password in a file',
        () => ({ profile: login('SCRAM-SHA-256', 'file:../../password') }),
      ],
      [
        'with SCRAM-SHA-512 and a password that a program prints',
        () => ({ profile: login('SCRAM-SHA-512', `cmd:cat '${join(folder, 'password')}'`) }),
      ],
      [
        'with OAUTHBEARER and a token that a program prints',
        () => ({
          profile: {
            ...login('OAUTHBEARER', ''),
            sasl: { mechanism: 'OAUTHBEARER', token: `cmd:echo ${unsecuredToken('alice', 600)}` },
          },
        }),
      ],
      [
        'with the names of librdkafka on the command line',
        () => ({
          words: [
            ...['-X', `bootstrap.servers=${kafka.at.secure}`, '-X', 'security.protocol=SASL_SSL'],
            ...['-X', `ssl.ca.location=${at('authority.pem')}`, '-X', 'sasl.mechanism=SCRAM-SHA-256'],
            ...['-X', 'sasl.username=alice', '-X', 'sasl.password=env:ALICE'],
          ],
          env: variables,
        }),
      ],
      [
        'with variables of crbus',
        () => ({
          env: {
            CRBUS_BROKERS: `SASL_SSL://${kafka.at.secure}`,
            CRBUS_TLS_CA: at('authority.pem'),
            CRBUS_SASL_MECHANISM: 'PLAIN',
            CRBUS_SASL_USERNAME: 'alice',
            CRBUS_SASL_PASSWORD: users.alice,
          },
        }),
      ],
      [
        'with variables of other clients',
        () => ({
          env: {
            KAFKA_BOOTSTRAP_SERVERS: kafka.at.secure,
            KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
            KAFKA_SSL_CA_LOCATION: at('authority.pem'),
            KAFKA_SASL_MECHANISM: 'PLAIN',
            KAFKA_SASL_USERNAME: 'alice',
            KAFKA_SASL_PASSWORD: users.alice,
          },
        }),
      ],
      [
        'with a client certificate as PEM',
        () => ({
          profile: {
            brokers: kafka.at.mutual,
            tls: { ca: at('server.pem'), cert: at('client.pem'), key: at('client.key') },
          },
        }),
      ],
      [
        'with a client certificate in a PKCS #12 file',
        () => ({
          profile: {
            brokers: kafka.at.mutual,
            tls: { ca: at('server.pem'), pfx: at('client.p12'), keyPassphrase: 'plain:changeit' },
          },
        }),
      ],
    ]

    test.each(ways)('the command line logs in %s', async (_, way) => {
      const { words = [], ...options } = way()
      const listed = await crbus(['topics', 'list', '--json', '--quiet', ...words], options)
      expect([listed.exitCode, listed.stderr]).toEqual([0, ''])
      expect(JSON.parse(listed.stdout)).toHaveProperty('topics')
      // Neither the password nor a token is shown.
      const shown = await crbus(['config', '--json', ...words], options)
      expect(shown.stdout).not.toMatch(/correct horse|eyJ/)
    })

    test('the command line logs in with the client-credentials grant of OAuth', async () => {
      const requests: string[] = []
      const server = createServer(async (request, response) => {
        const body = await request.toArray()
        requests.push(`${request.method} ${request.headers.authorization} ${Buffer.concat(body)}`)
        response.setHeader('content-type', 'application/json')
        response.end(
          JSON.stringify({ access_token: unsecuredToken('alice', 600), token_type: 'Bearer', expires_in: 600 }),
        )
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      onTestFinished(() => void server.close())
      const sasl = {
        mechanism: 'OAUTHBEARER',
        tokenUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
        clientId: 'crbus',
        clientSecret: 'env:SECRET',
        scope: 'kafka',
      }
      const options = { profile: { ...login('PLAIN', ''), sasl }, env: { SECRET: 's3cret' } }

      const { exitCode, stderr } = await crbus(['topics', 'list'], options)

      expect([exitCode, stderr]).toEqual([0, ''])
      const basic = Buffer.from('crbus:s3cret').toString('base64')
      // All connections share one token.
      expect(requests).toEqual([`POST Basic ${basic} grant_type=client_credentials&scope=kafka`])
    })
  })

  test('every command of a topic, its events and its groups works over TLS with a login', async () => {
    const options = { profile: { ...login('SCRAM-SHA-512', 'env:ALICE') }, env: { ALICE: users.alice } }
    const topic = 'order-events'
    const lines: (readonly string[])[] = [
      ['topics', 'create', topic, '--partitions', '2'],
      ['publish', topic, '--type', 'OrderPlaced.v1', '--data', '{"order_id":"o-1"}'],
      ['tail', topic, '--no-follow', '--json'],
      ['reset', '--group', 'billing', '--new-group', '--topic', topic, '--to', 'start', '--yes'],
      ['lag', '--group', 'billing'],
      ['groups', 'list'],
      ['groups', 'describe', 'billing'],
      ['groups', 'members', 'billing'],
      ['groups', 'clone', 'billing', 'copy', '--yes'],
      ['groups', 'delete-offsets', 'copy', '--topic', topic, '--yes'],
      ['groups', 'delete', 'billing', '--yes'],
      ['reset', 'undo', '--last', '--yes'],
      ['check', 'lag', '--group', 'billing', '--max-events', '10', '--min-members', '0'],
      ['check', 'topic', topic, '--max-silence', '1h'],
      ['metrics', '--group', 'billing'],
      ['schema', 'check', topic],
      ['topics', 'describe', topic],
      ['topics', 'list'],
      ['topics', 'delete', topic, '--yes'],
    ]
    for (const words of lines) {
      const { exitCode, stdout, stderr } = await crbus(words, options)
      // Without a schema, `schema check` has nothing to compare with: exit code 2.
      const allowed = words[0] === 'schema' ? [2] : [0]
      // A failure shows the command and what it printed.
      expect([words.join(' '), stdout, stderr, exitCode]).toEqual([
        words.join(' '),
        stdout,
        stderr,
        expect.toBeOneOf(allowed),
      ])
    }
  })

  describe('a misuse has its own error', () => {
    /** Name, options, exit code, message and the first suggestion. */
    const misuses: [string, () => Options, number, RegExp, RegExp][] = [
      ['plain to a TLS port', () => ({ profile: { brokers: kafka.at.tls } }), 3, /TLS on this port/, /--tls/],
      [
        'TLS to a plain port',
        () => ({ profile: { brokers: kafka.at.plain, tls: true } }),
        3,
        /may not speak TLS/,
        /--no-tls/,
      ],
      [
        'a certificate of an unknown authority',
        () => ({ profile: { brokers: kafka.at.signed, tls: true } }),
        3,
        /from an authority that is not trusted/,
        /-X ssl\.ca\.location/,
      ],
      [
        'a self-signed certificate',
        () => ({ profile: { brokers: kafka.at.tls, tls: true } }),
        3,
        /self-signed/,
        /-X ssl\.ca\.location/,
      ],
      [
        'an expired certificate',
        () => ({ profile: { brokers: kafka.at.expired, tls: { ca: at('expired.pem') } } }),
        3,
        /has expired/,
        /renew the certificate/,
      ],
      [
        'a certificate of another host',
        () => ({ profile: { brokers: kafka.at.other, tls: { ca: at('other.pem') } } }),
        3,
        /for another host name/,
        /host name/,
      ],
      [
        'no client certificate',
        () => ({ profile: { brokers: kafka.at.mutual, tls: { ca: at('server.pem') } } }),
        3,
        /requires a client certificate/,
        /ssl\.certificate\.location/,
      ],
      [
        'a client certificate that the broker does not trust',
        () => ({
          profile: {
            brokers: kafka.at.mutual,
            tls: { ca: at('server.pem'), cert: at('stranger.pem'), key: at('stranger.key') },
          },
        }),
        3,
        /refused the client certificate/,
        /broker trusts its authority/,
      ],
      [
        'a wrong password',
        () => ({ profile: login('PLAIN', 'plain:wrong') }),
        3,
        /refused the login/,
        /check the user name/,
      ],
      [
        'a wrong password over SCRAM',
        () => ({ profile: login('SCRAM-SHA-256', 'plain:wrong') }),
        3,
        /refused the login/,
        /check the user name/,
      ],
      [
        'a mechanism that the broker does not offer',
        () => ({ profile: { brokers: kafka.at.login, tls: false, sasl: login('SCRAM-SHA-512', 'plain:x').sasl } }),
        3,
        /mechanism/,
        /check the user name, the password and the mechanism/,
      ],
      ['no login', () => ({ profile: { brokers: kafka.at.login } }), 3, /may expect a login/, /-X sasl\.mechanism/],
      [
        'an expired token',
        () => ({
          profile: {
            ...login('PLAIN', ''),
            sasl: { mechanism: 'OAUTHBEARER', token: `plain:${unsecuredToken('alice', -60)}` },
          },
        }),
        3,
        /refused the token/,
        /has not expired/,
      ],
      [
        'an advertised address that does not answer',
        () => ({ profile: { brokers: kafka.at.away, tls: { ca: at('server.pem') } } }),
        3,
        /127\.0\.0\.1:1\b/,
        /advertised/,
      ],
      [
        'a host without an address',
        () => ({ profile: { brokers: 'kafka.invalid:9093', tls: true } }),
        3,
        /not a known host|cannot be resolved/,
        /./,
      ],
      [
        'another cluster',
        () => ({ profile: { brokers: kafka.at.plain, clusterId: 'another' } }),
        6,
        /belong to cluster \S+, but the profile has the clusterId another/,
        /crbus config/,
      ],
      [
        'a variable that is not set',
        () => ({ profile: login('PLAIN', 'env:MISSING') }),
        2,
        /MISSING is not set/,
        /^export MISSING=…$/,
      ],
      [
        'a token in a variable that is not set',
        () => ({
          profile: { ...login('OAUTHBEARER', ''), sasl: { mechanism: 'OAUTHBEARER', token: 'env:MISSING' } },
        }),
        3,
        /the token \(sasl\.token\) cannot be read: the environment variable MISSING is not set/,
        /^export MISSING=…$/,
      ],
      [
        'a program that does not exist',
        () => ({ profile: login('PLAIN', 'cmd:no-such-program') }),
        2,
        /there is no program 'no-such-program'/,
        /./,
      ],
      [
        'a program that fails',
        () => ({ profile: login('PLAIN', 'cmd:false') }),
        2,
        /'false' ended with exit code 1/,
        /./,
      ],
      [
        'a file that is not a certificate',
        () => ({ profile: { brokers: kafka.at.tls, tls: { ca: join(folder, 'password') } } }),
        2,
        /is not PEM/,
        /^name another file/,
      ],
    ]

    test.each(misuses)('a misuse has its own error: %s', async (_, options, code, message, suggestion) => {
      const { exitCode, stdout, took } = await crbus(['topics', 'list', '--json'], options())
      const { error } = JSON.parse(stdout)
      expect([exitCode, error.message]).toEqual([code, expect.stringMatching(message)])
      const [first = {}] = error.suggestions as Record<string, string>[]
      expect(first.run ?? first.flag ?? first.hint ?? '').toMatch(suggestion)
      expect(took).toBeLessThan(MAX_FAILURE_MS)
      expect(stdout).not.toMatch(/correct horse|"wrong"/)
    })

    /** Writes a file beside the keys, and returns its path. */
    const written = (name: string, content: string | Buffer) => {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    }
    const pem = (name: string) => readFileSync(at(name), 'utf8')
    const der = () => new X509Certificate(pem('client.pem')).raw
    const encrypted = () =>
      written(
        'encrypted.key',
        createPrivateKey(pem('client.key')).export({
          ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame' },
        }),
      )
    const files: [string, () => Record<string, string>, RegExp | undefined, RegExp][] = [
      ['an encrypted key without a passphrase', () => ({ key: encrypted() }), /is encrypted/, /keyPassphrase/],
      [
        'an encrypted key with a wrong passphrase',
        () => ({ key: encrypted(), keyPassphrase: 'plain:wrong' }),
        /passphrase is wrong/,
        /keyPassphrase/,
      ],
      [
        'an encrypted key with its passphrase',
        () => ({ key: encrypted(), keyPassphrase: 'plain:sesame' }),
        undefined,
        /^$/,
      ],
      [
        'files with line breaks of Windows',
        () => ({
          cert: written('crlf.pem', pem('client.pem').replaceAll('\n', '\r\n')),
          key: written('crlf.key', pem('client.key').replaceAll('\n', '\r\n')),
        }),
        undefined,
        /^$/,
      ],
      [
        'two hundred authorities',
        () => ({ ca: written('many.pem', pem('stranger.pem').repeat(199) + pem('server.pem')) }),
        undefined,
        /^$/,
      ],
      ['the key of another certificate', () => ({ key: at('stranger.key') }), /belongs to another certificate/, /^$/],
      ['swapped files', () => ({ cert: at('client.key'), key: at('client.pem') }), /holds a private key/, /swap/],
      ['a certificate without a key', () => ({ key: '' }), /tls\.key is not set/, /set tls\.key/],
      ['DER in place of PEM', () => ({ cert: written('client.der', der()) }), /probably DER/, /openssl x509/],
      [
        'an empty authority',
        () => ({ ca: written('empty.pem', '') }),
        /tls\.ca\) cannot be read: \S+ is empty/,
        /correct the path/,
      ],
      [
        'an authority that is cut off',
        () => ({ ca: written('cut.pem', pem('server.pem').slice(0, 400)) }),
        /cut/,
        /^$/,
      ],
      ['a key in place of an authority', () => ({ ca: at('client.key') }), /holds a private key, but no/, /^$/],
      [
        'an authority that does not exist',
        () => ({ ca: join(folder, 'no.pem') }),
        /no\.pem does not exist/,
        /correct the path/,
      ],
      [
        'a PKCS #12 file with a wrong passphrase',
        () => ({ cert: '', key: '', pfx: at('client.p12'), keyPassphrase: 'plain:wrong' }),
        /tls\.pfx\) cannot be opened: the passphrase is wrong/,
        /keyPassphrase/,
      ],
      [
        'PEM in place of PKCS #12',
        () => ({ cert: '', key: '', pfx: at('client.pem') }),
        /tls\.pfx\) is PEM/,
        /tls\.cert/,
      ],
    ]
    test.each(files)('a misuse has its own error: %s', async (_, more, message, suggestion) => {
      const given = { ca: at('server.pem'), cert: at('client.pem'), key: at('client.key'), ...more() }
      const tls = Object.fromEntries(Object.entries(given).filter(([, path]) => path !== ''))
      const profile = { brokers: kafka.at.mutual, tls }
      const { exitCode, stdout, took } = await crbus(['topics', 'list', '--json'], { profile })
      const { error } = JSON.parse(stdout)
      expect([exitCode, error?.message]).toEqual(
        message === undefined ? [0, undefined] : [2, expect.stringMatching(message)],
      )
      const [first = {}] = (error?.suggestions ?? []) as Record<string, string>[]
      expect(first.run ?? first.hint ?? '').toMatch(suggestion)
      expect(took).toBeLessThan(MAX_FAILURE_MS)
      expect(stdout).not.toMatch(/sesame|"wrong"|error:[0-9A-F]{8}/)
    })

    test.each<[string, string | Buffer, number, RegExp]>([
      ['with a byte order mark and a line break of Windows', `\ufeff${users.alice}\r\n`, 0, /^$/],
      ['in UTF-16', Buffer.from(`\ufeff${users.alice}\r\n`, 'utf16le'), 2, /is in UTF-16/],
      ['with a NUL character', `${users.alice}\0`, 2, /has a NUL character/],
    ])('a file holds a password %s', async (_, content, code, message) => {
      const profile = login('PLAIN', `file:${written('other-password', content)}`)
      const { exitCode, stderr } = await crbus(['topics', 'list', '--quiet'], { profile })
      expect([exitCode, stderr]).toEqual([code, expect.stringMatching(message)])
    })

    test.each<[string, readonly string[], RegExp]>([
      ['topic', ['topics', 'describe', 'payments'], /may not do Describe on topic 'payments'/],
      ['topic to read', ['tail', 'seen-events', '--no-follow'], /may not do Describe on topic 'seen-events'/],
      ['topic to delete', ['topics', 'delete', 'seen-events', '--yes'], /may not do Describe on topic 'seen-events'/],
      [
        'topic to publish to',
        ['publish', 'seen-events', '--type', 'A.v1', '--data', '{}'],
        /may not do Describe on topic 'seen-events'/,
      ],
      ['group', ['groups', 'describe', 'billing'], /may not do Describe on group 'billing'/],
      ['cluster', ['topics', 'create', 'payments'], /may not do Create on topic 'payments'/],
    ])('a misuse has its own error: no ACL on a %s', async (_, words, message) => {
      const profile = { ...login('PLAIN', ''), sasl: { mechanism: 'PLAIN', username: 'bob', password: 'env:BOB' } }
      const { exitCode, stdout } = await crbus([...words, '--json'], { profile, env: { BOB: users.bob } })
      const { error } = JSON.parse(stdout)
      expect([exitCode, error.message]).toEqual([3, expect.stringMatching(message)])
      expect(JSON.stringify(error.suggestions)).toContain('crbus acls allow USER ')
    })
  })

  test.skipIf(process.platform !== 'linux')(
    'a password on the command line is warned about, and leaves the list of processes',
    async () => {
      const words = ['tail', 'seen-events', '-b', kafka.at.secure, '-X', `ssl.ca.location=${at('authority.pem')}`]
      const login = ['-X', 'sasl.mechanism=PLAIN', '-X', 'sasl.username=alice', '-X', `sasl.password=${users.alice}`]
      const tail = execa(process.execPath, [bin, ...words, ...login], {
        cwd: folder,
        env: { HOME: folder },
        reject: false,
      })
      onTestFinished(() => void tail.kill())
      const said = await new Promise<string>((resolve) => tail.stderr?.once('data', (chunk) => resolve(String(chunk))))
      expect(said).toContain('other users can read a password on the command line')
      expect(readFileSync(`/proc/${tail.pid}/cmdline`, 'utf8')).not.toContain(users.alice)
    },
  )

  test('a profile accepts a trusted certificate of any host name, and is warned about each time', async () => {
    const { exitCode, stderr } = await crbus(['topics', 'list', '--quiet'], {
      profile: { brokers: kafka.at.other, tls: { ca: at('other.pem'), anyHostName: true } },
    })
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('the host names of the brokers are NOT verified')])
    const untrusted = { brokers: kafka.at.other, tls: { ca: at('server.pem'), anyHostName: true } }
    expect(await crbus(['topics', 'list'], { profile: untrusted })).toMatchObject({ exitCode: 3 })
  })

  test('a connection without verified certificates is warned about, also with --quiet', async () => {
    const { exitCode, stderr } = await crbus(['topics', 'list', '--quiet'], {
      profile: { brokers: kafka.at.tls, tls: { insecure: true } },
    })
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('are NOT verified')])
  })
})
