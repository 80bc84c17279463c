import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { BusAddress } from '../../src/cli/config/bus-address.ts'
import CheckTopic from '../../src/commands/check/topic.ts'
import ConfigCommand from '../../src/commands/config.ts'
import SchemaImport from '../../src/commands/schema/import.ts'
import SchemaShow from '../../src/commands/schema/show.ts'
import Tail from '../../src/commands/tail.ts'
import TopicsList from '../../src/commands/topics/list.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { type Runnable, runCli } from './run-cli.ts'

let folder: string
let projectFile: string
let userFile: string
let env: Record<string, string>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-config-'))
  projectFile = join(folder, 'project', 'crbus.json')
  userFile = join(folder, 'xdg', 'crbus', 'config.json')
  for (const path of ['project/services/orders', 'xdg/crbus']) mkdirSync(join(folder, path), { recursive: true })
  env = { XDG_CONFIG_HOME: join(folder, 'xdg'), XDG_DATA_HOME: join(folder, 'data') }
  return () => rmSync(folder, { recursive: true })
})

const project = (content: object) => writeFileSync(projectFile, JSON.stringify(content))
const user = (content: object) => writeFileSync(userFile, JSON.stringify(content))

/** From a folder of the project that has no file of its own. */
const run = (command: Runnable, argv: string[], more: Record<string, string> = {}) =>
  runCli(command, argv, {
    broker: new MemoryBroker(),
    cwd: join(folder, 'project/services/orders'),
    env: { ...env, ...more },
  })

async function inForce(argv: string[], more: Record<string, string> = {}) {
  const { stdout, stderr, exitCode } = await run(ConfigCommand, [...argv, '--json'], more)
  expect([exitCode, stderr.replace('there is no configuration file\n', '')]).toEqual([0, ''])
  return JSON.parse(stdout)
}

const profiles = {
  local: { dataDir: '.crbus' },
  prod: { brokers: 'kafka-1:9092,kafka-2:9092', store: 'env:DATABASE_URL', readOnly: true },
  staging: { brokers: 'staging:9092', store: 'postgres://crbus:hunter2@db/events', protected: true },
}

describe('the bus', () => {
  test('is one local file when nothing says otherwise', async () => {
    const { stdout, stderr } = await run(ConfigCommand, [])

    const data = join(folder, 'data/crbus')
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['SETTING', 'VALUE', 'FROM'],
      ['data-dir', data, 'default'],
      ['store', join(data, 'store.db'), 'default'],
      [''],
    ])
    expect(stderr).toBe('there is no configuration file\n')
  })

  const local = () => ({ kind: 'embedded', folder: join(folder, 'project/.crbus'), from: projectFile })
  const kafka = (brokers: string, from: string) => ({ kind: 'kafka', brokers, from })

  test.each([
    ['the default profile', [], {}, () => local()],
    ['a profile by flag', ['--profile', 'staging'], {}, () => kafka('staging:9092', projectFile)],
    ['a profile by environment', [], { CRBUS_PROFILE: 'staging' }, () => kafka('staging:9092', projectFile)],
    ['the flag before the environment', ['--profile', 'local'], { CRBUS_PROFILE: 'staging' }, () => local()],
    ['-b', ['-b', 'other:1'], { CRBUS_BROKERS: 'no:1' }, () => kafka('other:1', '--brokers')],
    ['-b before --profile', ['-b', 'other:1', '--profile', 'staging'], {}, () => kafka('other:1', '--brokers')],
    [
      '--data-dir',
      ['--data-dir', 'here'],
      { CRBUS_BROKERS: 'no:1' },
      () => ({ kind: 'embedded', folder: join(folder, 'project/services/orders/here'), from: '--data-dir' }),
    ],
    ['CRBUS_BROKERS', [], { CRBUS_BROKERS: 'env:1', REDPANDA_BROKERS: 'no:1' }, () => kafka('env:1', 'CRBUS_BROKERS')],
    ['REDPANDA_BROKERS', [], { REDPANDA_BROKERS: 'env:1' }, () => kafka('env:1', 'REDPANDA_BROKERS')],
    [
      'what the environment names, before a profile it names',
      [],
      { CRBUS_PROFILE: 'staging', CRBUS_BROKERS: 'env:1' },
      () => kafka('env:1', 'CRBUS_BROKERS'),
    ],
    [
      'a profile by flag, before what the environment names',
      ['--profile', 'local'],
      { REDPANDA_BROKERS: 'kafka-1:9092' },
      () => local(),
    ],
    ['CRBUS_DATA_DIR', [], { CRBUS_DATA_DIR: '/tmp/x' }, () => ({ kind: 'embedded', folder: '/tmp/x' })],
  ])('is that of %s', async (_, argv, more, expected) => {
    project({ profile: 'local', profiles })

    expect((await inForce(argv, more)).bus).toMatchObject(expected())
  })

  test('reads batches as large as the flag says, else the profile', async () => {
    project({ profiles: { big: { brokers: 'big:1', maxBatchBytes: 500 } } })
    const limitOf = async (argv: string[]) => (await inForce(argv)).bus.maxBatchBytes

    expect(await limitOf(['--profile', 'big'])).toBe(500)
    expect(await limitOf(['--profile', 'big', '-b', 'other:1'])).toBe(500)
    expect(await limitOf(['--profile', 'big', '--max-batch-bytes', '70'])).toBe(70)
    expect(await limitOf(['-b', 'other:1'])).toBeUndefined()
    const { stdout } = await run(ConfigCommand, ['--profile', 'big', '--max-batch-bytes', '70'])
    expect(stdout).toMatch(/^max-batch-bytes +70 +--max-batch-bytes$/m)
  })

  test('is the one that is opened', async () => {
    project({ profiles })
    const opened: BusAddress[] = []
    const openBus = (address: BusAddress) => {
      opened.push(address)
      return new InMemoryEventBus({ createTopics: true })
    }
    const options = { broker: new MemoryBroker(), cwd: join(folder, 'project'), env, openBus }

    await runCli(TopicsList, ['--profile', 'prod'], options)
    await runCli(TopicsList, ['--profile', 'local'], options)

    expect(opened).toEqual([
      { kind: 'kafka', brokers: 'kafka-1:9092,kafka-2:9092' },
      { kind: 'embedded', folder: join(folder, 'project/.crbus') },
    ])
  })

  test.each([
    ['-b', ['-b', ' '], '--brokers is empty'],
    ['--data-dir', ['--data-dir', ''], '--data-dir is empty'],
  ])('is not chosen by an empty %s', async (_, argv, message) => {
    expect(await run(TopicsList, argv)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) })
  })
})

