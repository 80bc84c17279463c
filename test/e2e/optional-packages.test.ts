import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { runWithKeyring } from '../support/keyring.ts'
import { type Installed, installGlobally, newUser } from '../support/packed.ts'
import { type SecuredKafka, startSecuredKafka } from '../support/secured-kafka.ts'

// The packages that users install beside crbus for logins: Amazon's signer and the keyring. Downloads 30 MB.

const isHere = inject('kafkaBrokers') !== '' && !process.env.CRBUS_TEST_BROKERS
const PASSWORD = 'correct horse'

describe.skipIf(!isHere)('crbus with the packages that it can use for logins', () => {
  let kafka: SecuredKafka
  let installed: Installed
  let folder: string
  let env: Record<string, string>

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crbus-optional-'))
    mkdirSync(join(folder, 'config/crbus'), { recursive: true })
    const user = newUser(folder)
    installed = await installGlobally(user)
    const packages = ['aws-msk-iam-sasl-signer-js', '@napi-rs/keyring']
    const options = ['--global', '--no-fund', '--no-audit', '--prefix', installed.folder]
    await execa('npm', ['install', ...options, ...packages], { env: user })
    env = { PATH: process.env.PATH ?? '', HOME: folder, XDG_CONFIG_HOME: join(folder, 'config'), NO_COLOR: '1' }
    kafka = await startSecuredKafka({ alice: PASSWORD })
  })
  afterAll(async () => {
    await kafka?.dispose()
    for (const path of [folder, installed?.folder]) if (path !== undefined) rmSync(path, { recursive: true })
  })

  const use = (profile: object) =>
    writeFileSync(
      join(folder, 'config/crbus/config.json'),
      JSON.stringify({ profile: 'it', profiles: { it: profile } }),
      { mode: 0o600 },
    )
  const command = () => [process.execPath, installed.bin, 'topics', 'list', '--json']
  async function listTopics(more: Record<string, string> = {}) {
    const [program = '', ...argv] = command()
    const options = { cwd: folder, extendEnv: false, env: { ...env, ...more }, reject: false } as const
    const { stdout, exitCode } = await execa(program, argv, options)
    return { exitCode, error: JSON.parse(stdout).error }
  }

  test('AWS_MSK_IAM sends a token that the credentials of AWS sign for the region, without a network', async () => {
    const sent: Buffer[] = []
    const [host = '', port] = kafka.at.login.split(':')
    const proxy = createServer((client) => {
      const broker = connect(Number(port), host)
      client.on('data', (bytes) => sent.push(bytes)).pipe(broker)
      broker.pipe(client)
      for (const socket of [client, broker]) socket.on('error', () => [client, broker].map((one) => one.destroy()))
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void proxy.close())
    await new Promise((resolve) => proxy.once('listening', resolve))
    const brokers = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
    use({ brokers, tls: false, sasl: { mechanism: 'AWS_MSK_IAM', region: 'eu-central-1' } })

    const { exitCode } = await listTopics({
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'not-a-secret',
      AWS_EC2_METADATA_DISABLED: 'true',
    })

    // The broker of the test does not know the users of Amazon.
    expect(exitCode).toBe(3)
    const [, token = ''] = /auth=Bearer ([\w-]+)/.exec(Buffer.concat(sent).toString('latin1')) ?? []
    const url = new URL(Buffer.from(token, 'base64url').toString())
    expect(`${url.protocol}//${url.host}${url.pathname}`).toBe('https://kafka.eu-central-1.amazonaws.com/')
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'kafka-cluster:Connect',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': expect.stringMatching(/^AKIAEXAMPLE\/\d{8}\/eu-central-1\/kafka-cluster\/aws4_request$/),
      'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(Buffer.concat(sent).toString('latin1')).not.toContain('not-a-secret')
  })

  test('AWS_MSK_IAM without credentials of AWS fails with the reason of the signer', async () => {
    use({ brokers: kafka.at.login, tls: false, sasl: { mechanism: 'AWS_MSK_IAM', region: 'eu-central-1' } })
    const { exitCode, error } = await listTopics({ AWS_EC2_METADATA_DISABLED: 'true' })
    expect([exitCode, error.message]).toEqual([3, expect.stringMatching(/cannot sign the login: .*credentials/)])
    expect(error.suggestions[0]).toMatchObject({ run: 'aws sts get-caller-identity' })
  })

  const secured = (password: string) => ({
    brokers: kafka.at.secure,
    tls: { ca: join(kafka.folder, 'authority.pem') },
    sasl: { mechanism: 'SCRAM-SHA-512', username: 'alice', password },
  })
  const entry = { service: 'kafka of the team', account: 'alice', secret: PASSWORD }

  test('keyring: logs in with the entry of an unlocked keyring', async () => {
    use(secured(`keyring:${entry.service}/${entry.account}`))
    const { exitCode, stdout, stderr } = await runWithKeyring(folder, entry, command(), env)
    expect(exitCode, stderr + stdout).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ bus: { kind: 'kafka', profile: 'it' } })
  })

  test('keyring: names an entry that the keyring does not have, and the command that stores it', async () => {
    use(secured('keyring:kafka/bob'))
    const { exitCode, stdout } = await runWithKeyring(folder, entry, command(), env)
    expect([exitCode, JSON.parse(stdout).error]).toEqual([
      2,
      expect.objectContaining({
        message: 'the keyring has no entry kafka/bob, which should hold the password (sasl.password)',
        suggestions: [
          {
            run: 'secret-tool store --label=crbus service kafka username bob',
            note: 'asks for the secret and stores it',
          },
        ],
      }),
    ])
  })

  test('keyring: fails with the reason if no keyring service runs', async () => {
    use(secured('keyring:kafka/alice'))
    const { exitCode, error } = await listTopics({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent' })
    expect([exitCode, error.message]).toEqual([
      2,
      expect.stringMatching(/^the password \(sasl\.password\) cannot be read from the keyring: .*\/nonexistent/),
    ])
    expect(error.suggestions).toContainEqual({
      hint: 'without a desktop, name the secret as env:NAME, file:PATH or cmd:PROGRAM ARGUMENTS',
    })
  })
})
