import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import ConfigCommand from '../../src/commands/config.ts'
import ProfileCreate from '../../src/commands/profile/create.ts'
import ProfileDelete from '../../src/commands/profile/delete.ts'
import ProfileImport from '../../src/commands/profile/import.ts'
import ProfileList from '../../src/commands/profile/list.ts'
import ProfilePrompt from '../../src/commands/profile/prompt.ts'
import ProfileShow from '../../src/commands/profile/show.ts'
import ProfileUse from '../../src/commands/profile/use.ts'
import ProfileValidate from '../../src/commands/profile/validate.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { type Runnable, runCli } from './run-cli.ts'

const SECRET = 'hunter2'

let folder: string
let projectFile: string
let userFile: string
let stateFolder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-profile-'))
  projectFile = join(folder, 'project/crbus.json')
  userFile = join(folder, 'xdg/crbus/config.json')
  stateFolder = join(folder, 'state/crbus')
  for (const path of ['project/inner', 'other', 'home']) mkdirSync(join(folder, path), { recursive: true })
  return () => rmSync(folder, { recursive: true })
})

const project = (content: object) => writeFileSync(projectFile, JSON.stringify(content))
const user = (content: object) => {
  mkdirSync(join(folder, 'xdg/crbus'), { recursive: true })
  writeFileSync(userFile, JSON.stringify(content), { mode: 0o600 })
}
const ownProfiles = () => JSON.parse(readFileSync(userFile, 'utf8')).profiles

const run = (command: Runnable, argv: string[], env: Record<string, string> = {}, more: object = {}) =>
  runCli(command, argv, {
    broker: new MemoryBroker(),
    cwd: join(folder, 'project/inner'),
    env: { XDG_CONFIG_HOME: join(folder, 'xdg'), XDG_DATA_HOME: join(folder, 'data'), ...env },
    home: join(folder, 'home'),
    stateFolder,
    ...more,
  })

const json = async (command: Runnable, argv: string[], env: Record<string, string> = {}, more: object = {}) =>
  JSON.parse((await run(command, [...argv, '--json'], env, more)).stdout)

/** The profile in force, as `crbus config` shows it. */
const inForce = async (env: Record<string, string> = {}, more: object = {}) =>
  (await json(ConfigCommand, [], env, more)).profile

const PROD = {
  brokers: 'prod:9093',
  tls: true,
  sasl: { mechanism: 'SCRAM-SHA-256', username: 'alice', password: SECRET },
  protected: true,
}

describe('crbus profile list and show', () => {
  beforeEach(() => {
    user({ profile: 'prod', profiles: { prod: PROD, mine: { dataDir: '/data' }, local: { brokers: 'mine:1' } } })
    project({ profiles: { local: { dataDir: '.crbus' }, broken: { brokers: 'b:1', sasl: { mechanism: 'PLAIN' } } } })
  })

  test('show the profiles of both files with their security in words and without secrets', async () => {
    const { stdout } = await run(ProfileList, [])

    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['CURRENT', 'NAME', 'BUS', 'SECURITY', 'GUARD', 'FILE'],
      ['-', 'local', join(folder, 'project/.crbus'), '-', '-', projectFile],
      ['-', 'broken', 'b:1', 'incomplete', '-', projectFile],
      ['*', 'prod', 'prod:9093', 'TLS, SCRAM-SHA-256 as alice', 'protected', userFile],
      ['-', 'mine', '/data', '-', '-', userFile],
      ['-', 'local', 'mine:1', 'none', '-', `${userFile} (hidden)`],
      [''],
    ])
    const shown = await run(ProfileShow, ['prod'])
    expect(shown.stdout).toMatch(/^sasl +mechanism SCRAM-SHA-256, username alice, password \(hidden\)/m)
    const listed = await run(ProfileList, ['--json'])
    const marked = JSON.parse(listed.stdout).profiles.filter((profile: { isCurrent: boolean }) => profile.isCurrent)
    expect(marked).toMatchObject([{ name: 'prod', file: userFile }])
    const printed = [stdout, shown.stdout, listed.stdout]
    expect(printed.join('')).not.toContain(SECRET)
  })

  test('list the profiles also if the current profile does not exist', async () => {
    const { stdout, stderr, exitCode } = await run(ProfileList, [], { CRBUS_PROFILE: 'nope' })

    expect([exitCode, stderr]).toEqual([0, "CRBUS_PROFILE names profile 'nope', which is not defined\n"])
    expect(stdout).toContain('prod:9093')
  })

  test('show the current profile, and suggest names for a profile that does not exist', async () => {
    expect((await json(ProfileShow, [])).profiles).toMatchObject([{ name: 'prod', isCurrent: true }])
    const { exitCode, stderr } = await run(ProfileShow, ['prd'])
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/no profile 'prd'.*\n.*similar: prod/)])
  })
})