describe('files', () => {
  test('come in order: the project, then the user', async () => {
    user({
      profile: 'mine',
      profiles: { mine: { brokers: 'mine:1' }, prod: { brokers: 'evil:1', store: 'mine.db' } },
      schemas: 'types',
      templates: 'templates',
      topics: { 'order-events': { partitions: 1 }, 'payment-events': { retention: '12h30m' } },
    })
    project({
      profiles: { prod: { brokers: 'prod:1' } },
      schemas: '../schemas',
      topics: { 'order-events': { partitions: 6, replication: 3, retention: '7d' } },
    })

    expect(await inForce([])).toEqual({
      files: [projectFile, userFile],
      profiles: ['prod', 'mine'],
      profile: { value: 'mine', from: userFile },
      bus: { kind: 'kafka', brokers: 'mine:1', from: userFile },
      store: { kind: 'sqlite', value: join(folder, 'data/crbus/store.db'), from: 'default' },
      schemas: { value: join(folder, 'schemas'), from: projectFile },
      templates: { value: join(folder, 'xdg/crbus/templates'), from: userFile },
      topics: {
        'order-events': { partitions: 6, replication: 3, retention: 604_800_000, from: projectFile },
        'payment-events': { retention: 45_000_000, from: userFile },
      },
    })
    // A profile is whole in one file: the user's store is not for the project's brokers.
    expect(await inForce(['--profile', 'prod'])).toMatchObject({ store: { from: 'default' } })
  })

  test('are shown as a table', async () => {
    project({ profile: 'staging', profiles, schemas: 'schemas', topics: { 'order-events': { retention: '7d' } } })

    const { stdout } = await run(ConfigCommand, [])

    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/))
    expect(rows).toEqual([
      ['SETTING', 'VALUE', 'FROM'],
      ['profile', 'staging', projectFile],
      ['brokers', 'staging:9092', projectFile],
      ['guard', 'protected', `${projectFile} (profile staging)`],
      ['store', 'postgres://crbus:***@db/events', projectFile],
      ['schemas', join(folder, 'project/schemas'), projectFile],
      ['topic:order-events', 'retention=7d', projectFile],
      [''],
    ])
  })

  test.each([
    ['a key nobody knows', { topic: {} }, "topic is no key of crbus; did you mean 'topics'?"],
    [
      'one of a profile',
      { profiles: { prod: { readonly: true } } },
      "prod.readonly is no key of crbus; did you mean 'readOnly'",
    ],
    ['one like no other', { profiles: { prod: { hostname: 'x' } } }, 'profiles.prod.hostname is no key of crbus ('],
    [
      'a kind that is wrong',
      { profiles: { prod: { readOnly: 'yes' } } },
      'profiles.prod.readOnly must be true or false',
    ],
    ['a list', { profiles: [] }, 'profiles must be an object'],
    ['a text for everything', 'local', 'the file must be an object'],
    ['an empty text', { schemas: ' ' }, 'schemas must be a text that is not empty'],
    ['two buses', { profiles: { a: { brokers: 'b:1', dataDir: 'c' } } }, 'profiles.a has both brokers and dataDir'],
    ['no broker', { profiles: { a: { brokers: 'b 1' } } }, 'profiles.a.brokers must be host:port'],
    ['no store', { profiles: { a: { store: 'mysql://u:hunter2@b' } } }, 'profiles.a.store is no event store'],
    ['no variable', { profiles: { a: { store: 'env:hunter2=' } } }, 'profiles.a.store names no environment variable'],
    ['a name to be quoted', { profiles: { 'a b': {} } }, 'profiles.a b may hold only letters'],
    ['a profile that is not there', { profile: 'prdo', profiles }, "names profile 'prdo', which"],
    ['no size', { profiles: { a: { maxBatchBytes: '1G' } } }, 'profiles.a.maxBatchBytes must be a whole number from 1'],
    ['schemas of another host', { schemas: '\\\\evil\\share' }, 'schemas begins with two slashes'],
    ['templates of another host', { templates: '//evil/share' }, 'templates begins with two slashes'],
    [
      'a folder of another host',
      { profiles: { a: { dataDir: '//evil/x' } } },
      'profiles.a.dataDir begins with two slashes',
    ],
    ['a store of another host', { profiles: { a: { store: '\\\\evil\\x.db' } } }, 'profiles.a.store begins with two'],
    ['a topic that cannot be', { topics: { 'no spaces': {} } }, 'may hold only letters, digits'],
    ['no partitions', { topics: { a: { partitions: 0 } } }, 'topics.a.partitions must be a whole number from 1 on'],
    [
      'a size beyond whole numbers',
      { profiles: { a: { maxBatchBytes: 1e300 } } },
      'maxBatchBytes must be a whole number',
    ],
    ['a time without a unit', { topics: { a: { retention: '7 days' } } }, 'topics.a.retention must be a time'],
  ])('are refused with %s', async (_, content, message) => {
    writeFileSync(projectFile, JSON.stringify(content))

    const { exitCode, stdout, stderr } = await run(ConfigCommand, ['--debug'])

    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`error: ${projectFile}`)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('hunter2')
  })

  test.each([
    ['{"profiles": {"a": {"store": "postgres://u:hunter2@h" "readOnly": true}}}', 'line 1, column 55'],
    ['{\n  "schemas": hunter2\n}', "Unexpected token 'h' at line 2, column 14"],
    [`{"store": "postgres://u:hunter2@h", "x": "${'x'.repeat(200)}", }`, 'column'],
    ['{"store": "hunter2', 'line 1, column 19'],
    ['{"store": "hunter2",\n"x":', 'Unexpected end at line 2, column 5'],
    ['', 'Unexpected end at line 1, column 1'],
  ])('that are no JSON are told by place, and quoted nowhere: %s', async (text, place) => {
    writeFileSync(projectFile, text)

    const { exitCode, stdout, stderr } = await run(ConfigCommand, ['--debug', '--json'])

    expect(exitCode).toBe(2)
    expect(JSON.parse(stdout).error.message).toContain(`${projectFile} is not JSON: `)
    expect(stdout).toContain(place)
    expect(stdout + stderr).not.toContain('hunter2')
  })

  test('with many profiles are read in no more time than they are long, and a few profiles are suggested', async () => {
    const many = Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`p${index}`, {}]))
    project({ profiles: many })
    expect((await inForce([])).profiles).toHaveLength(60_000)
    const { stderr } = await run(ConfigCommand, ['--profile', 'none-of-these'])
    expect(stderr.match(/try: /g)).toHaveLength(5)
  })

  test.each([
    ['of the project', () => projectFile],
    ['of the user', () => userFile],
  ])('%s that are links to nothing are errors, and are not passed over', async (_, path) => {
    writeFileSync(join(folder, 'crbus.json'), '{}')
    symlinkSync('nowhere.json', path())
    const { stderr, exitCode } = await run(ConfigCommand, [])
    expect(stderr).toContain(
      `error: ${path()} cannot be read: ${path()} is a link to nowhere.json, which does not exist (CRBUS_USAGE)`,
    )
    expect(exitCode).toBe(2)
    rmSync(path())
    symlinkSync(basename(path()), path())
    expect((await run(ConfigCommand, [])).stderr).toContain(`${path()} is a link that leads back to itself`)
  })

  test('may begin with a byte order mark', async () => {
    writeFileSync(projectFile, `\ufeff${JSON.stringify({ profiles: { only: {} } })}`)
    expect(await inForce([])).toMatchObject({ profiles: ['only'] })
  })

  test('that are wrong make a check unknown', async () => {
    project({ profiles: { prod: { readonly: true } } })

    const { stdout, exitCode } = await run(CheckTopic, ['order-events'])

    expect(stdout).toMatch(/^TOPIC UNKNOWN - .*crbus\.json: profiles\.prod\.readonly is no key of crbus.*\n$/)
    expect(exitCode).toBe(3)
  })
})

