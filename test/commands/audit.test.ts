import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import Audit from '../../src/commands/audit.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { runCli } from './run-cli.ts'

const placed = (order: number) =>
  serializedEvent('OrderPlaced.v1', Buffer.from(`{"order_id":"o-${order}"}`), {
    timestamp: new Date(Date.UTC(2026, 10, 1) + order).toISOString(),
  })

let broker: MemoryBroker
let folder: string
let store: SqliteEventStore
let bus: InMemoryEventBus

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-audit-'))
  broker = new MemoryBroker()
  bus = new InMemoryEventBus({ broker, createTopics: true })
  store = new SqliteEventStore({ path: join(folder, 'store.db') })
  return async () => {
    await bus.close()
    await store.close()
    rmSync(folder, { recursive: true })
  }
})

const run = (...argv: string[]) =>
  runCli(Audit, [...argv, '--store', 'store.db', '--grace', '1ms'], { broker, cwd: folder })

/** Stores three events, of which the second is not published. */
async function loseOne(): Promise<void> {
  await store.append('order-1', 0, [placed(1), placed(2), placed(3)])
  await bus.publish('order-events', [placed(1), placed(3)])
}

test('says that store and bus agree, and exits with 0', async () => {
  await store.append('order-1', 0, [placed(1), placed(2)])
  await bus.publish('order-events', [placed(1), placed(2)])
  const { stdout, exitCode } = await run('order-events')
  expect(stdout).toContain('ok: the store and the bus agree')
  expect(stdout).toMatch(/order-events +order-\* +2 +2 +2 +0 +- +0/)
  expect(exitCode).toBe(0)
})

test('names the lost event, and exits with 10', async () => {
  await loseOne()
  const { stdout, exitCode } = await run('order-events')
  expect(stdout).toContain(
    "never-published: 1 event stored and never published: not on 'order-events', and not in the outbox",
  )
  expect(stdout).toContain('OrderPlaced.v1  order-1 version 2')
  expect(exitCode).toBe(10)
})

test('exits with 0 if --ignore names all findings', async () => {
  await loseOne()
  const { stdout, exitCode } = await run('order-events', '--ignore', 'never-published')
  expect(stdout).toContain('never-published (ignored): 1 event')
  expect(exitCode).toBe(0)
})

test('counts messages that wait in the outbox, and does not report them', async () => {
  await store.commit('orders', [
    {
      appends: [{ streamId: 'order-1', expectedVersion: 0, events: [placed(1)] }],
      messages: [{ topic: 'order-events', event: placed(1) }],
    },
  ])
  await bus.admin.createTopic('order-events')
  const { stdout, exitCode } = await run('order-events')
  expect(stdout).toMatch(/order-events +order-\* +1 +0 +0 +1 /)
  expect(exitCode).toBe(0)
})

test('leaves out what a saga has stored, and the streams of an aggregate with a longer name', async () => {
  await bus.admin.createTopic('order-item-events')
  await store.append('order-1', 0, [placed(1)])
  await store.append('order-saga-c-1', 0, [placed(2)])
  await store.append('order-item-1', 0, [placed(3)])
  await bus.publish('order-events', [placed(1)])
  expect(await run('order-events')).toMatchObject({ exitCode: 0 })
  const { stdout } = await run('order-item-events')
  expect(stdout).toContain('order-item-1 version 1')
})

test('compares only what is younger than the trimmed part of a topic, and says so', async () => {
  await store.append('order-1', 0, [placed(1)])
  await bus.admin.createTopic('order-events', { partitions: 1 })
  await bus.publish('order-events', [placed(1), placed(9)])
  await bus.admin.deleteRecords('order-events', new Map([[0, 2n]]))
  const { stdout } = await run('order-events')
  expect(stdout).toContain('all events of order-events[0] are deleted')
  expect(stdout).toContain('nothing was compared')
  expect(stdout).not.toContain('never-published')
})

