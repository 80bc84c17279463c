import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Acl } from '../../src/bus/cluster/acl.ts'
import { serializedEvent } from '../../src/bus/event.ts'
import GroupsDelete from '../../src/commands/groups/delete.ts'
import Publish from '../../src/commands/publish.ts'
import Reset from '../../src/commands/reset.ts'
import SchemaImport from '../../src/commands/schema/import.ts'
import TopicsCreate from '../../src/commands/topics/create.ts'
import TopicsDelete from '../../src/commands/topics/delete.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { commandFiles } from '../support/command-files.ts'
import { withAcls } from '../support/with-acls.ts'
import { type Runnable, runCli } from './run-cli.ts'

const files = commandFiles('/')

interface CommandLine {
  /** Arguments that make the command succeed. */
  readonly argv: readonly string[]
  /** The name of what the command changes. */
  readonly changes?: string
  /** Whether the command checks something and finds a fault, so that it ends with exit code 10. */
  readonly finds?: boolean
}

/** Every command. */
const commands: Readonly<Record<string, CommandLine>> = {
  'acls/allow': { argv: ['alice', '--topic', 'order-events', '--operation', 'read'], changes: 'User:alice' },
  'acls/deny': { argv: ['alice', '--topic', 'order-events', '--operation', 'read'], changes: 'User:alice' },
  'acls/list': { argv: [] },
  'acls/revoke': { argv: ['bob', '--topic', 'order-events'], changes: 'User:bob' },
  audit: {
    argv: [
      'order-events',
      '--store',
      'orders.db',
      '--repair',
      '--grace',
      '1ms',
      '--ignore',
      'never-stored',
      '--ignore',
      'never-published',
    ],
    changes: 'order-events',
  },
  'check/lag': { argv: ['--group', 'billing', '--max-events', '9'] },
  'check/topic': { argv: ['order-events'] },
  cluster: { argv: [] },
  config: { argv: [] },
  'config/allow': { argv: [] },
  demo: { argv: ['--checkouts', '1', '--pause', '0'], changes: 'the demo' },
  'dlq/discard': { argv: ['--all', '--reason', 'test data'], changes: 'order-events-dlq' },
  'dlq/edit': { argv: ['order-events-dlq[0]@0'], changes: 'order-events' },
  'dlq/list': { argv: [] },
  'dlq/retry': { argv: ['--all'], changes: 'order-events' },
  'dlq/show': { argv: ['order-events-dlq[0]@0'] },
  doctor: { argv: [], finds: true },
  down: { argv: ['--dry-run'] },
  'doctor/connection': { argv: [] },
  'doctor/duplicates': { argv: ['--group', 'billing', '--for', '1ms'], finds: true },
  'doctor/events': { argv: ['--group', 'billing', '--topic', 'order-events'], finds: true },
  'doctor/slow': { argv: ['--group', 'billing', '--for', '1ms'], finds: true },
  'groups/clone': { argv: ['billing', 'billing-v2'], changes: 'billing-v2' },
  'groups/delete': { argv: ['billing', 'shipping'], changes: 'billing,shipping' },
  'groups/delete-offsets': { argv: ['billing', '--topic', 'order-events'], changes: 'billing' },
  'groups/describe': { argv: ['billing'] },
  'groups/list': { argv: [] },
  'groups/members': { argv: ['billing'] },
  index: { argv: ['order-events'] },
  'index/delete': { argv: ['--yes'] },
  'index/status': { argv: [] },
  lag: { argv: ['--by-type'] },
  ui: { argv: ['--json'] },
  metrics: { argv: [] },
  'metrics/alerts': { argv: [] },
  'metrics/dashboard': { argv: [] },
  'new/aggregate': { argv: ['order', '--event', 'OrderPlaced:order_id=uuid', '--no-install'] },
  'new/saga': { argv: ['checkout', '--on', 'order-events,stock-events', '--no-install'] },
  export: { argv: ['order-events', '--file', 'new.crbus'] },
  import: { argv: ['orders.ndjson'], changes: 'order-events' },
  replay: { argv: ['order-events'], changes: 'order-events' },
  copy: { argv: ['order-events', 'old-events'], changes: 'old-events' },
  'new/service': { argv: ['shop', '--no-install'] },
  'new/topic': { argv: ['stock-events'] },
  'profile/create': { argv: ['new', '-b', 'a:1'] },
  'profile/delete': { argv: ['mine', '--dry-run'] },
  'profile/import': { argv: ['kcat', 'kcat.conf', '--dry-run'] },
  'profile/list': { argv: [] },
  'profile/prompt': { argv: [] },
  'profile/show': { argv: ['mine'] },
  'profile/use': { argv: ['mine'] },
  'profile/validate': { argv: [] },
  probe: {
    argv: [
      ...['order-events', '--type', 'Placed.v1', '--data', '{}', '--codec', 'json', '--expect', 'old-events'],
      ...['--settle', '1ms', '--burst', '1'],
    ],
    changes: 'order-events',
    finds: true,
  },
  publish: {
    argv: ['order-events', '--type', 'Placed.v1', '--data', '{}', '--codec', 'json'],
    changes: 'order-events',
  },
  reset: { argv: ['-g', 'billing', '-t', 'order-events', '--to', 'start'], changes: 'billing' },
  'reset/apply': { argv: ['plan.json'], changes: 'billing' },
  'reset/undo': { argv: ['--last'], changes: 'shipping' },
  'schema/check': { argv: ['order-events'] },
  'schema/diff': { argv: ['events.rs', 'events.rs'] },
  'schema/import': { argv: ['events.rs', '--topic', 'order-events', '--dry-run'] },
  'schema/sample': { argv: [] },
  'schema/show': { argv: [] },
  status: { argv: [], finds: true },
  'sagas/describe': { argv: ['checkout', '--on', 'checkout-events', '--dry-run'] },
  'sagas/list': { argv: [] },
  'sagas/show': { argv: ['c-1'] },
  'sagas/stuck': { argv: [], finds: true },
  'store/init': { argv: ['--store', 'store.db'], changes: 'store.db' },
  tail: { argv: ['order-events', '--no-follow'] },
  'topics/add-partitions': { argv: ['order-events', '--to', '2'], changes: 'order-events' },
  'topics/alter': { argv: ['order-events', '--config', 'retention.ms=1'], changes: 'order-events' },
  'topics/apply': { argv: [], changes: 'order-events' },
  up: { argv: ['--dry-run'] },
  'topics/create': { argv: ['new-events'], changes: 'new-events' },
  'topics/delete': { argv: ['order-events', 'old-events'], changes: 'order-events,old-events' },
  'topics/describe': { argv: ['order-events'] },
  'topics/list': { argv: [] },
  topology: { argv: ['--check'], finds: true },
  'topology/diff': { argv: ['topology.json', 'topology.json'] },
  trace: { argv: ['c-1'] },
  version: { argv: [] },
  completion: { argv: ['bash'] },
  'topics/trim': { argv: ['order-events', '--before', 'end'], changes: 'order-events' },
}