describe('a profile', () => {
  test('that nobody knows is an error, wherever it was named', async () => {
    const nothing = await run(TopicsList, [], { CRBUS_PROFILE: 'prod' })
    expect(nothing).toMatchObject({ exitCode: 2, stdout: '' })
    expect(nothing.stderr).toContain("CRBUS_PROFILE names profile 'prod', and there is no crbus.json in ")

    project({ profiles })
    const mistyped = await run(TopicsList, ['--profile', 'prdo'])
    expect(mistyped.exitCode).toBe(2)
    expect(mistyped.stderr).toContain('  try: --profile prod\n')
    expect((await run(CheckTopic, ['x', '--profile', 'other'])).exitCode).toBe(3)
  })

  test('says where the event store is', async () => {
    project({ profiles: { ...profiles, sqlite: { store: 'events.db' } } })
    const store = async (name: string, url: string) =>
      (await inForce(['--profile', name], url === '' ? {} : { DATABASE_URL: url })).store

    expect(await store('sqlite', '')).toEqual({
      kind: 'sqlite',
      value: join(folder, 'project/events.db'),
      from: projectFile,
    })
    expect(await store('staging', '')).toEqual({
      kind: 'postgres',
      value: 'postgres://crbus:***@db/events',
      from: projectFile,
    })
    const from = `${projectFile} (env:DATABASE_URL)`
    expect(await store('prod', 'postgres://u:hunter2@db/x')).toEqual({
      kind: 'postgres',
      value: 'postgres://u:***@db/x',
      from,
    })
    expect(await store('prod', 'my.db')).toMatchObject({ value: join(folder, 'project/services/orders/my.db') })
    expect(await store('prod', '')).toEqual({
      kind: 'unknown',
      value: '',
      from: `${projectFile} (env:DATABASE_URL is not set)`,
    })
    expect(await store('prod', 'mysql://u:hunter2@db')).toMatchObject({ kind: 'unknown', value: '' })
  })
})