describe('crbus profile use', () => {
  beforeEach(() => {
    user({ profiles: { prod: PROD, mine: { dataDir: '/data' } } })
    project({ profile: 'local', profiles: { local: { dataDir: '.crbus' } } })
  })
  const elsewhere = () => ({ cwd: join(folder, 'other') })

  test('chooses the profile of one project, and of the folders outside projects', async () => {
    await run(ProfileUse, ['mine'])
    await run(ProfileUse, ['prod'], {}, elsewhere())

    expect(await inForce()).toEqual({ value: 'mine', from: 'crbus profile use' })
    expect(await inForce({}, elsewhere())).toEqual({ value: 'prod', from: 'crbus profile use' })
    expect(JSON.parse(readFileSync(projectFile, 'utf8')).profile).toBe('local')
  })

  test('ranks below --profile and CRBUS_PROFILE, and above the files', async () => {
    const { stderr } = await run(ProfileUse, ['mine'], { CRBUS_PROFILE: 'prod' })

    expect(stderr).toContain("note: CRBUS_PROFILE chooses profile 'prod'")
    expect(await inForce({ CRBUS_PROFILE: 'prod' })).toEqual({ value: 'prod', from: 'CRBUS_PROFILE' })
    expect((await json(ConfigCommand, ['--profile', 'local'])).profile.from).toBe('--profile')
  })

  test('forgets the choice with --unset, and changes nothing with --dry-run', async () => {
    await run(ProfileUse, ['mine'])
    await run(ProfileUse, ['prod', '--dry-run'])
    expect((await inForce()).value).toBe('mine')

    expect(await json(ProfileUse, ['--unset'])).toMatchObject({ applied: true, profile: { value: 'local' } })
    expect(await inForce()).toEqual({ value: 'local', from: projectFile })
  })

  test('refuses a profile that is not defined, and explains a choice that no longer is', async () => {
    expect(await run(ProfileUse, ['nope'])).toMatchObject({ exitCode: 2 })
    await run(ProfileUse, ['mine'])
    user({ profiles: { prod: PROD } })

    const { exitCode, stderr } = await run(ConfigCommand, [])

    expect(exitCode).toBe(2)
    expect(stderr).toContain("crbus profile use names profile 'mine'")
    expect(stderr).toContain('try: crbus profile use --unset')
  })

  test('is not misled by a damaged file in the state folder', async () => {
    mkdirSync(stateFolder, { recursive: true })
    for (const text of ['{', '[]', '{"profiles":[1]}', '{"profiles":{"__proto__":"prod"}}', 'null']) {
      writeFileSync(join(stateFolder, 'profiles.json'), text)
      expect((await inForce()).value).toBe('local')
    }
  })
})

