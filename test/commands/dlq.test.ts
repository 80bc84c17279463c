import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { type SerializedEvent, serializedEvent } from '../../src/bus/event.ts'
import type { BusRecord, Header } from '../../src/bus/record.ts'
import { decodeRecord } from '../../src/codecs/event-record.ts'
import { messageId } from '../../src/codecs/message-id.ts'
import { encodePayload } from '../../src/codecs/payload.ts'
import DlqDiscard from '../../src/commands/dlq/discard.ts'
import DlqEdit from '../../src/commands/dlq/edit.ts'
import DlqList from '../../src/commands/dlq/list.ts'
import DlqRetry from '../../src/commands/dlq/retry.ts'
import DlqShow from '../../src/commands/dlq/show.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { SchemaSet } from '../../src/operations/schemas/compiled.ts'
import { writeSchemaFile } from '../../src/schema/write-schema-file.ts'
import type { NewDeadLetter } from '../../src/store/event-store.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { orders } from '../unit/schema/support/build.ts'
import { type Runnable, runCli } from './run-cli.ts'

let broker: MemoryBroker
let bus: InMemoryEventBus
let cwd: string
let store: SqliteEventStore

beforeEach(async () => {
  broker = new MemoryBroker()
  bus = new InMemoryEventBus({ broker })
  await bus.admin.createTopic('order-commands', { partitions: 3 })
  await bus.admin.createTopic('payment-events', { partitions: 3 })
  cwd = mkdtempSync(join(tmpdir(), 'crbus-dlq-'))
  store = new SqliteEventStore({ path: join(cwd, 'store.db') })
  return async () => {
    await store.close()
    rmSync(cwd, { recursive: true })
  }
})

const cli = (command: Runnable, argv: readonly string[], options: Partial<Parameters<typeof runCli>[2]> = {}) =>
  runCli(command, [...argv], { broker, cwd, env: { CRBUS_STORE: join(cwd, 'store.db') }, ...options })
const json = async (command: Runnable, argv: readonly string[]) => {
  const result = await cli(command, [...argv, '--json'])
  return { ...result, document: JSON.parse(result.stdout) }
}

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const int64 = (value: number) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}
const headersOf = (fields: Readonly<Record<string, string | Uint8Array>>): Header[] =>
  Object.entries(fields).map(([name, value]) => [name, Buffer.from(value)])

/** The headers of Spring for a record of payment-events[2]@41. */
const spring = (message = 'payment 7 declined') =>
  headersOf({
    'kafka_dlt-original-topic': 'payment-events',
    'kafka_dlt-original-partition': int32(2),
    'kafka_dlt-original-offset': int64(41),
    'kafka_dlt-exception-fqcn': 'java.lang.IllegalStateException',
    'kafka_dlt-exception-message': message,
    'kafka_dlt-exception-stacktrace': 'java.lang.IllegalStateException\n\tat a.B.c(B.java:1)',
  })

async function records(topic: string): Promise<BusRecord[]> {
  const ranges = await bus.log.ranges(topic)
  const slices = ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end }))
  const found: BusRecord[] = []
  for await (const batch of bus.log.read(slices)) found.push(...batch)
  return found
}
const textIn = (bytes: Uint8Array | null | undefined) => (bytes ? Buffer.from(bytes).toString() : bytes)
const textOf = (headers: readonly Header[], name: string) => {
  const value = headers.find(([own]) => own === name)?.[1]
  return value === undefined || value === null ? undefined : Buffer.from(value).toString()
}
const eventOf = ({ value, headers }: BusRecord): SerializedEvent => {
  const decoded = decodeRecord({ value: value as Uint8Array, headers })
  if (!decoded.ok) throw new Error(decoded.reason)
  return decoded.event
}

const place = (number: number) =>
  serializedEvent('PlaceOrder.v1', Buffer.from(`{"order_id":"o-${number}"}`), { correlationId: `c-${number}` })

