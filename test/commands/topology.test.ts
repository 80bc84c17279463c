import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { EventBusError } from '../../src/bus/errors.ts'
import { type EventMetadata, type SerializedEvent, serializedEvent } from '../../src/bus/event.ts'
import { encodeRecord } from '../../src/codecs/event-record.ts'
import { messageId } from '../../src/codecs/message-id.ts'
import TopologyDiff from '../../src/commands/topology/diff.ts'
import Topology from '../../src/commands/topology.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { withAdmin } from '../support/with-admin.ts'
import { runCli } from './run-cli.ts'

const START = Date.UTC(2026, 10, 23, 9)

let broker: MemoryBroker
let bus: InMemoryEventBus
let folder: string

beforeEach(() => {
  broker = new MemoryBroker()
  bus = new InMemoryEventBus({ broker, createTopics: true })
  folder = mkdtempSync(join(tmpdir(), 'crbus-topology-'))
  return async () => {
    await bus.close()
    rmSync(folder, { recursive: true })
  }
})

const topology = (argv: string[], more = {}) => runCli(Topology, ['--utc', ...argv], { broker, cwd: folder, ...more })
const document = async (argv: string[] = [], more = {}) =>
  JSON.parse((await topology([...argv, '--json'], more)).stdout)
const declare = (content: object) => writeFileSync(join(folder, 'crbus.json'), JSON.stringify(content))

/** Publishes an event at START plus `at` milliseconds to the only partition of a topic, and returns it. */
async function send(topic: string, type: string, at: number, metadata: EventMetadata = {}): Promise<SerializedEvent> {
  const event = serializedEvent(type, Buffer.from(`{"at":${at}}`), metadata)
  const encoded = encodeRecord(event, 'bincode')
  if (!encoded.ok) throw new Error(encoded.reason)
  const timestamp = BigInt(START + at)
  await bus.log.append(topic, [
    { key: Buffer.from(type), value: encoded.value, headers: encoded.headers, timestamp, partition: 0 },
  ])
  return event
}

/** A shop whose aggregate `order` handles commands, and whose saga reads its events. */
async function shop() {
  for (const at of [0, 100]) {
    const place = await send('order-commands', 'PlaceOrder.v1', at)
    const placed = await send('order-events', 'OrderPlaced.v1', at + 3, { causationId: messageId(place) })
    await send('payment-commands', 'Pay.v1', at + 1003, { causationId: `${messageId(placed)}#2` })
  }
  const position = { partition: 0, offset: 2n }
  await bus.admin.commitOffsets('order', [{ topic: 'order-commands', ...position }])
  await bus.admin.commitOffsets('saga', [{ topic: 'order-events', ...position, offset: 1n }])
}

