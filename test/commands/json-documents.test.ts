import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import Export from '../../src/commands/export.ts'
import GroupsDescribe from '../../src/commands/groups/describe.ts'
import Lag from '../../src/commands/lag.ts'
import Publish from '../../src/commands/publish.ts'
import ResetUndo from '../../src/commands/reset/undo.ts'
import Reset from '../../src/commands/reset.ts'
import Topology from '../../src/commands/topology.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { commandFiles } from '../support/command-files.ts'
import { documentProblems, documentSchemas } from '../support/documents.ts'
import { withAcls } from '../support/with-acls.ts'
import { type Runnable, runCli } from './run-cli.ts'

/** Every command by its name, as oclif finds it. */
const commands = new Map<string, Runnable>()
beforeAll(async () => {
  for (const [name, file] of commandFiles(' ')) {
    const { default: command } = (await import(/* @vite-ignore */ file)) as { readonly default: Runnable }
    commands.set(name, command)
  }
})

const schema = {
  crbus_schema: 1,
  topic: 'order-events',
  root: 'OrderEvent',
  events: { 'OrderPlaced.v1': 'OrderPlaced' },
  types: { OrderEvent: { enum: [{ OrderPlaced: { id: 'u32' } }] } },
}
const saga = {
  crbus_saga: 1,
  saga: 'checkout',
  topics: ['checkout-events'],
  startedBy: ['CheckoutStarted'],
  completedBy: ['CheckoutCompleted'],
}
const source = '#[derive(Serialize, Deserialize)]\npub enum OrderEvent { OrderPlaced { id: u32 } }\n'

/** A command line of every command, without --json. */
const lines: Readonly<Record<string, readonly string[]>> = {
  'acls allow': ['alice', '--topic', 'order-events', '--producer', '--yes'],
  'acls deny': ['alice', '--cluster', '--operation', 'alter', '--yes'],
  'acls list': ['--topic', 'order-events'],
  'acls revoke': ['alice', '--group', 'billing', '--yes'],
  probe: [
    'order-events',
    '--type',
    'A.v1',
    '--data',
    '{"id":1}',
    '--codec',
    'json',
    '--expect',
    'payment-events',
    '--burst',
    '1',
    '--settle',
    '1ms',
    '--yes',
  ],
  publish: ['order-events', '--type', 'A.v1', '--data', '{}', '--codec', 'json'],
  tail: ['order-events', '--no-follow'],
  audit: ['order-events', '--store', 'store.db', '--repair', '--yes', '--grace', '1ms'],
  export: ['order-events', '--file', 'more.crbus'],
  import: ['orders.crbus', '--topic', 'copied-events', '--yes', '--verify'],
  replay: ['order-events', '--to-topic', 'replayed-events', '--yes'],
  copy: ['order-events', 'copied-events', '--yes'],
  demo: ['--checkouts', '1', '--pause', '0'],
  cluster: [],
  config: [],
  'config allow': ['--yes'],
  'profile list': [],
  'profile show': ['local'],
  'profile create': ['prod', '-b', 'prod:9092', '--dry-run'],
  'profile use': ['local', '--dry-run'],
  'profile delete': ['mine', '--dry-run'],
  'profile import': ['kcat', 'kcat.conf', '--dry-run'],
  'profile validate': [],
  'profile prompt': [],
  'topics list': [],
  'topics describe': ['order-events'],
  topology: [],
  'topology diff': ['topology.json', 'topology.json'],
  'topics create': ['more-events', '--replication', '1', '--config', 'retention.ms=1000'],
  'topics delete': ['order-events', '--yes'],
  'topics alter': ['order-events', '--config', 'retention.ms=1000', '--delete-config', 'segment.ms', '--yes'],
  'topics add-partitions': ['order-events', '--to', '4', '--yes'],
  'topics trim': ['order-events', '--before', '2', '--yes'],
  'topics apply': ['--dry-run'],
  'groups list': [],
  'groups describe': ['shipping'],
  'groups members': ['shipping'],
  'groups clone': ['billing', 'copy', '--yes'],
  'groups delete': ['billing', '--yes'],
  'groups delete-offsets': ['billing', '--topic', 'order-events', '--yes'],
  index: ['order-events', '--field', 'data.order_id'],
  'index delete': ['--yes'],
  'index status': [],
  lag: ['--sample', '1ms', '--by-type'],
  metrics: [],
  'metrics alerts': [],
  'metrics dashboard': [],
  ui: [],
  'dlq list': [],
  'dlq show': ['order-events-dlq[0]@0'],
  'dlq retry': ['--all', '--yes'],
  'dlq discard': ['--all', '--reason', 'test data', '--yes'],
  'dlq edit': ['order-events-dlq[0]@0', '--yes'],
  doctor: [],
  'doctor connection': [],
  'doctor events': ['--topic', 'order-events', '--group', 'billing'],
  'doctor slow': ['--group', 'shipping', '--for', '1ms'],
  'doctor duplicates': ['--group', 'shipping', '--for', '1ms'],
  reset: ['--group', 'billing', '--all-topics', '--to', 'start', '--yes'],
  'reset apply': ['plan.json', '--dry-run'],
  'reset undo': ['--last', '--yes'],
  'check lag': ['--group', 'billing', '--max-events', '1', '--warn-age', '1s'],
  'check topic': ['order-events', '--max-silence', '1h'],
  'new service': ['shop', '--dry-run', '--yes'],
  'new aggregate': ['order', '--dry-run', '--yes'],
  'new saga': ['checkout', '--on', 'order-events,payment-events', '--from', 'bus', '--dry-run', '--yes'],
  'new topic': ['stock-events', '--dry-run'],
  'sagas describe': ['checkout', '--on', 'checkout-events', '--dry-run'],
  'sagas list': [],
  'sagas show': ['c-1'],
  'sagas stuck': [],
  'schema import': ['order.rs', '--root', 'OrderEvent', '--topic', 'order-events', '--dry-run'],
  'schema show': [],
  'schema sample': [],
  'schema diff': ['schemas/order-events.json', 'order.rs'],
  'schema check': ['order-events'],
  up: ['--dry-run'],
  down: ['--dry-run'],
  status: [],
  trace: ['c-1'],
  version: [],
  completion: ['zsh'],
  'store init': ['--store', 'store.db', '--dry-run'],
}

