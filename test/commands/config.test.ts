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

/** Runs a command in a folder of the project that has no configuration file of its own. */
const run = (command: Runnable, argv: string[], more: Record<string, string> = {}) =>
  runCli(command, argv, {
    broker: new MemoryBroker(),
    cwd: join(folder, 'project/services/orders'),
    env: { ...env, ...more },
  })

/** Returns the document of `crbus config`. */
async function inForce(argv: string[], more: Record<string, string> = {}) {
  const { stdout, stderr, exitCode } = await run(ConfigCommand, [...argv, '--json'], more)
  expect([exitCode, stderr.replace('no configuration file was found\n', '')]).toEqual([0, ''])
  return JSON.parse(stdout)
}

/** The Rust source of the events of a topic. */
const SOURCE = `
  #[derive(Serialize, Deserialize)]
  pub enum OrderEvent { Placed { order_id: String } }
  impl OrderEvent { fn event_type(&self) -> &'static str { match self { Self::Placed { .. } => "OrderPlaced.v1" } } }
`

const profiles = {
  local: { dataDir: '.crbus' },
  prod: { brokers: 'kafka-1:9092,kafka-2:9092', store: 'env:DATABASE_URL', readOnly: true },
  staging: { brokers: 'staging:9092', store: 'postgres://crbus:hunter2@db/events', protected: true },
}

describe('the bus', () => {
  test('the default bus is the embedded bus', async () => {
    const { stdout, stderr } = await run(ConfigCommand, [])

    const data = join(folder, 'data/crbus')
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['SETTING', 'VALUE', 'FROM'],
      ['data-dir', data, 'default'],
      ['store', join(data, 'store.db'), 'default'],
      [''],
    ])
    expect(stderr).toBe('no configuration file was found\n')
  })

  const local = () => ({ kind: 'embedded', folder: join(folder, 'project/.crbus'), from: projectFile })
  const kafka = (brokers: string, from: string) => ({ kind: 'kafka', brokers, from })

  test.each([
    ['the default profile', [], {}, () => local()],
    ['--profile', ['--profile', 'staging'], {}, () => kafka('staging:9092', projectFile)],
    ['CRBUS_PROFILE', [], { CRBUS_PROFILE: 'staging' }, () => kafka('staging:9092', projectFile)],
    ['--profile rather than CRBUS_PROFILE', ['--profile', 'local'], { CRBUS_PROFILE: 'staging' }, () => local()],
    ['-b', ['-b', 'other:1'], { CRBUS_BROKERS: 'no:1' }, () => kafka('other:1', '--brokers')],
    ['-b rather than --profile', ['-b', 'other:1', '--profile', 'staging'], {}, () => kafka('other:1', '--brokers')],
    [
      '--data-dir',
      ['--data-dir', 'here'],
      { CRBUS_BROKERS: 'no:1' },
      () => ({ kind: 'embedded', folder: join(folder, 'project/services/orders/here'), from: '--data-dir' }),
    ],
    ['CRBUS_BROKERS', [], { CRBUS_BROKERS: 'env:1', REDPANDA_BROKERS: 'no:1' }, () => kafka('env:1', 'CRBUS_BROKERS')],
    ['REDPANDA_BROKERS', [], { REDPANDA_BROKERS: 'env:1' }, () => kafka('env:1', 'REDPANDA_BROKERS')],
    [
      'CRBUS_BROKERS rather than a profile from CRBUS_PROFILE',
      [],
      { CRBUS_PROFILE: 'staging', CRBUS_BROKERS: 'env:1' },
      () => kafka('env:1', 'CRBUS_BROKERS'),
    ],
    [
      '--profile rather than REDPANDA_BROKERS',
      ['--profile', 'local'],
      { REDPANDA_BROKERS: 'kafka-1:9092' },
      () => local(),
    ],
    ['CRBUS_DATA_DIR', [], { CRBUS_DATA_DIR: '/tmp/x' }, () => ({ kind: 'embedded', folder: '/tmp/x' })],
  ])('the bus is chosen by %s', async (_, argv, more, expected) => {
    project({ profile: 'local', profiles })

    expect((await inForce(argv, more)).bus).toMatchObject(expected())
  })

  test('the bus limits record batches by --max-batch-bytes, else by the profile', async () => {
    project({ profiles: { big: { brokers: 'big:1', maxBatchBytes: 500 } } })
    const limitOf = async (argv: string[]) => (await inForce(argv)).bus.maxBatchBytes

    expect(await limitOf(['--profile', 'big'])).toBe(500)
    expect(await limitOf(['--profile', 'big', '-b', 'other:1'])).toBe(500)
    expect(await limitOf(['--profile', 'big', '--max-batch-bytes', '70'])).toBe(70)
    expect(await limitOf(['-b', 'other:1'])).toBeUndefined()
    const { stdout } = await run(ConfigCommand, ['--profile', 'big', '--max-batch-bytes', '70'])
    expect(stdout).toMatch(/^max-batch-bytes +70 +--max-batch-bytes$/m)
  })

  test('the bus is opened at the address of the profile', async () => {
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
  ])('the bus is refused with an empty %s', async (_, argv, message) => {
    expect(await run(TopicsList, argv)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) })
  })
})