const changing = Object.entries(commands).flatMap(([id, { argv, changes }]) =>
  changes === undefined ? [] : [[id, argv, changes] as const],
)

const source = `
  #[derive(Serialize, Deserialize)]
  pub enum OrderEvent { Placed { order_id: String } }
  impl OrderEvent { fn event_type(&self) -> &'static str { match self { Self::Placed { .. } => "Placed.v1" } } }
`

let folder: string
let broker: MemoryBroker
let before: unknown
let acls: Acl[]

/** Creates a project with a schema, a plan file and an undo file, and a bus with topics and groups. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-guards-'))
  broker = new MemoryBroker()
  acls = [bobMayRead]
  const bus = new InMemoryEventBus({ broker, createTopics: true })
  for (const topic of ['order-events', 'old-events']) {
    await bus.admin.createTopic(topic, { partitions: 1 })
    await bus.publish(topic, serializedEvent('Placed.v1', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
    for (const group of ['billing', 'shipping']) broker.groups.commit(group, [{ topic, partition: 0, offset: 1n }])
  }
  await bus.admin.createTopic('order-events-dlq', { partitions: 1 })
  await bus.log.append('order-events-dlq', [{ key: null, value: Buffer.from('{"n":1}') }])
  await bus.publish(
    'stock-events',
    serializedEvent('StockReserved.v1', Buffer.from('{"sku":"a"}'), { correlationId: 'c-1' }),
  )
  for (const [type, correlationId] of [
    ['Started.v1', 'c-1'],
    ['Completed.v1', 'c-1'],
    ['Started.v1', 'c-2'],
  ] as const) {
    const metadata = { correlationId, timestamp: '2026-11-01T00:00:00Z' }
    await bus.publish('checkout-events', serializedEvent(type, Buffer.from('{}'), metadata))
  }
  mkdirSync(join(folder, 'sagas'))
  writeFileSync(join(folder, 'sagas/checkout.json'), JSON.stringify(saga))
  writeFileSync(join(folder, 'crbus.json'), JSON.stringify({ topics }))
  writeFileSync(join(folder, 'events.rs'), source)
  const store = new SqliteEventStore({ path: join(folder, 'orders.db') })
  await store.append('order-1', 0, [serializedEvent('OrderLost.v1', Buffer.from('{}'))])
  await store.close()
  writeFileSync(join(folder, 'orders.ndjson'), '{"topic":"order-events","partition":0,"tombstone":true,"key":"o-1"}\n')
  // Stands in for Docker, so that "crbus up" has a plan on every machine.
  writeFileSync(join(folder, 'docker'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(join(folder, 'editor'), '#!/bin/sh\necho \'{"n":2}\' > "$1"\n', { mode: 0o755 })
  writeFileSync(join(folder, 'topology.json'), JSON.stringify({ topics: [], flows: [] }))
  writeFileSync(join(folder, 'kcat.conf'), 'bootstrap.servers=a:1\n')
  mkdirSync(join(folder, 'config/crbus'), { recursive: true })
  writeFileSync(join(folder, 'config/crbus/config.json'), JSON.stringify({ profiles: { mine: { dataDir: 'mine' } } }))
  await run(SchemaImport, 'events.rs', '--topic', 'order-events')
  await run(Reset, '-g', 'billing', '-t', 'order-events', '--to', 'start', '--plan-out', 'plan.json')
  await run(Reset, '-g', 'shipping', '-t', 'order-events', '--to', 'start', '--yes')
  before = await state()
  return () => rmSync(folder, { recursive: true })
})

const saga = {
  crbus_saga: 1,
  saga: 'checkout',
  topics: ['checkout-events'],
  startedBy: ['Started'],
  completedBy: ['Completed'],
  expects: [{ after: 'Started', oneOf: ['Completed'], within: '1m' }],
}

const bobMayRead: Acl = {
  ...{ resource: 'topic', name: 'order-events', pattern: 'literal' },
  ...{ principal: 'User:bob', host: '*', operation: 'Read', permission: 'allow' },
}

/** The topics declared in the project, with more partitions than on the bus. */
const topics = { 'order-events': { partitions: 2 } }

