import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { GroupDescription } from '../../src/bus/admin.ts'
import { EventBusError } from '../../src/bus/errors.ts'
import { serializedEvent } from '../../src/bus/event.ts'
import type { EventBus } from '../../src/bus/event-bus.ts'
import { advice } from '../../src/bus/hints.ts'
import Tail from '../../src/commands/tail.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { writeSchemaFile } from '../../src/schema/write-schema-file.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { commandFiles } from '../support/command-files.ts'
import { withAdmin } from '../support/with-admin.ts'
import { orders } from '../unit/schema/support/build.ts'
import { type Runnable, runCli } from './run-cli.ts'
import { FakeTerminal } from './terminal.ts'

/** A color, a title, a bell, a C1 control that starts a sequence, DEL, and characters that hide or reverse text. */
const BAD = 'x\u001b[31m\u001b]0;t\u0007\u009b2J\u007f\u202e\u2066\u061c\u180e\u00ad\ufff9\ufffb\u{e0001}\u2028\u200by'

/** A description by which the conversation of the hostile events is stuck. */
const saga = {
  crbus_saga: 1,
  saga: BAD,
  topics: ['order-events'],
  events: [BAD],
  startedBy: [BAD],
  completedBy: [`${BAD}2`],
  stuckBy: [BAD],
  expects: [{ after: BAD, oneOf: [`${BAD}3`], within: '1s' }],
  code: `${BAD}#${BAD}`,
}