/** Publishes a command and stores the dead letter of its failure, as the runtime does. */
async function failed(number: number, more: Partial<NewDeadLetter> = {}): Promise<string> {
  const event = place(number)
  const [at] = await bus.publish('order-commands', event, { key: `o-${number}` })
  return store.deadLetters.add({
    streamId: `order-o-${number}`,
    topic: 'order-commands',
    event,
    originalTimestamp: new Date('2026-11-23T09:00:00Z'),
    error: `order o-${number} has no stock`,
    details: `order-commands[${at?.partition}]@${at?.offset}\nError: no stock`,
    retryCount: 5,
    ...more,
  })
}

describe('dlq list', () => {
  test('says where it looked, if there is neither an event store nor a dead-letter topic', async () => {
    const { stdout, stderr, exitCode } = await cli(DlqList, [], { env: { CRBUS_STORE: join(cwd, 'none.db') } })
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 })
    expect(stderr).toBe(
      `there is no event store with dead letters at ${join(cwd, 'none.db')}, and no topic whose name ends with -dlq, -dead-letter, -dead-letters or .DLT; name an event store with --store, or a topic with --topic ("crbus topics list" lists them)\n`,
    )
  })

  test('counts letters of both places by reason, then lists them with their ids', async () => {
    await failed(1)
    await failed(22)
    await bus.admin.createTopic('payment-events.DLT', { partitions: 1 })
    await bus.log.append('payment-events.DLT', [
      { key: null, value: Buffer.from('x'), headers: spring(), timestamp: 1n },
    ])
    const { document } = await json(DlqList, [])
    expect(document).toMatchObject({
      count: 3,
      reasons: [
        { reason: 'order o-… has no stock', count: 2 },
        { reason: 'payment … declined', count: 1 },
      ],
      letters: [
        {
          id: 'payment-events.DLT[0]@0',
          source: 'topic',
          eventType: null,
          origin: { topic: 'payment-events', partition: 2, offset: 41 },
          reason: 'payment 7 declined',
          retries: 0,
        },
        { id: '1', source: 'store', eventType: 'PlaceOrder.v1', attempts: 5, status: 'pending', resolution: null },
        { id: '2' },
      ],
    })
    const { stdout } = await cli(DlqList, ['--utc'])
    expect(stdout).toMatch(/^LETTERS {2}REASON .*\n {6}2 {2}order o-… has no stock /)
    expect(stdout).toContain('payment-events.DLT[0]@0  -              payment-events')
  })

  test('filters by topic, type, reason, time, expression and status, and limits the letters but not the counts', async () => {
    await failed(1)
    await failed(2, { error: 'time-out' })
    await bus.admin.createTopic('a-dlq', { partitions: 1 })
    await bus.log.append('a-dlq', [{ key: null, value: Buffer.from('{"n":1}'), timestamp: 1000n }])
    const ids = async (...argv: string[]) =>
      (await json(DlqList, argv)).document.letters.map(({ id }: { id: string }) => id)
    expect(await ids('--topic', 'a-*')).toEqual(['a-dlq[0]@0'])
    expect(await ids('--type', 'Place*')).toEqual(['1', '2'])
    expect(await ids('--reason', 'TIME-out')).toEqual(['2'])
    expect(await ids('--where', 'data.order_id == "o-1"')).toEqual(['1'])
    expect(await ids('--where', 'topic == "order-commands"')).toEqual(['1', '2'])
    expect(await ids('--since', '1970-01-01T00:00:02Z')).toEqual(['1', '2'])
    expect(await ids('--status', 'resolved')).toEqual([])
    const { document, stderr } = await json(DlqList, ['--limit', '1'])
    expect([document.count, document.letters.length, stderr]).toEqual([
      3,
      1,
      'the first 1 of 3 letters; --limit 3 shows all\n',
    ])
  })
})

test('dlq says that no event has the field of --where, and stops an expression that takes too long', async () => {
  await failed(1)
  const misspelled = await cli(DlqRetry, ['--where', 'data.ordr_id == "o-1"', '--yes'])
  expect(misspelled.stderr).toContain('no event has the field that --where refers to (1 checked)')
  expect(misspelled.exitCode).toBe(0)
  const list = '[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30]'
  const slow = `${list}.all(a, ${list}.all(b, ${list}.all(c, ${list}.all(d, ${list}.all(e, ${list}.all(f, a + b + c + d + e + f > 0))))))`
  const stopped = await cli(DlqList, ['--where', slow])
  expect(stopped.stderr).toMatch(/--where: the expression took more than [\d,]+ steps/)
  expect(stopped.exitCode).toBe(2)
})