describe('configuration files', () => {
  test('configuration files rank the project before the user', async () => {
    user({
      profile: 'mine',
      profiles: { mine: { brokers: 'mine:1' }, prod: { brokers: 'evil:1', store: 'mine.db' } },
      schemas: 'types',
      templates: 'templates',
      topics: { 'order-events': { partitions: 1 }, 'payment-events': { retention: '12h30m' } },
      services: { checkout: { group: 'other' }, audit: { publishes: { 'audit-events': ['Seen.v1', 'Lost*'] } } },
    })
    project({
      profiles: { prod: { brokers: 'prod:1' } },
      schemas: '../schemas',
      topics: { 'order-events': { partitions: 6, replication: 3, retention: '7d' } },
      services: { checkout: { group: 'saga', consumes: { 'order-events': ['OrderPlaced'] } } },
    })

    expect(await inForce([])).toEqual({
      files: [projectFile, userFile],
      profiles: ['prod', 'mine'],
      profile: { value: 'mine', from: userFile },
      bus: { kind: 'kafka', brokers: 'mine:1', from: userFile },
      store: { kind: 'sqlite', value: join(folder, 'data/crbus/store.db'), from: 'default' },
      schemas: { value: join(folder, 'schemas'), from: projectFile },
      templates: { value: join(folder, 'xdg/crbus/templates'), from: userFile },
      topics: [
        { topic: 'order-events', partitionCount: 6, replication: 3, retention: 604_800_000, from: projectFile },
        { topic: 'payment-events', retention: 45_000_000, from: userFile },
      ],
      services: [
        {
          ...{ service: 'checkout', group: 'saga', publishes: [], from: projectFile },
          consumes: [{ topic: 'order-events', types: ['OrderPlaced'] }],
        },
        {
          ...{ service: 'audit', consumes: [], from: userFile },
          publishes: [{ topic: 'audit-events', types: ['Seen.v1', 'Lost*'] }],
        },
      ],
    })
    // A profile comes from one file as a whole: the user's store must not be combined with the project's brokers.
    expect(await inForce(['--profile', 'prod'])).toMatchObject({ store: { from: 'default' } })
  })

  test('configuration files are summarized as a table without passwords', async () => {
    const services = { checkout: { group: 'saga', consumes: { a: ['B', 'C.v1'] }, publishes: { d: ['E'] } } }
    project({
      profile: 'staging',
      profiles,
      schemas: 'schemas',
      topics: { 'order-events': { retention: '7d' } },
      services,
    })

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
      ['service:checkout', 'group=saga consumes=a:B+C.v1 publishes=d:E', projectFile],
      [''],
    ])
  })

  test.each([
    ['an unknown key', { topic: {} }, "topic is not a key that crbus knows; did you mean 'topics'?"],
    [
      'an unknown key of a profile',
      { profiles: { prod: { readonly: true } } },
      "prod.readonly is not a key that crbus knows; did you mean 'readOnly'",
    ],
    [
      'an unknown key that is similar to no other',
      { profiles: { prod: { hostname: 'x' } } },
      'profiles.prod.hostname is not a key that crbus knows (',
    ],
    [
      'a value of the wrong type',
      { profiles: { prod: { readOnly: 'yes' } } },
      'profiles.prod.readOnly must be true or false',
    ],
    ['a list instead of profiles', { profiles: [] }, 'profiles must be an object'],
    ['a string instead of an object', 'local', 'the file must be an object'],
    ['an empty string', { schemas: ' ' }, 'schemas must be a string that is not empty'],
    [
      'two buses in a profile',
      { profiles: { a: { brokers: 'b:1', dataDir: 'c' } } },
      'profiles.a has both brokers and dataDir',
    ],
    ['an invalid broker', { profiles: { a: { brokers: 'b 1' } } }, 'profiles.a.brokers must be host:port'],
    [
      'an invalid store',
      { profiles: { a: { store: 'mysql://u:hunter2@b' } } },
      'profiles.a.store is not the address of an event store',
    ],
    [
      'an invalid variable name',
      { profiles: { a: { store: 'env:hunter2=' } } },
      'profiles.a.store must name an environment variable',
    ],
    ['a profile name with a space', { profiles: { 'a b': {} } }, 'profiles.a b may contain only letters'],
    ['a profile that is not defined', { profile: 'prdo', profiles }, "names profile 'prdo', which"],
    [
      'an invalid batch size',
      { profiles: { a: { maxBatchBytes: '1G' } } },
      'profiles.a.maxBatchBytes must be a whole number of at least 1',
    ],
    [
      'schemas of another host in a profile',
      { profiles: { a: { schemas: '//evil/share' } } },
      'profiles.a.schemas begins with two slashes',
    ],
    [
      'a color that is not one of the choices',
      { profiles: { a: { color: true } } },
      'profiles.a.color must be "auto" or "always" or "never"',
    ],
    ['schemas of another host', { schemas: '\\\\evil\\share' }, 'schemas begins with two slashes'],
    ['templates of another host', { templates: '//evil/share' }, 'templates begins with two slashes'],
    [
      'a folder of another host',
      { profiles: { a: { dataDir: '//evil/x' } } },
      'profiles.a.dataDir begins with two slashes',
    ],
    ['a store of another host', { profiles: { a: { store: '\\\\evil\\x.db' } } }, 'profiles.a.store begins with two'],
    ['an invalid topic name', { topics: { 'no spaces': {} } }, 'may hold only letters, digits'],
    ['0 partitions', { topics: { a: { partitions: 0 } } }, 'topics.a.partitions must be a whole number of at least 1'],
    [
      'a number that is not a safe integer',
      { profiles: { a: { maxBatchBytes: 1e300 } } },
      'maxBatchBytes must be a whole number',
    ],
    ['an invalid duration', { topics: { a: { retention: '7 days' } } }, 'topics.a.retention must be a duration'],
  ])('configuration files are refused with %s', async (_, content, message) => {
    writeFileSync(projectFile, JSON.stringify(content))

    const { exitCode, stdout, stderr } = await run(ConfigCommand, ['--debug'])

    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`error: ${projectFile}`)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('hunter2')
  })

  test.each([
    ['{"profiles": {"a": {"store": "postgres://u:hunter2@h" "readOnly": true}}}', 'at column 55'],
    ['{\n  "schemas": hunter2\n}', "expected a value, found 'h' at line 2, column 14"],
    [`{"store": "postgres://u:hunter2@h", "x": "${'x'.repeat(200)}", }`, 'column'],
    ['{"store": "hunter2', 'no closing quote for the string at column 11'],
    ['{"store": "hunter2",\n"x":', 'expected a value, found the end at line 2, column 5'],
    ['', 'expected a value, found the end at column 1'],
  ])(
    'configuration files that are not JSON are refused with line and column, without quoting them: %s',
    async (text, place) => {
      writeFileSync(projectFile, text)

      const { exitCode, stdout, stderr } = await run(ConfigCommand, ['--debug', '--json'])

      expect(exitCode).toBe(2)
      expect(JSON.parse(stdout).error.message).toContain(`${projectFile} is not JSON: `)
      expect(stdout).toContain(place)
      expect(stdout + stderr).not.toContain('hunter2')
    },
  )

  test('configuration files may have 60,000 profiles, of which an error suggests five', async () => {
    const many = Object.fromEntries(Array.from({ length: 60_000 }, (_, index) => [`p${index}`, {}]))
    project({ profiles: many })
    expect((await inForce([])).profiles).toHaveLength(60_000)
    const { stderr } = await run(ConfigCommand, ['--profile', 'none-of-these'])
    expect(stderr.match(/try: /g)).toHaveLength(5)
  })

  test.each([
    ['project', () => projectFile],
    ['user', () => userFile],
  ])('configuration files of the %s that are dangling links are errors and are not ignored', async (_, path) => {
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

  test('configuration files may start with a byte order mark', async () => {
    writeFileSync(projectFile, `\ufeff${JSON.stringify({ profiles: { only: {} } })}`)
    expect(await inForce([])).toMatchObject({ profiles: ['only'] })
  })

  test('configuration files that are invalid make a check unknown', async () => {
    project({ profiles: { prod: { readonly: true } } })

    const { stdout, exitCode } = await run(CheckTopic, ['order-events'])

    expect(stdout).toMatch(
      /^TOPIC UNKNOWN - .*crbus\.json: profiles\.prod\.readonly is not a key that crbus knows.*\n$/,
    )
    expect(exitCode).toBe(3)
  })
})