describe('the schemas of a file', () => {
  const source = `
    #[derive(Serialize, Deserialize)]
    pub enum OrderEvent { Placed { order_id: String } }
    impl OrderEvent { fn event_type(&self) -> &'static str { match self { Self::Placed { .. } => "OrderPlaced.v1" } } }
  `

  test('are where imports go and commands look', async () => {
    project({ schemas: 'types' })
    writeFileSync(join(folder, 'project/services/orders/events.rs'), source)
    const missing = await run(SchemaShow, [])
    expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('has no schemas yet') })

    const imported = await run(SchemaImport, ['events.rs', '--topic', 'order-events'])

    expect(imported.stderr).toContain('../../types/order-events.json written')
    expect((await run(SchemaShow, [])).stdout).toContain('order_id: String')
    const elsewhere = { CRBUS_SCHEMAS: join(folder, 'nowhere') }
    expect((await run(SchemaShow, [], elsewhere)).stderr).toContain(`there is no ${join(folder, 'nowhere')}`)
  })

  test('need not be there yet for tail', async () => {
    project({ schemas: 'types' })
    const broker = new MemoryBroker()
    await new InMemoryEventBus({ broker, createTopics: true }).admin.createTopic('order-events')

    const result = await runCli(Tail, ['order-events', '-e'], { broker, cwd: join(folder, 'project'), env })

    expect(result).toMatchObject({ exitCode: 0, stderr: '0 events\n' })
  })
})