describe('dlq show', () => {
  test('shows a letter of the event store with the key and the headers of its original record', async () => {
    const event = place(1)
    const original = { key: Buffer.from('k-1'), value: null, headers: headersOf({ 'trace-id': 'abc' }) }
    const [at] = await bus.publish('order-commands', event, { key: 'o-1' })
    const [copied] = await bus.log.append('order-commands', [
      { ...original, value: (await records('order-commands'))[0]?.value ?? null, partition: 1 },
    ])
    expect(at).toBeDefined()
    await store.deadLetters.add({
      streamId: 'order-o-1',
      topic: 'order-commands',
      event,
      originalTimestamp: new Date(0),
      error: 'boom',
      details: `order-commands[1]@${copied?.offset}\nError: boom\n  at reduce`,
    })
    const { stdout, stderr } = await cli(DlqShow, ['1', '--utc'])
    expect(stdout).toContain(`from       order-commands[1]@${copied?.offset}\n`)
    expect(stdout).toContain('details    Error: boom\n')
    expect(stdout).toContain('key        k-1\n')
    expect(stdout).toContain('trace-id: abc')
    expect(stdout).toContain('"order_id": "o-1"')
    expect(stderr).toBe('  try: crbus dlq retry 1\n  try: crbus dlq edit 1\n  try: crbus dlq discard 1 --reason TEXT\n')
  })

  test('shows the bytes that no codec decodes, with the reason and the offset of the byte', async () => {
    writeFileSync(join(cwd, 'order.schema.json'), writeSchemaFile(orders()))
    await store.deadLetters.add({
      streamId: 'order-o-1',
      topic: 'order-events',
      event: serializedEvent('OrderPlaced.v1', Uint8Array.of(0, 0, 0, 0, 3)),
      originalTimestamp: new Date(0),
      error: 'cannot decode',
    })
    const { stdout } = await cli(DlqShow, ['1', '--schema', join(cwd, 'order.schema.json')])
    expect(stdout).toMatch(/error +.*\(byte \d+\)/)
    expect(stdout).toContain('00 00 00 00 03')
  })

  test.each([
    ['9', /cannot find the dead letter 9: the event store at .* has no dead letter with this id/],
    ['payment-dlq[0]@1', /there is no record at this offset/],
    ['no-dlq[0]@1', /the bus has no such topic/],
    ['payment-dlq', /'payment-dlq' is not the id of a dead letter/],
    ['017', /'017' is not the id/],
    ['a[0]@99999999999999999999', /is not the id/],
  ])('says why there is no letter %s', async (id, message) => {
    await bus.admin.createTopic('payment-dlq', { partitions: 1 })
    const { stderr, exitCode } = await cli(DlqShow, [id])
    expect(stderr).toMatch(message)
    expect(exitCode).toBe(2)
  })
})