describe('a profile', () => {
  test('a profile that is not defined is an error, from a flag and from the environment', async () => {
    const nothing = await run(TopicsList, [], { CRBUS_PROFILE: 'prod' })
    expect(nothing).toMatchObject({ exitCode: 2, stdout: '' })
    expect(nothing.stderr).toContain("CRBUS_PROFILE names profile 'prod', but there is no crbus.json in ")

    project({ profiles })
    const mistyped = await run(TopicsList, ['--profile', 'prdo'])
    expect(mistyped.exitCode).toBe(2)
    expect(mistyped.stderr).toContain('  try: --profile prod\n')
    expect((await run(CheckTopic, ['x', '--profile', 'other'])).exitCode).toBe(3)
  })

  test('a profile decides which event store is used', async () => {
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

describe('the schemas and colors of a profile', () => {
  const own = { local: { dataDir: '.crbus', schemas: 'mine', color: 'never' }, plain: { dataDir: '.crbus' } }
  const schemas = (path: string, from = projectFile) => ({ value: join(folder, 'project', path), from })

  test('the schemas of a profile override those of the file, and are relative to it', async () => {
    project({ profile: 'local', profiles: own, schemas: 'shared' })
    expect(await inForce([])).toMatchObject({ schemas: schemas('mine') })
    expect(await inForce(['--profile', 'plain'])).toMatchObject({ schemas: schemas('shared') })
  })

  test('the schemas of a profile rank above CRBUS_SCHEMAS only if --profile chooses the profile', async () => {
    project({ profile: 'local', profiles: own })
    const variable = { CRBUS_SCHEMAS: join(folder, 'project/other') }
    expect(await inForce([], variable)).toMatchObject({ schemas: schemas('other', 'CRBUS_SCHEMAS') })
    expect(await inForce(['--profile', 'local'], variable)).toMatchObject({ schemas: schemas('mine') })
  })

  test('the schemas of a profile decode events', async () => {
    project({ profile: 'local', profiles: own })
    writeFileSync(join(folder, 'project/services/orders/events.rs'), SOURCE)
    const imported = await run(SchemaImport, ['events.rs', '--topic', 'order-events'])
    expect(imported.stderr).toContain('../../mine/order-events.json was written')
    expect((await run(SchemaShow, [])).stdout).toContain('order_id: String')
  })

  test.each<[string, string[], Record<string, string>, object | undefined]>([
    ['--no-color', ['--no-color'], { FORCE_COLOR: '1' }, { value: 'never', from: '--no-color' }],
    ['NO_COLOR', [], { NO_COLOR: '1', FORCE_COLOR: '1' }, { value: 'never', from: 'NO_COLOR' }],
    ['FORCE_COLOR', [], { FORCE_COLOR: '1' }, { value: 'always', from: 'FORCE_COLOR' }],
    ['FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, { value: 'never', from: 'FORCE_COLOR' }],
    ['the profile', [], { NO_COLOR: '' }, { value: 'never', from: 'the file' }],
    ['nothing', ['--profile', 'plain'], {}, undefined],
  ])('colors are decided by %s first', async (_, argv, more, color) => {
    project({ profile: 'local', profiles: own })
    const { color: shown } = await inForce(argv, more)
    expect(shown?.from === projectFile ? { ...shown, from: 'the file' } : shown).toEqual(color)
  })

  test.each([
    ['always', {}, true],
    ['auto', {}, false],
    ['never', {}, false],
    ['always', { NO_COLOR: '1' }, false],
  ])(
    'the color %s of a profile, with %j, decides whether events have colors in a pipe',
    async (color, more, isColored) => {
      project({ profile: 'local', profiles: { local: { dataDir: '.crbus', color } } })
      const broker = new MemoryBroker()
      const bus = new InMemoryEventBus({ broker, createTopics: true })
      const data = Buffer.from('{}')
      await bus.publish('order-events', { eventType: 'OrderPlaced.v1', eventVersion: 1, data, metadata: null })

      const cwd = join(folder, 'project')
      const { stdout, stderr } = await runCli(Tail, ['order-events', '-e'], { broker, cwd, env: { ...env, ...more } })

      expect(stdout, stderr).toContain('OrderPlaced.v1')
      expect(stdout.includes('\u001b[')).toBe(isColored)
    },
  )
})

describe('the schemas of a file', () => {
  test('the schemas of a file are written by schema import and read by other commands', async () => {
    project({ schemas: 'types' })
    writeFileSync(join(folder, 'project/services/orders/events.rs'), SOURCE)
    const missing = await run(SchemaShow, [])
    expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('has no schemas yet') })

    const imported = await run(SchemaImport, ['events.rs', '--topic', 'order-events'])

    expect(imported.stderr).toContain('../../types/order-events.json was written')
    expect((await run(SchemaShow, [])).stdout).toContain('order_id: String')
    const elsewhere = { CRBUS_SCHEMAS: join(folder, 'nowhere') }
    expect((await run(SchemaShow, [], elsewhere)).stderr).toContain(`${join(folder, 'nowhere')} does not exist`)
  })

  test('the schemas of a file need not exist for tail', async () => {
    project({ schemas: 'types' })
    const broker = new MemoryBroker()
    await new InMemoryEventBus({ broker, createTopics: true }).admin.createTopic('order-events')

    const result = await runCli(Tail, ['order-events', '-e'], { broker, cwd: join(folder, 'project'), env })

    expect(result).toMatchObject({ exitCode: 0, stderr: '0 events\n' })
  })
})