describe('crbus profile create', () => {
  const secure = ['-X', 'sasl.mechanism=SCRAM-SHA-256', '-X', 'sasl.username=alice', '-X', 'sasl.password=env:PROD']

  test('creates the own file of the user, readable by the user only', async () => {
    const argv = ['prod', '-b', 'prod:9093', '--tls', ...secure, '--protected', '-X', 'ssl.ca.location=ca.pem']
    const { exitCode, stdout } = await run(ProfileCreate, argv)

    expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`profile prod (added) in ${userFile}`)])
    expect(ownProfiles()).toEqual({
      prod: {
        brokers: 'prod:9093',
        tls: { ca: join(folder, 'project/inner/ca.pem') },
        sasl: { mechanism: 'SCRAM-SHA-256', username: 'alice', password: 'env:PROD' },
        protected: true,
      },
    })
    expect(statSync(userFile).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'xdg/crbus')).mode & 0o777).toBe(0o700)
    expect((await json(ProfileShow, ['prod'])).profiles[0]).toMatchObject({
      bus: { brokers: 'prod:9093', sasl: { password: 'env:PROD' } },
      guard: { kind: 'protected' },
    })
  })

  test('stores schemas, colors and certificates of any host name, and shows them', async () => {
    const any = ['--tls', '-X', 'ssl.endpoint.identification.algorithm=none']
    const argv = ['dev', '-b', 'dev:9093', ...any, '--schemas', 'types', '--color', 'never']
    const { exitCode, stdout } = await run(ProfileCreate, argv)

    const schemas = join(folder, 'project/inner/types')
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^tls +on, anyHostName$/m)])
    expect(ownProfiles()).toEqual({
      dev: { brokers: 'dev:9093', tls: { anyHostName: true }, schemas, color: 'never' },
    })
    expect((await json(ProfileShow, ['dev'])).profiles[0]).toMatchObject({
      bus: { tls: { anyHostName: true } },
      schemas: { value: schemas, from: userFile },
      color: { value: 'never', from: userFile },
    })
    expect((await run(ProfileShow, ['dev'])).stdout).toMatch(/^schemas +\S+types .*\ncolor +never /m)
    expect((await run(ProfileList, [])).stdout).toContain('TLS, host names NOT verified')
  })

  test('stores a schema registry, and where its login is', async () => {
    const login = ['--registry-username', 'ann', '--registry-password', 'env:WORD']
    const url = 'https://registry.example.com:8081'
    const { exitCode, stdout } = await run(ProfileCreate, ['dev', '-b', 'dev:9092', '--registry', `${url}/`, ...login])
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^registry +https:\S+:8081 as ann$/m)])
    expect(ownProfiles().dev).toEqual({
      brokers: 'dev:9092',
      registry: { url, username: 'ann', password: 'env:WORD' },
    })
    await run(ProfileCreate, ['bare', '-b', 'dev:9092', '--registry', 'http://registry:8081'])
    expect(ownProfiles().bare).toEqual({ brokers: 'dev:9092', registry: 'http://registry:8081' })
  })

  test('refuses a login for a schema registry without its URL', async () => {
    const { stderr, exitCode } = await run(ProfileCreate, ['dev', '-b', 'dev:9092', '--registry-username', 'ann'])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--registry-username needs --registry')])
  })

  test.each([
    [['https://ann:hunter2@registry'], '--registry must be an http:// or https:// URL without a user name'],
    [
      ['https://registry', '--registry-username', 'ann', '--registry-password', 'hunter2'],
      '--registry-password contains the secret itself',
    ],
    [
      ['http://registry', '--registry-username', 'ann', '--registry-password', 'env:WORD'],
      '--registry has a login, so its URL must begin with https://',
    ],
    [['https://registry', '--registry-username', 'ann'], '--registry needs both a username and a password, or neither'],
  ])('refuses the registry %j, and repeats no password', async (words, problem) => {
    const { stderr, exitCode } = await run(ProfileCreate, ['dev', '-b', 'dev:9092', '--registry', ...words])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(problem)])
    expect(stderr).not.toContain('hunter2')
  })

  test('asks before it replaces a profile, and shows what changes', async () => {
    user({ profile: 'prod', profiles: { prod: PROD } })
    const argv = ['prod', '-b', 'new:9093']
    const refused = await run(ProfileCreate, argv)
    expect([refused.exitCode, ownProfiles().prod]).toEqual([6, PROD])
    expect(refused.stdout).toMatch(/^brokers +new:9093 +prod:9093$/m)

    expect(await run(ProfileCreate, argv, {}, { isTerminal: true, stdin: 'y\n' })).toMatchObject({ exitCode: 0 })
    expect(ownProfiles().prod).toEqual({ brokers: 'new:9093' })
    expect(await json(ProfileCreate, argv)).toMatchObject({ profiles: [{ change: 'unchanged' }], applied: false })
  })

  test('pins the cluster that the brokers belong to', async () => {
    await run(ProfileCreate, ['prod', '-b', 'prod:9093', '--pin-cluster'])
    expect(ownProfiles().prod.clusterId).toBe('memory')
  })

  test.each([
    ['a password on the command line', ['-b', 'a:1', '-X', `sasl.password=${SECRET}`], 'contains the secret itself'],
    ['a password in the store', ['-b', 'a:1', '--store', `postgres://a:${SECRET}@b/c`], '--store contains a password'],
    ['no bus', [], 'the profile needs a bus'],
    ['brokers that are not addresses', ['-b', 'a b'], '--brokers must be host:port'],
    ['an unknown setting', ['-b', 'a:1', '-X', 'sasl.user=x'], "does not know the property 'sasl.user'"],
    ['a login without a mechanism', ['-b', 'a:1', '-X', 'sasl.username=x'], 'has no mechanism'],
  ])('refuses %s, and writes nothing', async (_, argv, message) => {
    const { exitCode, stderr } = await run(ProfileCreate, ['prod', ...argv])

    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)])
    expect(stderr).not.toContain(SECRET)
    expect(existsSync(userFile)).toBe(false)
  })

  test('refuses names that are not names of profiles', async () => {
    for (const name of ['a b', '__proto__', '../a', '\u001b[31m']) {
      expect(await run(ProfileCreate, [name, '-b', 'a:1'])).toMatchObject({ exitCode: 2 })
    }
  })
})