function guard(profile: object, more: object = {}): void {
  const profiles = { guarded: { brokers: 'kafka-1:9092', ...profile }, ...more }
  writeFileSync(join(folder, 'crbus.json'), JSON.stringify({ profile: 'guarded', profiles, topics }))
}

const terminal = (stdin: string) => ({ stdin, isTerminal: true })

/** The brokers of the profiles do not exist. */
const probeBus = async () => ({ kind: 'embedded', path: 'bus.db' }) as const

const runWith = (options: object, command: Runnable, ...argv: string[]) =>
  runCli(command, argv, {
    broker,
    cwd: folder,
    env: { PATH: folder, XDG_CONFIG_HOME: join(folder, 'config'), EDITOR: join(folder, 'editor') },
    undoFolder: join(folder, 'undo'),
    probeBus,
    openBus: (_, opening) =>
      withAcls(new InMemoryEventBus({ broker, createTopics: true, logger: opening?.logger }), acls),
    ...options,
  })
const run = (command: Runnable, ...argv: string[]) => runWith({}, command, ...argv)

/** Everything that a command could change on the bus, and whether a store exists. */
async function state(): Promise<unknown> {
  const { admin, log } = new InMemoryEventBus({ broker, createTopics: true })
  const topics = (await admin.listTopics()).map(({ topic }) => topic)
  const groups = (await admin.listGroups()).map(({ group }) => group)
  return {
    acls: [...acls],
    store: existsSync(join(folder, 'store.db')),
    topics: await Promise.all(
      topics.map(async (topic) => [topic, await log.ranges(topic), await admin.topicSettings(topic)]),
    ),
    groups: await Promise.all(groups.map(async (group) => [group, await admin.committedOffsets(group)])),
  }
}

const load = async (id: string) =>
  (await import(/* @vite-ignore */ files.get(id) ?? id)).default as Runnable & {
    readonly flags: Readonly<Record<string, unknown>>
  }