describe('crbus topology', () => {
  test('shows the types and the groups of each topic, what causes what, and the findings', async () => {
    await shop()
    const { stdout, stderr, exitCode } = await topology([])
    expect(stdout).toBe(`order-commands  2 records
  TYPE           EVENTS  LAST-SEEN                 PUBLISHED-BY  CONSUMED-BY
  PlaceOrder.v1       2  2026-11-23T09:00:00.100Z  -             order

  GROUP  SERVICE  STATE  MEMBERS  LAG
  order  -        Empty        0    0

order-events  2 records
  TYPE            EVENTS  LAST-SEEN                 PUBLISHED-BY  CONSUMED-BY
  OrderPlaced.v1       2  2026-11-23T09:00:00.103Z  order         saga

  GROUP  SERVICE  STATE  MEMBERS  LAG
  saga   -        Empty        0    1

payment-commands  2 records, no group reads it
  TYPE    EVENTS  LAST-SEEN                 PUBLISHED-BY  CONSUMED-BY
  Pay.v1       2  2026-11-23T09:00:01.103Z  saga          -

FLOWS
  FROM            TYPE            TO                TYPE            EVENTS  MEDIAN  BY
  order-commands  PlaceOrder.v1   order-events      OrderPlaced.v1       2     3ms  order
  order-events    OrderPlaced.v1  payment-commands  Pay.v1               2      1s  saga

type-unconsumed  no group reads payment-commands, so nothing consumes Pay.v1
group-idle  group order has no members; it has committed offsets of order-commands
group-idle  group saga has no members; it has committed offsets of order-events
`)
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
  })

  test('prints a page with -o html, which has the findings that --ignore does not leave out', async () => {
    await shop()
    const { stdout, exitCode } = await topology(['-o', 'html', '--ignore', 'group-idle', '--check'])
    expect(stdout).toMatch(/^<!doctype html>/)
    const [, data = '{}'] = /id="data">(.*?)<\/script>/.exec(stdout) ?? []
    const { findings, nodes, edges } = JSON.parse(data)
    expect(findings).toMatchObject([{ code: 'type-unconsumed', nodes: [2], types: ['Pay.v1'] }])
    expect(nodes.map(({ kind, name }: { kind: string; name: string }) => `${kind} ${name}`)).toEqual([
      'topic order-commands',
      'topic order-events',
      'topic payment-commands',
      'group order',
      'group saga',
    ])
    expect(edges.length).toBe(4)
    expect(exitCode).toBe(10)
  })

  test('prints the document with --json, also if -o html is given', async () => {
    await shop()
    expect((await document(['-o', 'html'])).topics.length).toBe(3)
  })

  test('ends with exit code 10 with --check if there are findings that --ignore does not leave out', async () => {
    await shop()
    expect((await topology(['--check'])).exitCode).toBe(10)
    expect((await topology(['--check', '--ignore', 'group-idle'])).exitCode).toBe(10)
    const ignored = await topology(['--check', '--ignore', 'group-idle', '--ignore', 'type-unconsumed'])
    expect(ignored).toMatchObject({ exitCode: 0, stdout: expect.not.stringContaining('group-idle') })
  })

  test('names the services of crbus.json, also those that handle a type of a topic that several groups read', async () => {
    await shop()
    await bus.admin.commitOffsets('audit', [{ topic: 'order-events', partition: 0, offset: 2n }])
    expect((await document()).flows[1].by).toEqual(['audit', 'saga'])
    declare({
      services: {
        checkout: {
          group: 'saga',
          consumes: { 'order-events': ['OrderPlaced'] },
          publishes: { 'payment-commands': ['Pay.v1', 'Refund.v1'] },
        },
      },
    })
    const { topics, flows } = await document()
    expect(flows[1].by).toEqual(['checkout'])
    expect(topics[1].types[0].consumers).toEqual([
      { name: 'checkout', by: 'declaration' },
      { name: 'audit', by: 'offsets' },
    ])
    expect(topics[2].types).toEqual([
      expect.objectContaining({ eventType: 'Pay.v1', publishers: [{ name: 'checkout', by: 'declaration' }] }),
      expect.objectContaining({ eventType: 'Refund.v1', count: 0, lastSeen: null }),
    ])
  })

  test('does not name a group as publisher that has not read any of the causes', async () => {
    await shop()
    await bus.admin.commitOffsets('order', [{ topic: 'order-commands', partition: 0, offset: 0n }])
    expect((await document()).flows[0]).toMatchObject({ to: { topic: 'order-events' }, by: [] })
  })

  test('finds no fault in a dead-letter topic that nothing reads and no file declares', async () => {
    await send('order-events-dlq', 'OrderPlaced.v1', 0)
    declare({ topics: { 'order-events': {} } })
    await bus.admin.createTopic('order-events')
    expect((await document()).findings).toEqual([])
  })

  test('reports a declared topic that is named and missing, and fails for a topic that nothing declares', async () => {
    await shop()
    declare({ topics: { 'ghost-events': {} } })
    expect((await document(['ghost-events'])).findings).toEqual([
      {
        code: 'topic-missing',
        topic: 'ghost-events',
        services: [],
        message: 'topic ghost-events does not exist, although crbus.json declares it',
        suggestions: [{ run: 'crbus topics apply' }],
      },
    ])
    expect(await topology(['order-event'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining("topic 'order-event' does not exist"),
    })
  })

  test('leaves out the topic of crbus with the statuses of dead letters', async () => {
    await bus.admin.createTopic('crbus-resolutions')
    expect((await document()).topics).toEqual([])
  })

  test('says what to type next about a group that does not read a topic of its service', async () => {
    await shop()
    declare({ services: { billing: { group: 'bills', consumes: { 'order-events': ['OrderPlaced'] } } } })
    expect((await topology([])).stdout).toContain(
      'consumer-missing  billing consumes from order-events, but its group bills does not read it\n  try: crbus groups describe bills\n',
    )
  })

  test('counts records without an event, and events of more types, or of longer ones, than it lists', async () => {
    await bus.admin.createTopic('many-events', { partitions: 1 })
    for (let type = 0; type < 510; type += 1) await send('many-events', `T${type}.v1`, type)
    await bus.log.append('many-events', [
      { key: Buffer.from('a'), value: null },
      { key: null, value: Buffer.from('{"n":1}') },
    ])
    await send('many-events', `Long${'x'.repeat(1_000_000)}`, 0)
    const { stdout } = await topology(['many-events'])
    expect(stdout.length).toBeLessThan(100_000)
    expect(stdout).toContain('many-events  513 records, 2 without an event, 11 of types that are not listed')
  })

  test('reads only the newest records with -n, and says so', async () => {
    await shop()
    const { stdout } = await topology(['order-commands', '-n', '1'])
    expect(stdout).toContain('order-commands  the newest 1 record\n')
    expect(await document(['-n', '0'])).toMatchObject({ topics: [{ sampled: 0, whole: false, types: [] }, {}, {}] })
  })

  test('says that the readers are unknown if the user may not see the groups', async () => {
    await shop()
    const hidden = {
      openBus: () =>
        withAdmin(new InMemoryEventBus({ broker }), {
          listGroups: () => Promise.reject(new EventBusError('AUTHENTICATION_FAILED', 'not allowed')),
        }),
    }
    const { topics, findings, notes } = await document([], hidden)
    expect(topics[0].readers).toBeNull()
    expect(findings).toEqual([])
    expect(notes).toMatchObject([{ code: 'groups-hidden' }])
    expect((await topology([], hidden)).stderr).toContain('note: this user may not see the consumer groups')
  })

  test('draws a flowchart of Mermaid, in which names of strangers cannot become markup', async () => {
    await send('order-events', '"]<b>|#;\n', 0)
    await bus.admin.commitOffsets('a "b"', [{ topic: 'order-events', partition: 0, offset: 1n }])
    const { stdout } = await topology(['-o', 'mermaid'])
    expect(stdout).toBe(`flowchart LR
  t0[("order-events")]
  s0["a #34;b#34;"]
  t0 -->|"#34;]#60;b#62;|#35;#59;#10;"| s0
`)
  })
})

describe('crbus topology diff', () => {
  const diff = (argv: string[], more = {}) => runCli(TopologyDiff, argv, { broker, cwd: folder, ...more })
  const snapshot = async (name: string) => writeFileSync(join(folder, name), (await topology(['--json'])).stdout)

  test('lists what was added and what was removed, and ends with exit code 10 if something breaks', async () => {
    await shop()
    await snapshot('old.json')
    await bus.admin.deleteGroup('saga')
    await bus.admin.deleteTopic('payment-commands')
    await send('order-events', 'OrderShipped.v1', 0)
    await send('stock-events', 'Reserved.v1', 0)
    await snapshot('new.json')

    expect(await diff(['old.json', 'old.json'])).toEqual({ stdout: 'no changes\n', stderr: '', exitCode: 0 })
    expect(await diff(['old.json', 'new.json'])).toEqual({
      stdout: `BREAKS  topic payment-commands was removed
BREAKS  saga no longer reads order-events
added   topic stock-events is new
added   event type OrderShipped.v1 of order-events is new
`,
      stderr: '',
      exitCode: 10,
    })
    const { stdout, exitCode } = await diff(['new.json', 'old.json'])
    expect(stdout).toContain('BREAKS  event type OrderShipped.v1 of order-events was removed\n')
    expect(stdout).toContain('added   saga now reads order-events\n')
    expect(exitCode).toBe(10)
  })

  test('does not count additions and rare flows as changes that break something', async () => {
    await shop()
    await snapshot('new.json')
    const { flows, ...rest } = JSON.parse((await topology(['--json'])).stdout)
    writeFileSync(join(folder, 'old.json'), JSON.stringify({ ...rest, flows: [] }))
    expect(await diff(['old.json', 'new.json'])).toMatchObject({ exitCode: 0 })
    const less = await diff(['new.json', 'old.json'])
    expect(less.stdout).toBe(
      `removed  PlaceOrder.v1 of order-commands no longer causes OrderPlaced.v1 on order-events
removed  OrderPlaced.v1 of order-events no longer causes Pay.v1 on payment-commands
`,
    )
    expect(less.exitCode).toBe(0)
    expect(flows).toHaveLength(2)
  })

  test('does not compare the consumers of a topic whose readers one of the users could not see', async () => {
    await shop()
    await snapshot('old.json')
    const document = JSON.parse((await topology(['--json'])).stdout)
    for (const topic of document.topics) {
      topic.readers = null
      for (const type of topic.types) type.consumers = []
    }
    writeFileSync(join(folder, 'new.json'), JSON.stringify(document))
    expect(await diff(['old.json', 'new.json'])).toMatchObject({ exitCode: 0, stdout: 'no changes\n' })
  })

  test('reads one of the snapshots from stdin', async () => {
    await shop()
    await snapshot('old.json')
    const { stdout: stdin } = await topology(['--json'])
    expect(await diff(['old.json', '-'], { stdin })).toMatchObject({ exitCode: 0, stdout: 'no changes\n' })
    expect(await diff(['-', '-'], { stdin })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('only one of the snapshots can be read from stdin'),
    })
  })

  test.each([
    ['a file that is missing', 'missing.json', undefined, 'missing.json does not exist'],
    ['text that is not JSON', 'a.json', '{', 'a.json is not JSON'],
    ['another document', 'a.json', '{"groups":[]}', 'a.json is not a topology in JSON: topics must be a list'],
    ['the document of a failure', 'a.json', '{"error":{}}', 'a.json has an error in place of a topology'],
    [
      'a topology with a damaged part',
      'a.json',
      '{"topics":[{"topic":"t","types":[{}],"readers":[]}],"flows":[]}',
      'topics[0].types[0].eventType must have a name',
    ],
    ['an empty file', 'a.json', '', 'a.json is empty'],
  ])('refuses %s', async (_, path, content, message) => {
    if (content !== undefined) writeFileSync(join(folder, path), content)
    writeFileSync(join(folder, 'b.json'), '{"topics":[],"flows":[]}')
    for (const argv of [
      [path, 'b.json'],
      ['b.json', path],
    ]) {
      expect(await diff(argv)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(message) })
    }
  })
})