const unsafe = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\ufff9-\ufffb]/gu
/** The cursor and color sequences of terminal prompts. Does not match titles, C1 controls or hidden characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: matches control sequences
const prompts = /\r|\u001b\[(?:\?25[hl]|\d*[A-GJK]|[\d;]*m)/g
const unsafeIn = (text: string) =>
  text
    .replaceAll(/[\n\t]/g, '')
    .match(unsafe)
    ?.map((one) => escape(one)) ?? []

const files = commandFiles('/')

/** The arguments of each command, with hostile text wherever a user, a file or a broker can supply text. */
const argvs: Readonly<Record<string, readonly (readonly string[])[]>> = {
  audit: [
    ['order-events', '--store', 'orders.db', '--grace', '1ms'],
    ['order-events', '--store', 'orders.db', '--streams', BAD],
    ['order-events', '--store', 'orders.db', '--repair', '--grace', '1ms', '--dry-run'],
    ['order-events', '--store', 'orders.db', '--ignore', BAD],
    ['order-events', '--store', 'orders.db', '--since', BAD],
    ['order-events', '--store', `no${BAD}.db`],
    [BAD, '--store', 'orders.db'],
  ],
  'acls/allow': [
    [BAD, '--topic', BAD, '--operation', 'read', '--dry-run'],
    [BAD, '--topic', BAD, '--operation', 'read'],
    ['alice', '--topic', 'a', '--operation', BAD],
  ],
  'acls/deny': [[BAD, '--group', BAD, '--operation', 'read', '--host', BAD, '--dry-run']],
  'acls/list': [[], ['--sort', BAD], ['--topic', 'a', '--principal', BAD], [BAD]],
  'acls/revoke': [
    [BAD, '--topic', BAD, '--dry-run'],
    [BAD, '--topic', BAD],
  ],
  'check/lag': [
    ['--group', BAD, '--max-events', '1', '-o', 'nagios'],
    ['--group', BAD, '--max-events', BAD],
  ],
  'check/topic': [
    ['order-events', '--max-silence', '1h', '-o', 'prometheus'],
    [BAD, '--max-silence', '1h'],
  ],
  cluster: [[], [BAD], ['--profile', 'theirs']],
  config: [[], ['--profile', BAD], ['--profile', 'prod'], ['--profile', 'theirs'], ['--data-dir', BAD]],
  'config/allow': [[BAD], ['--yes'], ['--dry-run'], ['--revoke']],
  demo: [
    ['--profile', BAD],
    ['--checkouts', BAD],
  ],
  'dlq/discard': [
    ['--all', '--reason', BAD],
    [BAD, '--reason', BAD],
    ['--all', '--topic', BAD, '--reason', BAD],
  ],
  'dlq/edit': [[BAD], ['order-dlq[0]@0', '--to', BAD]],
  'dlq/list': [[], ['--topic', BAD], ['--status', BAD], ['--since', BAD], ['--where', BAD], ['--store', BAD]],
  'dlq/retry': [['--all'], [BAD], ['--all', '--to', BAD], ['--topic', BAD], ['order-dlq[0]@1', '--dry-run']],
  'dlq/show': [['order-dlq[0]@0'], ['order-dlq[0]@1'], ['order-dlq[0]@2'], [BAD]],
  doctor: [[], ['--profile', BAD], ['--data-dir', BAD]],
  'doctor/connection': [
    ['--brokers', BAD],
    ['--data-dir', BAD],
  ],
  'doctor/duplicates': [
    ['--group', BAD, '--for', '1ms'],
    ['--group', BAD, '--for', BAD],
  ],
  'doctor/events': [
    ['--group', BAD, '--topic', 'order-events'],
    ['--group', `no${BAD}`, '--topic', BAD],
  ],
  'doctor/slow': [
    ['--group', BAD, '--for', '1ms'],
    ['--group', BAD, '--for', BAD],
  ],
  'groups/clone': [
    [BAD, `${BAD}2`, '--yes'],
    [BAD, 'copy', '--dry-run'],
    [BAD, 'copy'],
    [`no${BAD}`, 'copy'],
  ],
  'groups/delete': [[BAD], [BAD, '--dry-run'], [BAD, '--confirm', `no${BAD}`], [`no${BAD}`, '--yes']],
  'groups/delete-offsets': [
    [BAD, '--topic', 'order-events', '--dry-run'],
    [BAD, '--topic', BAD, '--yes'],
  ],
  'groups/describe': [[BAD], [`no${BAD}`]],
  'groups/list': [[], [BAD], [`no${BAD}`, '--sort', 'members'], ['--sort', BAD]],
  'groups/members': [[BAD], [BAD, '--sort', BAD], [`no${BAD}`]],
  index: [[], [BAD], ['--field', BAD], ['--field', `data.${BAD}`, '--schema', BAD]],
  'index/delete': [[], ['--yes'], ['--dry-run'], ['--confirm', BAD]],
  'index/status': [[], [BAD]],
  lag: [[], [BAD], ['--sort', BAD], ['--group', BAD, '--by-type'], ['--group', `no${BAD}`], ['--sample', BAD]],
  ui: [[], ['--group', BAD], ['--view', BAD], ['--interval', BAD]],
  metrics: [[], ['--group', BAD], ['--listen', BAD]],
  'metrics/alerts': [[BAD]],
  'metrics/dashboard': [[BAD]],
  'new/aggregate': [[BAD], ['order', '--event', BAD], ['order', '--event', 'Placed:id=uuid', '--set', `${BAD}=1`]],
  'new/saga': [[BAD], ['checkout', '--on', BAD], ['checkout', '--template', BAD]],
  'new/service': [[BAD], ['shop', '--template', BAD], ['shop', '--crbus', BAD, '--no-install', '--dry-run']],
  'new/topic': [[BAD], ['x-events', '--partitions', BAD], ['x-events', '--retention', BAD]],
  'profile/create': [
    [BAD, '-b', 'a:1'],
    ['x', '-b', BAD],
    ['x', '-b', 'a:1', '-X', BAD],
    ['x', '-b', 'a:1', '--cluster-id', BAD, '--dry-run'],
  ],
  'profile/delete': [[BAD], ['prod']],
  'profile/import': [
    ['kcat', BAD],
    ['rpk', BAD],
    ['kaf', `no${BAD}`],
  ],
  'profile/list': [[], [BAD], ['--sort', BAD]],
  'profile/prompt': [[], ['--shell', BAD]],
  'profile/show': [['theirs'], ['prod'], [BAD]],
  'profile/use': [[BAD], ['prod', '--dry-run']],
  'profile/validate': [[], [BAD]],
  probe: [
    ['order-events', '--type', BAD, '--data', '{}', '--expect', `order-events:${BAD}`, '--settle', '1ms', '--yes'],
    ['order-events', '--type', BAD, '--data', BAD, '--expect', 'order-events', '--dry-run'],
    ['order-events', '--type', BAD, '--data', '{}', '--expect', BAD],
    [
      'order-events',
      '--type',
      'A.v1',
      '--data',
      '{}',
      '--expect',
      'order-events',
      '--group',
      BAD,
      '--settle',
      '1ms',
      '--yes',
    ],
    ['order-events', '--type', 'A.v1', '--data', '{}', '--expect', 'order-events', '--settle', BAD],
  ],
  publish: [
    ['order-events', '--type', BAD, '--data', '{}', '--key', BAD, '--codec', 'json'],
    ['order-events', '--type', 'A.v1', '--data', BAD],
    ['order-events', '--file', `no${BAD}`],
    ['order-events', '--codec', BAD],
    ['order-events', BAD],
  ],
  reset: [
    ['--group', BAD, '--topic', 'order-events', '--to', 'start', '--dry-run'],
    ['--group', BAD, '--topic', 'order-events', '--to', 'start', '--yes'],
    ['--group', BAD, '--topic', 'order-events', '--to', BAD],
    ['--group', BAD, '--topic', BAD, '--to', 'start'],
    ['--group', BAD, '--topic', 'order-events', '--to', `group:no${BAD}`],
    ['--group', BAD, '--topic', 'order-events', '--to', 'start', '--plan-out', `${BAD}.plan`],
  ],
  'reset/apply': [[BAD], [`no${BAD}`]],
  'reset/undo': [[BAD], [`no${BAD}`], ['--last']],
  'sagas/describe': [
    [BAD, '--on', 'order-events'],
    ['checkout', '--on', BAD],
    ['checkout', '--on', 'order-events', '--dry-run'],
    ['checkout', '--on', 'order-events', '--since', BAD],
  ],
  'sagas/list': [[], [BAD], [`no${BAD}`], ['--sort', BAD], ['--since', BAD], ['--state', BAD]],
  'sagas/show': [
    [BAD],
    [`no${BAD}`],
    [BAD, '--saga', `no${BAD}`],
    [BAD, '--code', BAD],
    [BAD, '--states'],
    [BAD, '--descriptions', 'broken'],
  ],
  'sagas/stuck': [[], ['--for', BAD], ['--descriptions', BAD]],
  'schema/check': [
    ['order-events'],
    ['order-events', '--schema', 'broken'],
    ['order-events', '--schema', BAD],
    ['order-events', '--schema', `no${BAD}`],
  ],
  'schema/diff': [
    [BAD, BAD],
    [`no${BAD}`, 'HEAD'],
    ['git:HEAD', BAD],
  ],
  'schema/import': [
    [`${BAD}.rs`, '--dry-run'],
    [`broken${BAD}.rs`],
    [`${BAD}.rs`, '--out', BAD],
    [BAD],
    [`no${BAD}.rs`],
    [`${BAD}.rs`, '--root', BAD],
  ],
  'schema/sample': [
    ['PlaceOrder.v1'],
    [BAD],
    ['--schema', BAD],
    ['--schema', `no${BAD}`],
    [BAD, '--schema', 'schemas'],
  ],
  'schema/show': [['--schema', 'broken'], [BAD], ['-o', 'ts'], ['-o', 'json-schema'], ['--schema', BAD], []],
  'store/init': [
    ['--store', `store${BAD}`, '--yes'],
    ['--store', BAD],
    ['--store', `postgres://u:p@127.0.0.1:1/${BAD}`],
    ['--store', `${BAD}/`, '--dry-run'],
  ],
  tail: [
    ['order-events', '-e'],
    ['order-events', '-e', '-o', 'json'],
    ['order-events', '-e', '-o', '%k %y %c %h %m %f %v %{field} %{nested}'],
    ['order-events', '-e', '--where', BAD],
    ['order-events', '-e', '--where', `data == "${BAD}"`],
    ['order-events', '-e', '-o', BAD],
    ['order-events', '-e', '-o', `%${BAD}`],
    ['order-events', '-e', '--from', BAD],
    [BAD, '-e'],
  ],
  export: [
    ['order-events', '--file', '-'],
    ['order-events', '--file', `${BAD}.crbus`],
    ['order-events', '--file', BAD],
    [BAD, '--file', 'x.crbus'],
    ['order-events', '--file', '-', '--where', BAD],
    ['order-events', '--file', '-', '--split', BAD],
  ],
  import: [[BAD], [`no${BAD}`], [BAD, '--topic', BAD], [BAD, '--topic', `${BAD}=${BAD}`]],
  replay: [
    ['order-events', '--dry-run'],
    [BAD],
    ['order-events', '--to-topic', BAD, '--dry-run'],
    ['order-events', '--set', BAD, '--dry-run'],
    ['order-events', '--set', `data.x=${BAD}`, '--dry-run'],
    ['order-events', '--mask', `data.${BAD}`, '--dry-run'],
    ['order-events', '--speed', BAD],
  ],
  copy: [['order-events', BAD, '--dry-run'], [BAD], ['order-events', 'x', '--to-profile', BAD]],
  'topics/add-partitions': [
    ['order-events', '--to', '9', '--dry-run'],
    ['order-events', '--to', BAD],
    [BAD, '--to', '9'],
  ],
  'topics/alter': [
    ['order-events', '--config', `${BAD}=${BAD}`, '--dry-run'],
    ['order-events', '--config', BAD],
    ['order-events', '--delete-config', BAD],
    [BAD, '--config', 'a=b'],
  ],
  'topics/apply': [[], ['--dry-run']],
  'topics/create': [[BAD], ['new-events', '--config', `${BAD}=1`], ['new-events', '--partitions', BAD]],
  'topics/delete': [[BAD], ['order-events', '--yes', '--profile', 'prod'], ['order-events', '--confirm', BAD]],
  'topics/describe': [['order-events'], [BAD]],
  'topics/trim': [
    ['order-events', '--before', '2', '--dry-run'],
    ['order-events', '--before', BAD],
    [BAD, '--before', '2'],
    [`${BAD}:1`, '--before', '2'],
  ],
  topology: [[], ['--check'], ['-o', 'mermaid'], [BAD], ['--ignore', BAD], ['--schema', BAD]],
  'topology/diff': [
    ['old.topology', 'new.topology'],
    ['new.topology', BAD],
    [`no${BAD}`, 'new.topology'],
  ],
  trace: [
    [BAD],
    [BAD, '-o', 'json'],
    [BAD, '-o', 'mermaid'],
    [BAD, '--topic', BAD],
    [BAD, '--since', BAD],
    [`no${BAD}`],
    ['--find', 'true'],
    ['--find', BAD],
  ],
  down: [[BAD], ['--dry-run']],
  status: [[BAD], []],
  version: [[BAD], []],
  completion: [[BAD], ['fish']],
  up: [
    ['--engine', BAD],
    ['--port', BAD],
    ['--wait', BAD],
    ['--jars', BAD, '--dry-run'],
    ['--profile-name', BAD, '--dry-run'],
  ],
  'topics/list': [[], [BAD], ['--profile', 'theirs'], ['-X', BAD], ['-X', `sasl.mechanism=${BAD}`]],
}