test('reports a topic whose streams have other names, and --streams names them', async () => {
  await store.append('purchase-1', 0, [placed(1)])
  await bus.publish('order-events', [placed(1)])
  const { stdout, exitCode } = await run('order-events')
  expect(stdout).toContain("no-streams: the store has no stream for 'order-events', so its 1 event was not compared")
  expect(exitCode).toBe(10)
  expect(await run('order-events', '--streams', 'purchase-')).toMatchObject({ exitCode: 0 })
})

test('compares no outcomes of a saga, which are in no stream', async () => {
  await store.append('order-saga-c-1', 0, [placed(1)])
  await bus.publish('order-events', [placed(2)])
  const { stdout, exitCode } = await run('order-events')
  expect(stdout).toContain("'order-events' has the outcomes that a saga published, which are in no stream")
  expect(stdout).not.toContain('no-streams')
  expect(exitCode).toBe(0)
})

describe('--repair', () => {
  test('publishes the lost event with a mark, after which the audit is clean', async () => {
    await loseOne()
    const { stdout, stderr, exitCode } = await run('order-events', '--repair', '--yes')
    expect(stdout).toContain('REPAIR  publishes what was never published')
    expect(stdout).toContain('a later event of the same stream is already published for 1 event')
    expect(stderr).toContain('published 1 event')
    expect(exitCode).toBe(0)
    const { stdout: after, exitCode: exitAfter } = await run('order-events', '--json')
    expect(JSON.parse(after).topics[0]).toMatchObject({ stored: 3, published: 3, matched: 3 })
    expect(exitAfter).toBe(10) // the repaired event is after a later one
    expect(JSON.parse(after).findings.map(({ code }: { code: string }) => code)).toEqual(['out-of-order'])
    const ranges = await bus.log.ranges('order-events')
    const slices = ranges.map(({ partition, start, end }) => ({
      topic: 'order-events',
      partition,
      from: start,
      to: end,
    }))
    const headers: string[] = []
    for await (const batch of bus.log.read(slices))
      for (const record of batch)
        for (const [name, value] of record.headers) headers.push(`${name}=${Buffer.from(value ?? [])}`)
    expect(headers).toEqual(['crbus-republished=order-1@2'])
  })

  test('changes nothing with --dry-run, and exits with 10', async () => {
    await loseOne()
    const { exitCode } = await run('order-events', '--repair', '--dry-run')
    expect(exitCode).toBe(10)
    expect((await run('order-events')).stdout).toContain('never-published')
  })

  test('keys by aggregate where crbus.json says so', async () => {
    writeFileSync(
      join(folder, 'crbus.json'),
      JSON.stringify({ topics: { 'order-events': { codec: 'json', key: 'aggregate', id: 'order_id' } } }),
    )
    await loseOne()
    await run('order-events', '--repair', '--yes')
    const ranges = await bus.log.ranges('order-events')
    const slices = ranges.map(({ partition, start, end }) => ({
      topic: 'order-events',
      partition,
      from: start,
      to: end,
    }))
    const keys: string[] = []
    for await (const batch of bus.log.read(slices))
      for (const { key } of batch) keys.push(Buffer.from(key ?? []).toString())
    expect(keys).toContain('1')
  })
})

describe('wrong usage', () => {
  test('names the findings for an unknown --ignore', async () => {
    const { stderr, exitCode } = await run('order-events', '--ignore', 'lost')
    expect(stderr).toContain('--ignore lost is not a finding of an audit; the findings are never-published,')
    expect(exitCode).toBe(2)
  })

  test('refuses --streams with several topics', async () => {
    await bus.admin.createTopic('a-events')
    await bus.admin.createTopic('b-events')
    const { stderr, exitCode } = await run('a-events', 'b-events', '--streams', 'a-')
    expect(stderr).toContain('--streams names the streams of one topic, but 2 topics were given')
    expect(exitCode).toBe(2)
  })

  test('says where it looked for a store, and exits with 4', async () => {
    await bus.admin.createTopic('a-events')
    const { stderr, exitCode } = await runCli(Audit, ['a-events'], { broker, cwd: folder })
    expect(stderr).toContain('there is no event store at ')
    expect(exitCode).toBe(4)
  })
})