describe('crbus profile delete', () => {
  test('deletes an own profile, its key as the default and the choices of it', async () => {
    user({ profile: 'prod', profiles: { prod: PROD, mine: { dataDir: '/data' } } })
    await run(ProfileUse, ['prod'])
    expect(await run(ProfileDelete, ['prod'])).toMatchObject({ exitCode: 6 })

    const { stdout, stderr } = await run(ProfileDelete, ['prod', '--yes'])

    expect(stdout + stderr).not.toContain(SECRET)
    expect(JSON.parse(readFileSync(userFile, 'utf8'))).toEqual({ profiles: { mine: { dataDir: '/data' } } })
    expect(await inForce()).toBeUndefined()
  })

  test('leaves the file of a project to its editor', async () => {
    project({ profiles: { local: { dataDir: '.crbus' } } })
    const { exitCode, stderr } = await run(ProfileDelete, ['local', '--yes'])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`in the file of the project, ${projectFile}`)])
  })
})

describe('crbus profile validate', () => {
  const findings = async (argv: string[] = [], env: Record<string, string> = {}) =>
    (await json(ProfileValidate, argv, env)).findings.map(({ code, key, message }: Record<string, string>) =>
      [code, key, message].join(' | ').replaceAll(folder, ''),
    )

  test('reports every problem of a file with its key, not only the first', async () => {
    project({
      profil: 'a',
      profiles: {
        a: { brokers: 'a b', sasl: { mechanism: 'NTLM', pasword: SECRET } },
        b: { dataDir: 'x', brokers: 'b:1' },
        'c d': {},
      },
      topics: { t: { partitions: 0, retention: 'long', key: 'aggregate' } },
      allow: {},
    })

    const found = await findings()

    expect(found).toEqual([
      expect.stringMatching(/^invalid \| profil \| .*is not a key that crbus knows; did you mean 'profile'\?/),
      expect.stringMatching(/^invalid \| profiles\.a\.brokers \| .*must be host:port/),
      expect.stringMatching(/^invalid \| profiles\.a\.sasl\.mechanism \| .*is not a mechanism/),
      expect.stringMatching(/^invalid \| profiles\.a\.sasl\.pasword \| .*did you mean 'password'/),
      expect.stringMatching(/^invalid \| profiles\.b \| .*names one bus/),
      expect.stringMatching(/^invalid \| profiles\.c d \| .*may contain only letters/),
      expect.stringMatching(/^invalid \| topics\.t\.partitions \| .*at least 1/),
      expect.stringMatching(/^invalid \| topics\.t\.retention \| .*must be a duration/),
      expect.stringMatching(/^invalid \| allow \| .*a project cannot give itself rights/),
    ])
    expect(found.join('')).not.toContain(SECRET)
    expect(await run(ProfileValidate, [])).toMatchObject({
      exitCode: 10,
      stderr: expect.stringContaining('9 problems'),
    })
  })

  test('reports secrets that cannot be read, without reading them and without running programs', async () => {
    const marker = join(folder, 'ran')
    writeFileSync(join(folder, 'run.sh'), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 })
    writeFileSync(join(folder, 'open.txt'), SECRET, { mode: 0o644 })
    const login = (password: string) => ({
      brokers: 'a:1',
      tls: true,
      sasl: { mechanism: 'SCRAM-SHA-256', username: 'env:USER_NAME', password },
    })
    user({
      profile: 'nope',
      profiles: {
        a: login('env:NOT_SET'),
        b: login('file:missing.txt'),
        c: login(`file:${join(folder, 'open.txt')}`),
        d: login('cmd:no-such-program-of-crbus x'),
        e: login(`cmd:${join(folder, 'run.sh')}`),
        f: { brokers: 'a:1', sasl: { mechanism: 'PLAIN', username: 'x', password: 'env:SET' }, store: 'env:SHOP_DB' },
        g: { brokers: 'a:1', sasl: { mechanism: 'SCRAM-SHA-256', username: 'x' } },
      },
    })

    expect(await findings([], { USER_NAME: 'alice', SET: SECRET })).toEqual([
      "undefined-profile | profile | names profile 'nope', which no file defines",
      'unset-variable | profiles.a.sasl.password | NOT_SET is not set',
      expect.stringMatching(
        /^unreadable-file \| profiles\.b\.sasl\.password \| cannot be read: .*missing\.txt does not exist$/,
      ),
      expect.stringMatching(
        /^open-file \| profiles\.c\.sasl\.password \| other users can read .*chmod 600 \/open\.txt/,
      ),
      "missing-program | profiles.d.sasl.password | there is no program 'no-such-program-of-crbus'",
      expect.stringMatching(/^incomplete \| profiles\.f \| PLAIN without TLS would send the password unencrypted/),
      'unset-variable | profiles.f.store | SHOP_DB is not set',
      expect.stringMatching(/^incomplete \| profiles\.g \| .*has no password/),
    ])
    expect(existsSync(marker)).toBe(false)
  })

  test('reports secrets in a file that other users or git can read', async () => {
    project({ profiles: { prod: PROD } })
    chmodSync(projectFile, 0o644)
    expect(await findings()).toEqual([expect.stringMatching(/^open-file \|.*chmod 600 \/project\/crbus\.json/)])
    const cwd = join(folder, 'project')
    for (const args of [
      ['init', '-q'],
      ['add', 'crbus.json'],
    ])
      execFileSync('git', args, { cwd })

    expect(await findings()).toEqual([
      expect.stringMatching(/^open-file/),
      expect.stringMatching(/^tracked-secret \| profiles\.prod\.sasl\.password \|/),
    ])
  })

  test('accepts valid files, and reports text that is not JSON', async () => {
    project({ $schema: './crbus.schema.json', profile: 'mine' })
    user({ profiles: { mine: { dataDir: '/data' } } })
    expect(await run(ProfileValidate, [])).toMatchObject({ exitCode: 0, stdout: '' })

    writeFileSync(projectFile, '{')
    expect(await findings(['../crbus.json'])).toEqual([expect.stringMatching(/^invalid \| {2}\| .*is not JSON/)])
    expect(await run(ProfileValidate, [], {}, { cwd: tmpdir() })).toMatchObject({ exitCode: 0 })
  })
})