/** Adds `--yes` for commands that have the flag. */
const withYes = async (id: string, argv: readonly string[]) => [
  ...argv,
  ...('yes' in (await load(id)).flags ? ['--yes'] : []),
]

test('this file covers every command', () => {
  const ids = [...files.keys()]
  expect(Object.keys(commands).sort()).toEqual(ids.sort())
})

describe('without a guard', () => {
  test.each(Object.entries(commands))(
    'without a guard, %s succeeds and changes only what it says',
    async (id, { argv, changes, finds }) => {
      const { exitCode, stderr } = await run(await load(id), ...(await withYes(id, argv)))

      expect([exitCode, stderr]).toEqual([finds ? 10 : 0, expect.not.stringContaining('error')])
      if (changes === undefined) expect(await state()).toEqual(before)
      else expect(await state()).not.toEqual(before)
    },
  )
})

describe('under a read-only profile', () => {
  test.each(changing)('%s refuses under a read-only profile', async (id, argv, name) => {
    guard({ readOnly: true })
    const command = await load(id)

    const { exitCode, stdout, stderr } = await run(command, ...(await withYes(id, argv)))
    expect([exitCode, stdout]).toEqual([6, ''])
    expect(stderr).toContain(`error: profile 'guarded' is read-only (${join(folder, 'crbus.json')}); nothing was done`)

    if ('confirm' in command.flags) {
      expect(await run(command, ...argv, '--confirm', name)).toMatchObject({ exitCode: 6 })
      expect(await runWith(terminal(`${name}\n`), command, ...argv)).toMatchObject({ exitCode: 6 })
    }
    const json = await run(command, ...(await withYes(id, argv)), '--json')
    expect(JSON.parse(json.stdout).error).toMatchObject({ code: 'CRBUS_REFUSED', exitCode: 6 })
    expect(await state()).toEqual(before)
  })
})

describe('under a protected profile', () => {
  test.each(changing)('%s refuses --yes without the name under a protected profile', async (id, argv) => {
    guard({ protected: true })

    const { exitCode, stderr } = await run(await load(id), ...(await withYes(id, argv)))

    expect(exitCode).toBe(6)
    expect(stderr).toContain(`error: profile 'guarded' is protected (${join(folder, 'crbus.json')})`)
    expect(await state()).toEqual(before)
  })

  test.each(changing.filter(([id]) => id !== 'demo'))(
    '%s takes the name under a protected profile',
    async (id, argv, name) => {
      guard({ protected: true })
      const command = await load(id)
      const refused = await run(command, ...argv, '--confirm', 'another')
      expect(refused).toMatchObject({ exitCode: 6 })
      expect(refused.stderr).toContain(`--confirm names 'another', but this changes '${name}'; nothing was done`)
      expect(await state()).toEqual(before)

      expect(await run(command, ...argv, '--confirm', name)).toMatchObject({
        exitCode: commands[id]?.finds ? 10 : 0,
      })

      expect(await state()).not.toEqual(before)
    },
  )
})

describe.each([{ readOnly: true }, { protected: true }])('under %j', (profile) => {
  const reading = Object.entries(commands).flatMap(([id, { argv, changes, finds }]) =>
    changes === undefined ? [[id, argv, finds ? 10 : 0] as const] : [],
  )
  // These two commands have no dry run.
  const planning = changing.filter(([id]) => id !== 'demo' && id !== 'publish')

  test.each([...reading, ...planning.map(([id, argv]) => [id, [...argv, '--dry-run'], 0] as const)])(
    '%s %j runs as without a guard and changes nothing',
    async (id, argv, exitCode) => {
      guard(profile)

      expect(await run(await load(id), ...argv)).toMatchObject({ exitCode })

      expect(await state()).toEqual(before)
    },
  )
})