test('every command is tested with hostile text', () =>
  expect(Object.keys(argvs).sort()).toEqual([...files.keys()].sort()))

describe('untrusted text is escaped in the output of', () => {
  let folder: string
  let broker: MemoryBroker
  let bus: InMemoryEventBus
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crbus-hostile-'))
    broker = new MemoryBroker()
    bus = new InMemoryEventBus({ broker, createTopics: true })
    const metadata = { correlationId: BAD, userId: BAD }
    for (const data of [JSON.stringify({ field: BAD, nested: { [BAD]: [BAD] } }), BAD]) {
      await bus.publish('order-events', serializedEvent(BAD, Buffer.from(data), metadata))
    }
    await bus.log.append('order-events', [
      {
        partition: 0,
        timestamp: 0n,
        key: Buffer.from(BAD),
        value: Buffer.from(BAD),
        headers: [[BAD, Buffer.from(BAD)]],
      },
    ])
    await bus.admin.createTopic('order-dlq', { partitions: 1 })
    const failures = [
      ['kafka_dlt-original-topic', 'kafka_dlt-exception-message', 'kafka_dlt-exception-stacktrace'],
      ['__connect.errors.topic', '__connect.errors.exception.message', '__connect.errors.connector.name'],
      ['crbus-retries', 'fallback_error', BAD],
    ]
    await bus.log.append(
      'order-dlq',
      failures.map((own) => ({
        key: Buffer.from(BAD),
        value: Buffer.from(BAD),
        headers: own.map((name) => [name, Buffer.from(`${BAD}\n${BAD}`)] as const),
      })),
    )
    await bus.admin.commitOffsets(BAD, [{ topic: 'order-events', partition: 0, offset: 1n }])
    const store = new SqliteEventStore({ path: join(folder, 'orders.db') })
    await store.append(`order-${BAD}`, 0, [serializedEvent(`Lost${BAD}`, Buffer.from('{}'))])
    await store.close()
    const sasl = { mechanism: 'PLAIN', username: BAD, password: `cmd:${BAD} ${BAD}` }
    const profiles = {
      prod: { dataDir: BAD, store: `${BAD}.db`, protected: true },
      theirs: { brokers: 'kafka:9093', tls: { ca: BAD, serverName: BAD }, sasl, clusterId: BAD },
    }
    const services = {
      [BAD]: { group: BAD, consumes: { 'order-events': [`${BAD}2`] }, publishes: { 'new-events': [BAD] } },
      [`${BAD}2`]: { group: `no${BAD}`, consumes: { 'order-events': [`${BAD}3`] } },
    }
    const topics = { 'new-events': { partitions: 1 } }
    writeFileSync(join(folder, 'crbus.json'), JSON.stringify({ topics, services, profiles }))
    const types = [{ eventType: BAD, consumers: [{ name: BAD }] }]
    const flows = [{ from: { topic: BAD, eventType: BAD }, to: { topic: `${BAD}2`, eventType: BAD } }]
    const snapshot = { topics: [{ topic: BAD, onBus: true, types, readers: [{ group: BAD }] }], flows }
    writeFileSync(join(folder, 'old.topology'), JSON.stringify(snapshot))
    writeFileSync(join(folder, 'new.topology'), JSON.stringify({ topics: [], flows: [] }))
    writeFileSync(join(folder, BAD), `${BAD}\n{"${BAD}": 1}\n`)
    writeFileSync(
      join(folder, `${BAD}.rs`),
      `/// ${BAD}\n#[derive(Serialize)]\npub enum Order { Placed { id: String } }\n`,
    )
    writeFileSync(join(folder, `broken${BAD}.rs`), `#[derive(Serialize)]\npub enum Order { ${BAD} }\n`)
    for (const [name, text] of [
      ['schemas', writeSchemaFile(orders())],
      ['broken', `{"crbus_schema": 1, "topic": "${BAD}"}`],
      ['sagas', JSON.stringify(saga)],
    ] as const) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, `${BAD}.json`), text)
    }
    return () => rmSync(folder, { recursive: true })
  })

  /** A broker that returns hostile names, and one that refuses every request with a hostile message. */
  const answering = (): EventBus => {
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    const member = { memberId: BAD, clientId: BAD, host: BAD, assignment: [{ topic: 'order-events', partition: 0 }] }
    const described = async (group: string): Promise<GroupDescription> => ({
      ...(await bus.admin.describeGroup(group)),
      state: 'Stable',
      protocol: BAD,
      members: [{ ...member, subscription: [BAD] }],
    })
    const topicPartition = { topic: BAD, partition: 0 }
    return withAdmin(bus, {
      clusterDetails: async () => ({
        ...(await bus.admin.clusterDetails()),
        brokers: [{ id: 1, host: BAD, port: 1, rack: BAD, release: BAD }],
        release: BAD,
        features: new Map([[BAD, 1]]),
        underReplicated: [topicPartition],
        offline: [topicPartition],
      }),
      logDirs: async () => [{ broker: 1, path: BAD, error: BAD, replicas: [{ ...topicPartition, bytes: 1n }] }],
      quotas: async () => [{ entity: new Map([[BAD, BAD]]), limits: new Map([[BAD, 1]]) }],
      listAcls: async () => [
        {
          ...{ resource: 'topic', name: BAD, pattern: 'literal', principal: `User:${BAD}`, host: BAD },
          ...{ operation: 'Read', permission: 'allow' },
        },
      ],
      describeGroup: described,
      describeGroups: async (groups) => Promise.all(groups.map(described)),
      listTopics: async () => [
        ...(await bus.admin.listTopics()),
        { topic: BAD, partitions: 1, replication: 1, internal: false, underReplicated: 0, leaderless: 0 },
      ],
    })
  }
  const refusing = (): EventBus => {
    const refuse = () => Promise.reject(new EventBusError('REFUSED', BAD, { hints: [advice(BAD)] }))
    const everything = <T extends object>(real: T): T =>
      new Proxy(real, { get: (target, name) => (name === 'close' ? Reflect.get(target, name) : refuse) })
    return { ...withAdmin(bus, {}), log: everything(bus.log), admin: everything(bus.admin), publish: refuse }
  }

  test.each([...files])('untrusted text is escaped in the output of %s', async (name, file) => {
    const command = (await import(/* @vite-ignore */ file)).default as Runnable
    let said = ''
    for (const argv of argvs[name] ?? []) {
      for (const openBus of [undefined, answering, refusing]) {
        for (const more of [[], ['--json'], ['--debug']]) {
          for (const isTerminal of [false, true]) {
            const stdin = isTerminal ? 'n\n' : `${BAD}\n`
            const options = { broker, cwd: folder, isTerminal, stdin, undoFolder: join(folder, `undo${BAD}`) }
            const { stdout, stderr } = await runCli(command, [...argv, ...more], {
              ...options,
              ...(openBus && { openBus }),
            })
            expect({
              argv,
              more,
              isTerminal,
              found: [unsafeIn(stdout), unsafeIn(isTerminal ? stderr.replaceAll(prompts, '') : stderr)],
            }).toMatchObject({
              found: [[], []],
            })
            if (more[0] === '--json' && stdout !== '') JSON.parse(stdout)
            said += stdout + stderr
          }
        }
      }
    }
    // The hostile text is in the output, escaped.
    expect(said).toContain('31m')
  })

  test('untrusted text is escaped in raw values, except in a pipe, where they are exact', async () => {
    const argv = ['order-events', '--no-follow', '-n', '1', '-o', 'raw']
    expect(await runCli(Tail, argv, { broker, cwd: folder })).toMatchObject({ stdout: expect.stringContaining(BAD) })
    const terminal = new FakeTerminal()
    await runCli(Tail, argv, { broker, cwd: folder, terminal })
    expect(unsafeIn(terminal.written)).toEqual([])
    expect(terminal.written).toContain('x\\u001b[31m')
  })
})