describe('crbus profile prompt', () => {
  test('prints the name, with a mark for a guarded bus', async () => {
    user({ profile: 'mine', profiles: { prod: PROD, mine: { dataDir: '/data' } } })
    expect((await run(ProfilePrompt, [])).stdout).toBe('mine\n')
    expect((await run(ProfilePrompt, [], { CRBUS_PROFILE: 'prod' })).stdout).toBe('prod!\n')
    expect(await json(ProfilePrompt, [])).toEqual({ profile: { value: 'mine', from: userFile } })
  })

  test('prints red for bash and zsh in the form of their prompts, unless NO_COLOR is set', async () => {
    user({ profile: 'prod', profiles: { prod: PROD } })
    const shown = async (shell: string, env = {}) => (await run(ProfilePrompt, ['--shell', shell], env)).stdout
    expect(await shown('bash')).toBe('\u0001\u001b[31m\u0002prod!\u0001\u001b[39m\u0002\n')
    expect(await shown('zsh')).toBe('%{\u001b[31m%}prod!%{\u001b[39m%}\n')
    expect(await shown('zsh', { NO_COLOR: '1' })).toBe('prod!\n')
  })

  test('prints the colors that the profile asks for', async () => {
    const shown = async (color: string, argv: string[], env = {}) => {
      user({ profile: 'prod', profiles: { prod: { ...PROD, color } } })
      return (await run(ProfilePrompt, argv, env)).stdout
    }
    expect(await shown('never', ['--shell', 'zsh'])).toBe('prod!\n')
    expect(await shown('always', [])).toBe('\u001b[31mprod!\u001b[39m\n')
    expect(await shown('always', [], { NO_COLOR: '1' })).toBe('prod!\n')
    expect(await shown('always', ['--no-color'])).toBe('prod!\n')
    expect(await shown('auto', ['--shell', 'zsh'])).toContain('%{')
  })

  test('prints nothing without a profile, and nothing for an invalid file', async () => {
    expect(await run(ProfilePrompt, [])).toEqual({ stdout: '', stderr: '', exitCode: 0 })
    project({ nope: 1 })
    expect(await run(ProfilePrompt, [])).toEqual({ stdout: '', stderr: '', exitCode: 0 })
    expect(await run(ProfilePrompt, [], { CRBUS_PROFILE: 'x' })).toEqual({ stdout: '', stderr: '', exitCode: 0 })
  })
})