describe('a guard', () => {
  test('a guard asks for the name on a terminal and accepts nothing else', async () => {
    guard({ protected: true })

    const yes = await runWith(terminal('y\n'), TopicsDelete, 'old-events', '--yes')
    expect(yes.stderr).toMatch(/Delete topic old-events with \d+ events? on memory\?\nprofile/)
    expect(yes.stderr).toContain(`is protected (${join(folder, 'crbus.json')}): type old-events to confirm: `)
    expect(yes.stderr).toContain("error: 'y' is not 'old-events'; nothing was done")
    expect(yes.exitCode).toBe(6)
    const nothing = await runWith(terminal(''), TopicsDelete, 'old-events')
    expect(nothing).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('error: not confirmed') })
    expect(await state()).toEqual(before)

    expect(await runWith(terminal('old-events\n'), TopicsDelete, 'old-events')).toMatchObject({ exitCode: 0 })
    expect(broker.topics.has('old-events')).toBe(false)
  })

  test('a guard suggests the flag, quoted for the shell, without a terminal', async () => {
    broker.groups.commit("ops team's", [])
    guard({ protected: true })

    const { stderr } = await run(GroupsDelete, "ops team's", '--yes')

    expect(stderr).toContain(`try: --confirm 'ops team'\\''s'`)
    expect(stderr).toContain('try: --dry-run (shows the change without making it)')
  })

  const data = ['order-events', '--type', 'A', '--data', '{}', '--codec', 'json']

  test.each([
    ['a profile chosen by flag', { other: {} }, ['--profile', 'guarded', '-b', 'elsewhere:9092'], {}],
    ['a profile chosen by environment', { other: {} }, ['-b', 'elsewhere:9092'], { CRBUS_PROFILE: 'guarded' }],
    ['the default profile', {}, ['-b', 'elsewhere:9092'], {}],
    ['the default profile with a local folder', {}, ['--data-dir', 'data'], {}],
    ['the bus of another profile, by flag', { other: {} }, ['--profile', 'other', '-b', 'KAFKA-1'], {}],
    [
      'the bus of another profile, by environment',
      { other: {} },
      [],
      { CRBUS_PROFILE: 'other', REDPANDA_BROKERS: 'kafka-1:9092' },
    ],
    [
      'a folder that is reached through a link',
      { other: {}, files: { dataDir: 'data', readOnly: true } },
      ['--profile', 'other', '--data-dir', 'link'],
      {},
    ],
  ])('a guard holds for %s', async (_, more, argv, env) => {
    mkdirSync(join(folder, 'data'))
    guard({ readOnly: true }, more)
    symlinkSync(join(folder, 'data'), join(folder, 'link'))

    const { exitCode, stderr } = await runWith({ env }, Publish, ...data, ...argv)

    expect(exitCode).toBe(6)
    expect(stderr).toMatch(/profile '(guarded|files)'.* is read-only/)
    expect(await state()).toEqual(before)
  })

  test('a guard applies when either of two configuration files sets it, the stricter one first', async () => {
    const user = join(folder, 'xdg/crbus')
    mkdirSync(user, { recursive: true })
    writeFileSync(join(user, 'config.json'), JSON.stringify({ profiles: { guarded: { readOnly: true } } }))
    guard({ protected: true })

    const result = await runWith(
      { env: { XDG_CONFIG_HOME: join(folder, 'xdg') } },
      Publish,
      ...data,
      '--confirm',
      'order-events',
    )

    expect(result).toMatchObject({ exitCode: 6, stderr: expect.stringContaining(`is read-only (${user}/config.json)`) })
  })

  test('a guard does not apply to another bus under another profile, which it suggests', async () => {
    guard({ readOnly: true }, { local: { dataDir: 'data' } })
    const refused = await run(Publish, ...data)
    expect(refused.stderr).toContain('  try: --profile local\n')

    expect(await run(Publish, ...data, '--profile', 'local')).toMatchObject({ exitCode: 0 })
    const elsewhere = { env: { CRBUS_PROFILE: 'local', CRBUS_BROKERS: 'kafka-2:9092' } }
    expect(await runWith(elsewhere, TopicsCreate, 'new-events')).toMatchObject({ exitCode: 0 })
  })

  test('a guard is checked before the bus is opened', async () => {
    guard({ readOnly: true })
    const openBus = () => {
      throw new Error('opened')
    }

    const waiting = ['-g', 'billing', '-t', 'order-events', '--to', 'start', '--wait', '60s']
    expect(await runWith({ openBus }, Reset, ...waiting)).toMatchObject({ exitCode: 6 })
  })

  test('a guard rejects a --confirm with another name, with and without a guard', async () => {
    expect(await run(TopicsDelete, 'old-events', '--yes', '--confirm', 'order-events')).toMatchObject({ exitCode: 6 })
    expect(await state()).toEqual(before)
    expect(await run(TopicsDelete, 'old-events', '--confirm', 'old-events')).toMatchObject({ exitCode: 0 })
  })
})