describe('dlq retry', () => {
  test('sends letters of the event store to their partitions, with the same message ids, and marks them as resolved', async () => {
    await failed(1)
    await failed(2)
    const before = await records('order-commands')
    const { stdout, stderr, exitCode } = await cli(DlqRetry, ['--all', '--yes'])
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: [
        'LETTERS  TO-TOPIC',
        '      2  order-commands',
        '',
        'LETTERS  REASON',
        '      2  order o-… has no stock',
        '',
      ].join('\n'),
      stderr: 'sent 2 dead letters\n',
      exitCode: 0,
    })
    const after = await records('order-commands')
    const sent = after.filter(({ headers }) => headers.length > 0)
    const idsOf = (all: readonly BusRecord[]) => all.map((record) => messageId(eventOf(record))).sort()
    expect(idsOf(sent)).toEqual(idsOf(before))
    for (const { key, partition, headers, offset } of sent) {
      const original = before.find((one) => Buffer.from(one.key ?? []).equals(key as Uint8Array))
      expect(partition).toBe(original?.partition)
      const id = textOf(headers, 'crbus-retried-from')?.replace('store/', '') as string
      expect(textOf(headers, 'crbus-retries')).toBe('1')
      expect(await store.deadLetters.get(id)).toMatchObject({
        status: 'resolved',
        resolvedBy: expect.stringMatching(/.@./),
        notes: `retried to order-commands[${partition}]@${offset}`,
      })
    }
    expect((await cli(DlqRetry, ['--all', '--yes'])).stderr).toBe('no open dead letters\n')
    expect(await records('order-commands')).toHaveLength(4)
  })

  test('sends a record of a dead-letter topic with its bytes and its own headers, and keeps its status on the bus', async () => {
    await bus.admin.createTopic('payment-dlq', { partitions: 1 })
    const value = Uint8Array.of(0xff, 0, 1)
    const own: Header[] = [
      ['trace', Buffer.from('a')],
      ['trace', null],
    ]
    await bus.log.append('payment-dlq', [{ key: Buffer.from('p-1'), value, headers: [...own, ...spring()] }])
    expect((await cli(DlqRetry, ['payment-dlq[0]@0', '--yes'])).exitCode).toBe(0)
    const [record] = await records('payment-events')
    expect(record).toMatchObject({ partition: 2, value })
    expect(textIn(record?.key)).toBe('p-1')
    expect(record?.headers.map(([name]) => name)).toEqual([
      'trace',
      'trace',
      'crbus-retried-from',
      'crbus-retries',
      'crbus-retry-claim',
    ])
    const { document } = await json(DlqList, ['--status', 'all'])
    expect(document.letters).toMatchObject([
      { status: 'resolved', resolution: { notes: 'retried to payment-events[2]@0', at: '2026-11-23T10:00:00.000Z' } },
    ])
    expect((await bus.admin.describeTopic('crbus-resolutions')).layout).toHaveLength(1)
    const again = await cli(DlqRetry, ['payment-dlq[0]@0', '--yes'])
    expect(again.stdout).toContain(
      'note: 1 dead letter skipped (payment-dlq[0]@0): it is resolved or discarded already',
    )
    expect(await records('payment-events')).toHaveLength(1)
  })

  test('takes a record in a topic that was created again for a new letter', async () => {
    await bus.admin.createTopic('payment-dlq', { partitions: 1 })
    await bus.log.append('payment-dlq', [{ key: null, value: Buffer.from('one'), headers: spring() }])
    await cli(DlqRetry, ['--all', '--yes'])
    await bus.admin.deleteTopic('payment-dlq')
    await bus.admin.createTopic('payment-dlq', { partitions: 1 })
    await bus.log.append('payment-dlq', [{ key: null, value: Buffer.from('two'), headers: spring() }])
    expect((await json(DlqList, [])).document.count).toBe(1)
  })

  test('stops a letter that fails again after each retry, and says so', async () => {
    let id = await failed(1)
    for (const retries of ['1', '2', '3']) {
      expect((await cli(DlqRetry, [id, '--yes'])).stderr).toBe('sent 1 dead letter\n')
      const last = (await records('order-commands')).at(-1) as BusRecord
      expect(textOf(last.headers, 'crbus-retries')).toBe(retries)
      // It fails again: the runtime stores another dead letter with the position of the new record.
      id = await store.deadLetters.add({
        streamId: 'order-o-1',
        topic: 'order-commands',
        event: eventOf(last),
        originalTimestamp: new Date(),
        error: 'no stock',
        details: `order-commands[${last.partition}]@${last.offset}`,
      })
    }
    const { stdout, document } = await json(DlqRetry, [id, '--yes'])
    expect(document).toMatchObject({ count: 0, skips: [{ code: 'retried-too-often', ids: [id] }], applied: false })
    expect(stdout).toContain('it was retried as often as --max-retries allows, and failed each time')
    expect((await cli(DlqRetry, [id, '--yes', '--max-retries', '4'])).stderr).toBe('sent 1 dead letter\n')
  })

  test('sends an event whose original record is deleted with the key that the runtime would give it', async () => {
    await failed(1)
    const [original] = await records('order-commands')
    await bus.admin.deleteRecords('order-commands', new Map([[original?.partition as number, 1n]]))
    await store.deadLetters.add({
      streamId: 'x',
      topic: 'payment-events',
      key: 'p-9',
      event: place(2),
      originalTimestamp: new Date(),
      error: 'too large',
    })
    await cli(DlqRetry, ['--all', '--yes'])
    expect((await records('order-commands')).map(({ key }) => textIn(key))).toEqual(['o-1'])
    expect((await records('payment-events')).map(({ key }) => textIn(key))).toEqual(['p-9'])
  })

  test('skips letters without a topic, or of a topic that does not exist, until --to names one', async () => {
    await failed(1, { topic: undefined, details: undefined })
    await failed(2, { topic: 'gone-commands', details: undefined })
    const { document } = await json(DlqRetry, ['--all', '--yes'])
    expect(document).toMatchObject({
      count: 0,
      skips: [
        { code: 'no-topic', ids: ['1'] },
        { code: 'topic-missing', ids: ['2'] },
      ],
    })
    const there = await json(DlqRetry, ['--all', '--yes', '--to', 'payment-events'])
    expect(there.document).toMatchObject({ retried: 2, sent: [{ id: '1' }, { id: '2' }] })
  })

  test('leaves letters alone that another program or a running process handles', async () => {
    const [foreign, held] = [await failed(1), await failed(2)]
    const claim = {
      claim: 'c',
      machine: 'other',
      processId: 1,
      at: Date.UTC(2026, 10, 23, 9, 58),
      topic: 't',
      partition: 0,
      from: '0',
    }
    const to = (notes: string | undefined) => ({ status: 'processing', by: 'bob', notes }) as const
    const from = { status: 'pending', notes: undefined } as const
    await store.deadLetters.change([
      { id: foreign, from, to: to(undefined) },
      { id: held, from, to: to(JSON.stringify(claim)) },
    ])
    expect((await cli(DlqShow, [held])).stdout).toContain('process 1 sends it to t[0]@0 or later')
    const { document } = await json(DlqRetry, ['--all', '--yes'])
    expect(document).toMatchObject({
      count: 0,
      skips: [
        { code: 'being-processed', ids: [foreign] },
        { code: 'being-retried', ids: [held] },
      ],
    })
  })

  test.each([true, false])('finishes an interrupted retry whose record was sent: %s', async (wasSent) => {
    const id = await failed(1)
    const [original] = await records('order-commands')
    const claim = {
      claim: '6b0f2a51-5a2e-4b60-9b5c-5f8b0a3d0001',
      machine: 'other',
      processId: 1,
      at: Date.UTC(2026, 10, 23, 9, 50),
      topic: 'order-commands',
      partition: original?.partition as number,
      from: '1',
    }
    const to = { status: 'processing', by: 'bob@other', notes: JSON.stringify(claim) } as const
    await store.deadLetters.change([{ id, from: { status: 'pending', notes: undefined }, to }])
    const record = { key: original?.key ?? null, value: original?.value ?? null, partition: claim.partition }
    if (wasSent)
      await bus.log.append('order-commands', [
        { ...record, headers: [['crbus-retry-claim', Buffer.from(claim.claim)]] },
      ])
    const { document } = await json(DlqRetry, ['--all', '--yes'])
    expect(document).toMatchObject({
      interrupted: 1,
      retried: wasSent ? 0 : 1,
      alreadySent: wasSent ? 1 : 0,
    })
    expect(await records('order-commands')).toHaveLength(2)
    expect(await store.deadLetters.get(id)).toMatchObject({
      status: 'resolved',
      notes: `retried to order-commands[${claim.partition}]@1`,
      ...(wasSent && { resolvedBy: 'bob@other' }),
    })
  })

  test('does not send a letter again whose outcome cannot be known', async () => {
    const id = await failed(1)
    const [original] = await records('order-commands')
    const partition = original?.partition as number
    await bus.admin.deleteRecords('order-commands', new Map([[partition, 1n]]))
    const notes = JSON.stringify({
      claim: 'c',
      machine: 'other',
      processId: 1,
      at: 0,
      topic: 'order-commands',
      partition,
      from: '0',
    })
    const to = { status: 'processing', by: 'bob', notes } as const
    await store.deadLetters.change([{ id, from: { status: 'pending', notes: undefined }, to }])
    const { document } = await json(DlqRetry, ['--all', '--yes'])
    expect(document).toMatchObject({ retried: 0, skippedMeanwhile: [{ code: 'outcome-unknown', ids: [id] }] })
    expect(await records('order-commands')).toHaveLength(0)
  })

  test('asks with the number of letters and their topics, and sends nothing without a yes', async () => {
    await failed(1)
    const { stderr, exitCode } = await cli(DlqRetry, ['1'], { isTerminal: true, stdin: 'n\n' })
    expect(stderr).toContain('Send 1 dead letter to order-commands? [y/N]')
    expect(exitCode).toBe(6)
    expect(await records('order-commands')).toHaveLength(1)
    expect((await cli(DlqRetry, ['1', '--dry-run'])).exitCode).toBe(0)
    expect(await store.deadLetters.get('1')).toMatchObject({ status: 'pending' })
  })

  test.each([
    [[], 'no dead letters are named: give ids, a filter or --all'],
    [['1', '--all'], 'ids choose the letters, so --all and the filters cannot be given with them'],
    [['--all', '--since', '10'], '--since 10 is not a time'],
    [['--all', '--where', 'data.('], '--where: '],
  ])('refuses %j', async (argv, message) => {
    const { stderr, exitCode } = await cli(DlqRetry, argv)
    expect(stderr).toContain(message)
    expect(exitCode).toBe(2)
  })

  test('sends each letter once if two users retry all of them at the same time', async () => {
    for (let number = 1; number <= 30; number += 1) await failed(number)
    await bus.admin.createTopic('payment-dlq', { partitions: 2 })
    const letters = Array.from({ length: 500 }, (_, at) => ({
      key: Buffer.from(`p-${at}`),
      value: Buffer.from(String(at)),
      headers: spring(),
    }))
    await bus.log.append('payment-dlq', letters)
    const runs = await Promise.all([1, 2, 3].map(() => json(DlqRetry, ['--all', '--yes'])))
    const sent = [...(await records('order-commands')), ...(await records('payment-events'))].flatMap(({ headers }) => {
      const from = textOf(headers, 'crbus-retried-from')
      return from === undefined ? [] : [from]
    })
    expect(sent).toHaveLength(530)
    expect(new Set(sent).size).toBe(530)
    expect(runs.reduce((sum, { document }) => sum + (document.retried ?? 0), 0)).toBe(530)
    expect((await json(DlqList, [])).document.count).toBe(0)
  })
})