describe('crbus profile import', () => {
  const RPK = `version: 7
profiles:
- name: "prod\\e]0;evil\\a"
  description: "\\e[2J"
  kafka_api:
    brokers: ["prod:9093"]
    tls: {}
    sasl: { user: "al\\e[2Jice", password: ${SECRET}, mechanism: SCRAM-SHA-256 }
`

  test('finds the file of the tool, shows the plan and the notes, and writes after a yes', async () => {
    mkdirSync(join(folder, 'xdg/rpk'), { recursive: true })
    writeFileSync(join(folder, 'xdg/rpk/rpk.yaml'), RPK)
    user({ topics: {}, profiles: { mine: { dataDir: '/data' } } })
    const refused = await run(ProfileImport, ['rpk'])
    expect([refused.exitCode, Object.keys(ownProfiles())]).toEqual([6, ['mine']])

    const { exitCode, stdout } = await run(ProfileImport, ['rpk'], {}, { isTerminal: true, stdin: 'y\n' })

    expect(exitCode).toBe(0)
    expect(stdout).toContain(`From ${join(folder, 'xdg/rpk/rpk.yaml')}:`)
    expect(stdout).toContain('profile prod-0-evil: set the environment variable PROD_0_EVIL_PASSWORD')
    expect(stdout).toMatch(/^brokers +prod:9093$/m)
    expect(stdout).not.toContain(SECRET)
    expect(stdout).not.toContain('\u001b')
    expect(ownProfiles()).toEqual({
      mine: { dataDir: '/data' },
      'prod-0-evil': {
        brokers: 'prod:9093',
        tls: true,
        sasl: { mechanism: 'SCRAM-SHA-256', username: 'al\u001b[2Jice', password: 'env:PROD_0_EVIL_PASSWORD' },
      },
    })
    expect(await json(ProfileImport, ['rpk', '--yes'])).toMatchObject({
      profiles: [{ change: 'unchanged' }],
      notes: [{ code: 'left-out', setting: 'description' }, { code: 'needs-secret' }],
      applied: false,
    })
  })

  test('never prints passwords, also if it copies them', async () => {
    writeFileSync(
      join(folder, 'project/inner/c.conf'),
      `bootstrap.servers=a:1\nsecurity.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username=u\nsasl.password=${SECRET}\n`,
    )
    const argv = ['librdkafka', 'c.conf', '--name', 'prod', '--with-secrets', '--yes']
    const { stdout, stderr } = await run(ProfileImport, argv)
    expect(stdout + stderr).not.toContain(SECRET)
    expect(ownProfiles().prod.sasl.password).toBe(SECRET)
    expect(JSON.stringify(await json(ProfileImport, argv))).not.toContain(SECRET)
  })

  test('explains where it looked, and refuses files that are too large', async () => {
    const missing = await run(ProfileImport, ['kaf'])
    expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringContaining(join(folder, 'home/.kaf/config'))])
    expect(await run(ProfileImport, ['librdkafka'])).toMatchObject({ exitCode: 2 })
    writeFileSync(join(folder, 'large'), 'a'.repeat(200_000))
    const large = await run(ProfileImport, ['kcat', join(folder, 'large')])
    expect([large.exitCode, large.stderr]).toEqual([2, expect.stringContaining('is larger than 128 KiB')])
  })
})