describe('the documents of --json', () => {
  let broker: MemoryBroker
  let folder: string
  const run = (command: Runnable, argv: readonly string[]) =>
    runCli(command, [...argv], {
      broker,
      cwd: folder,
      undoFolder: join(folder, 'undo'),
      openBus: (_, opening) =>
        withAcls(new InMemoryEventBus({ broker, createTopics: true, logger: opening?.logger }), []),
      env: { PATH: folder, XDG_CONFIG_HOME: join(folder, 'config'), EDITOR: join(folder, 'editor') },
    })

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crbus-json-'))
    broker = new MemoryBroker()
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    for (const [topic, type] of [
      ['order-events', 'OrderPlaced.v1'],
      ['payment-events', 'PaymentMade.v1'],
    ] as const) {
      const events = [1, 2, 3].map((id) =>
        serializedEvent(type, Buffer.from(`{"order_id":"o-${id}"}`), { correlationId: `c-${id}` }),
      )
      await bus.publish(topic, events)
    }
    await bus.admin.createTopic('order-events-dlq', { partitions: 1 })
    await bus.log.append('order-events-dlq', [{ key: null, value: Buffer.from('{"n":1}') }])
    for (const [type, minute] of [
      ['CheckoutStarted.v1', 0],
      ['CheckoutCompleted.v1', 1],
    ] as const) {
      const timestamp = new Date(Date.UTC(2026, 10, 1, 0, minute)).toISOString()
      await bus.publish(
        'checkout-events',
        serializedEvent(type, Buffer.from('{}'), { correlationId: 'c-1', timestamp }),
      )
    }
    await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 1n }])
    await bus.subscribe(['order-events'], { group: 'shipping' })
    const topics = {
      'new-events': { partitions: 2, replication: 1, retention: '1d' },
      'order-events': { partitions: 3 },
    }
    mkdirSync(join(folder, 'schemas'))
    mkdirSync(join(folder, 'sagas'))
    writeFileSync(join(folder, 'sagas/checkout.json'), JSON.stringify(saga))
    writeFileSync(join(folder, 'crbus.json'), JSON.stringify({ topics, profiles: { local: { dataDir: '.crbus' } } }))
    mkdirSync(join(folder, 'config/crbus'), { recursive: true })
    writeFileSync(
      join(folder, 'config/crbus/config.json'),
      JSON.stringify({ profiles: { mine: { dataDir: '.crbus' } } }),
    )
    writeFileSync(join(folder, 'schemas/order-events.json'), JSON.stringify(schema))
    await run(Export, ['order-events', '--file', 'orders.crbus'])
    await run(Topology, ['--json']).then(({ stdout }) => writeFileSync(join(folder, 'topology.json'), stdout))
    writeFileSync(join(folder, 'kcat.conf'), 'bootstrap.servers=kafka:9092\ngroup.id=a\n')
    writeFileSync(join(folder, 'order.rs'), source)
    const store = new SqliteEventStore({ path: join(folder, 'store.db') })
    await store.append('order-1', 0, [serializedEvent('OrderLost.v1', Buffer.from('{}'))])
    await store.close()
    // Stands in for Docker, so that "crbus up" has a plan on every machine.
    writeFileSync(join(folder, 'docker'), '#!/bin/sh\n', { mode: 0o755 })
    writeFileSync(join(folder, 'editor'), '#!/bin/sh\necho \'{"n":2}\' > "$1"\n', { mode: 0o755 })
    await run(Reset, ['--group', 'billing', '--all-topics', '--to', 'end', '--plan-out', 'plan.json'])
    await run(Reset, ['--group', 'billing', '--all-topics', '--to', 'start', '--yes'])
    return async () => {
      await bus.close()
      rmSync(folder, { recursive: true })
    }
  })

  test('each have a schema, which their commands name', () => {
    expect(commands.size).toBe(Object.keys(lines).length)
    for (const [name, { document }] of commands) expect([...documentSchemas.keys()], name).toContain(document)
  })

  test.each(Object.entries(lines))('match their schema: crbus %s', async (name, argv) => {
    const command = commands.get(name) as Runnable

    // `runCli` throws if the document differs from its schema.
    const { stdout, stderr } = await run(command, [...argv, '--json'])

    const document = JSON.parse(stdout)
    expect(document, stderr).not.toHaveProperty('error')
    expect(documentProblems(command.document, { ...document, surplus: 1 }).join('\n')).toContain('"surplus"')
  })

  test.each<readonly [string, Runnable, readonly string[]]>([
    ['a group that does not exist', GroupsDescribe, ['nope']],
    ['nothing to undo', ResetUndo, ['--last', '--undo-dir', 'none']],
    ['an unknown flag', Lag, ['--nope']],
  ])('are only an error if nothing was done: %s', async (_, command, argv) => {
    const { stdout, exitCode } = await run(command, [...argv, '--json'])
    const document = JSON.parse(stdout)
    expect(documentProblems('error', document)).toEqual([])
    expect(document.error.exitCode).toBe(exitCode)
  })

  test('also have the events that were published before an error', async () => {
    const argv = ['order-events', '--type', 'A.v1', '--codec', 'json', '--json']
    const { stdout } = await runCli(Publish, argv, { broker, cwd: folder, stdin: '{}\n{\n' })
    expect(JSON.parse(stdout)).toEqual({
      topic: 'order-events',
      published: 1,
      positions: [{ partition: expect.any(Number), offset: expect.any(Number) }],
      bus: { kind: 'memory', clusterId: 'memory' },
      error: expect.objectContaining({ code: 'CRBUS_USAGE', exitCode: 2 }),
    })
  })
})