describe('dlq discard', () => {
  test('marks letters of both places as discarded, with the user and the reason', async () => {
    await failed(1)
    await bus.admin.createTopic('payment-dlq', { partitions: 1 })
    await bus.log.append('payment-dlq', [{ key: null, value: Buffer.from('x'), headers: spring() }])
    const { stderr, exitCode } = await cli(DlqDiscard, ['1', 'payment-dlq[0]@0', '--reason', 'test data', '--yes'])
    expect({ stderr, exitCode }).toEqual({ stderr: 'discarded 2 dead letters\n', exitCode: 0 })
    const { document } = await json(DlqList, ['--status', 'discarded'])
    expect(document.letters).toMatchObject([
      { status: 'discarded', resolution: { notes: 'test data' } },
      { status: 'discarded', resolution: { notes: 'test data' } },
    ])
    expect((await cli(DlqRetry, ['1', '--yes'])).stdout).toContain('it is resolved or discarded already')
  })

  test('needs a reason, and asks', async () => {
    await failed(1)
    expect((await cli(DlqDiscard, ['1', '--yes'])).exitCode).toBe(2)
    const asked = await cli(DlqDiscard, ['1', '--reason', 'x'], { isTerminal: true, stdin: 'n\n' })
    expect(asked.stderr).toContain('Discard 1 dead letter? [y/N]')
    expect(await store.deadLetters.get('1')).toMatchObject({ status: 'pending' })
  })
})

describe('dlq edit', () => {
  /** An editor that replaces a text in the file, and notes the mode of the file. */
  const editor = (from: string, to: string): string => {
    const path = join(cwd, 'editor.mjs')
    writeFileSync(
      path,
      `#!${process.execPath}\nimport { readFileSync, statSync, writeFileSync } from 'node:fs'
const file = process.argv.at(-1)
writeFileSync(${JSON.stringify(join(cwd, 'seen.json'))}, JSON.stringify({ file, mode: statSync(file).mode & 0o777 }))
writeFileSync(file, readFileSync(file, 'utf8').replace(${JSON.stringify(from)}, ${JSON.stringify(to)}))\n`,
    )
    chmodSync(path, 0o700)
    return path
  }
  const edit = (
    argv: readonly string[],
    from: string,
    to: string,
    options: Partial<Parameters<typeof runCli>[2]> = {},
  ) => cli(DlqEdit, argv, { env: { CRBUS_STORE: join(cwd, 'store.db'), EDITOR: editor(from, to) }, ...options })

  test('sends the edited event with the name of the user, and keeps the difference in the notes', async () => {
    const id = await failed(1)
    const { stdout, stderr, exitCode } = await edit([id, '--yes'], '"o-1"', '"o-2"')
    expect({ stderr, exitCode }).toEqual({ stderr: 'sent the edited event to order-commands\n', exitCode: 0 })
    expect(stdout).toContain('-  "order_id": "o-1"\n+  "order_id": "o-2"\n')
    const sent = (await records('order-commands')).at(-1) as BusRecord
    expect(eventOf(sent)).toMatchObject({ eventType: 'PlaceOrder.v1', metadata: { correlationId: 'c-1' } })
    expect(Buffer.from(eventOf(sent).data).toString()).toBe('{"order_id":"o-2"}')
    expect(textIn(sent.key)).toBe('o-1')
    expect(textOf(sent.headers, 'crbus-edited-by')).toMatch(/.@./)
    const letter = await store.deadLetters.get(id)
    expect(letter).toMatchObject({ status: 'resolved' })
    expect(letter?.notes).toContain('+  "order_id": "o-2"')
    const seen = JSON.parse(readFileSync(join(cwd, 'seen.json'), 'utf8'))
    expect(seen.mode).toBe(0o600)
    expect(() => readFileSync(seen.file)).toThrow('ENOENT')
  })

  test('sends nothing if the payload is unchanged', async () => {
    const id = await failed(1)
    const { stderr, exitCode } = await edit([id, '--yes'], 'x', 'y')
    expect({ stderr, exitCode }).toEqual({ stderr: 'the payload is unchanged; nothing was done\n', exitCode: 0 })
    expect(await store.deadLetters.get(id)).toMatchObject({ status: 'pending' })
  })

  test('refuses a payload that does not fit, with the field and the reason', async () => {
    const id = await failed(1)
    const { stderr, exitCode } = await edit([id, '--yes'], '}', '')
    expect(stderr).toMatch(/the payload cannot be encoded: .*; nothing was done/)
    expect(exitCode).toBe(2)
    expect(await store.deadLetters.get(id)).toMatchObject({ status: 'pending' })
  })

  test('keeps CBOR as CBOR, and refuses bytes that JSON does not have', async () => {
    const cbor = (value: unknown) => {
      const encoded = encodePayload(value, 'cbor')
      if (!encoded.ok) throw new Error(encoded.reason)
      return serializedEvent('Paid.v1', encoded.bytes)
    }
    const common = { streamId: 's', topic: 'payment-events', originalTimestamp: new Date(), error: 'x' }
    const plain = await store.deadLetters.add({ ...common, event: cbor({ total: 10 }) })
    const bytes = await store.deadLetters.add({ ...common, event: cbor({ raw: Uint8Array.of(1) }) })
    expect((await edit([plain, '--yes'], '10', '11')).exitCode).toBe(0)
    const [sent] = await records('payment-events')
    expect([...eventOf(sent as BusRecord).data]).toEqual([...cbor({ total: 11 }).data])
    const refused = await edit([bytes, '--yes'], '1', '2')
    expect(refused.stderr).toContain(
      `cannot edit ${bytes}: its payload has values of cbor that JSON does not have, so encoding it again would change them`,
    )
    expect(refused.exitCode).toBe(6)
  })

  test('sends nothing if only white space is different, in JSON and in CBOR of another encoder', async () => {
    const common = { streamId: 's', topic: 'payment-events', originalTimestamp: new Date(), error: 'x' }
    // {"total": 10} with an indefinite length, which crbus writes in another form.
    const cbor = Uint8Array.of(0xbf, 0x65, 0x74, 0x6f, 0x74, 0x61, 0x6c, 0x0a, 0xff)
    for (const data of [Buffer.from('{ "total": 10 }'), Buffer.from('{"total":10}'), cbor]) {
      const id = await store.deadLetters.add({ ...common, event: serializedEvent('Paid.v1', data) })
      const { stderr } = await edit([id, '--yes'], '10', '10   ')
      expect(stderr).toBe('the payload is unchanged; nothing was done\n')
    }
  })

  test('encodes bincode by its schema, and refuses a value that the schema does not have, with its field', async () => {
    const schema = join(cwd, 'order.schema.json')
    writeFileSync(schema, writeSchemaFile(orders()))
    const encoded = new SchemaSet([orders()]).encode('order-events', 'PlaceOrder.v1', {
      PlaceOrder: { customer_id: 'c-1' },
    })
    if (encoded?.ok !== true) throw new Error(`not encoded: ${encoded?.reason}`)
    const event = serializedEvent('PlaceOrder.v1', encoded.bytes)
    const common = { streamId: 's', topic: 'order-events', originalTimestamp: new Date(), error: 'x' }
    await bus.admin.createTopic('order-events', { partitions: 1 })
    const id = await store.deadLetters.add({ ...common, event })
    const argv = [id, '--yes', '--schema', schema]
    const refused = await edit(argv, '"c-1"', '7')
    expect(refused.stderr).toMatch(/cannot be encoded: .*customer_id.*; nothing was done/)
    expect((await edit(argv, 'c-1', 'c-2')).stderr).toBe('sent the edited event to order-events\n')
    const [sent] = await records('order-events')
    const decoded = new SchemaSet([orders()])
      .find('order-events', 'PlaceOrder.v1')
      ?.decoder.decode(eventOf(sent as BusRecord).data)
    expect(decoded).toMatchObject({ ok: true, value: { PlaceOrder: { customer_id: 'c-2' } } })
  })

  test('edits a JSON value without an envelope in a dead-letter topic', async () => {
    await bus.admin.createTopic('payment-dlq', { partitions: 1 })
    await bus.log.append('payment-dlq', [
      { key: null, value: Buffer.from('{"n": 12345678901234567890}'), headers: spring() },
    ])
    expect((await edit(['payment-dlq[0]@0', '--yes'], '890}', '891}')).exitCode).toBe(0)
    const [sent] = await records('payment-events')
    expect(textIn(sent?.value)).toBe('{"n": 12345678901234567891}')
  })

  test('says that no editor is set, that it does not exist, and that it failed', async () => {
    const id = await failed(1)
    const none = await cli(DlqEdit, [id])
    expect(none.stderr).toContain('there is no editor: neither VISUAL nor EDITOR is set')
    const env = { CRBUS_STORE: join(cwd, 'store.db') }
    const missing = await cli(DlqEdit, [id], { env: { ...env, EDITOR: 'no-such-editor' } })
    expect(missing.stderr).toContain("there is no program 'no-such-editor'")
    const failing = await cli(DlqEdit, [id], { env: { ...env, EDITOR: 'false' } })
    expect(failing.stderr).toContain('it ended with exit code 1')
    for (const { exitCode } of [none, missing, failing]) expect(exitCode).toBe(2)
    expect(await store.deadLetters.get(id)).toMatchObject({ status: 'pending' })
  })
})
