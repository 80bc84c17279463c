import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type SerializedEvent, serializedEvent } from '../../src/bus/event.ts'
import { Stop } from '../../src/cli/process/stop.ts'
import { encodeCbor } from '../../src/codecs/cbor/cbor.ts'
import { encodeRecord } from '../../src/codecs/event-record.ts'
import { messageId } from '../../src/codecs/message-id.ts'
import Trace from '../../src/commands/trace.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { openEventStore } from '../../src/store/open.ts'
import { documentProblems } from '../support/documents.ts'
import { runCli } from './run-cli.ts'

let broker: MemoryBroker
let bus: InMemoryEventBus

beforeEach(() => {
  broker = new MemoryBroker()
  bus = new InMemoryEventBus({ broker, createTopics: true })
  return () => bus.close()
})

const START = Date.UTC(2026, 10, 23, 9)
const trace = (argv: string[], more = {}) => runCli(Trace, ['--utc', ...argv], { broker, ...more })

interface Sent {
  readonly type: string
  readonly cause?: SerializedEvent | undefined
  readonly at?: number
  readonly id?: string | null
  readonly key?: string
  readonly data?: string
  /** The dead letter that is retried. */
  readonly retriedFrom?: string
}

/** Publishes an event of the conversation c-1 at START plus `at` milliseconds, and returns it. */
async function send(topic: string, { type, cause, at = 0, id = 'c-1', key = type, data = '{}', retriedFrom }: Sent) {
  const metadata = {
    timestamp: new Date(START + at).toISOString(),
    ...(id === null ? {} : { correlationId: id }),
    ...(cause === undefined ? {} : { causationId: messageId(cause) }),
  }
  const event = serializedEvent(type, Buffer.from(data), metadata)
  const encoded = encodeRecord(event, 'bincode')
  if (!encoded.ok) throw new Error(encoded.reason)
  const marks = retriedFrom === undefined ? [] : [['crbus-retried-from', Buffer.from(retriedFrom)] as const]
  const headers = [...encoded.headers, ...marks]
  await bus.log.append(topic, [{ key: Buffer.from(key), value: encoded.value, headers, timestamp: BigInt(START + at) }])
  return event
}

/** Publishes a checkout of five messages. */
async function checkout(id = 'c-1', order = 'o-1') {
  const data = JSON.stringify({ order_id: order })
  const place = await send('order-commands', { type: 'PlaceOrder.v1', id, key: order, data })
  const placed = await send('order-events', { type: 'OrderPlaced.v1', cause: place, at: 3, id, data })
  const reserve = await send('inventory-commands', { type: 'ReserveStock.v1', cause: placed, at: 10, id })
  const reserved = await send('inventory-events', { type: 'StockReserved.v1', cause: reserve, at: 1200, id })
  await send('checkout-events', { type: 'CheckoutCompleted.v1', cause: reserved, at: 1201, id })
  return { place, placed, reserve, reserved }
}

describe('crbus trace', () => {
  test('shows the messages of a conversation as a tree, with the times between them and the slowest step', async () => {
    await checkout()
    await checkout('c-2', 'o-2')
    const { stdout, stderr, exitCode } = await trace(['c-1'])
    expect(stdout).toBe(`c-1  2026-11-23T09:00:00.000Z
09:00:00.000 PlaceOrder.v1 order-commands[0]@0 {"order_id":"o-1"}
09:00:00.003 └─ +3ms OrderPlaced.v1 order-events[0]@0 {"order_id":"o-1"}
09:00:00.010    └─ +7ms ReserveStock.v1 inventory-commands[0]@0 {}
09:00:01.200       └─ +1s StockReserved.v1 inventory-events[0]@0 {}
09:00:01.201          └─ +1ms CheckoutCompleted.v1 checkout-events[0]@0 {}

5 messages of 4 participants, in 1s, slowest step: StockReserved.v1 after 1s
`)
    expect(stderr).toBe('')
    expect(exitCode).toBe(0)
  })

  test('prints the same document with --json and with -o json', async () => {
    await checkout()
    const [flagged, output] = [await trace(['c-1', '--json']), await trace(['c-1', '-o', 'json'])]
    expect(JSON.parse(output.stdout)).toEqual(JSON.parse(flagged.stdout))
    const document = JSON.parse(flagged.stdout)
    expect(document).toMatchObject({
      correlationId: 'c-1',
      firstAt: '2026-11-23T09:00:00.000Z',
      lastAt: '2026-11-23T09:00:01.201Z',
      duration: 1201,
      complete: true,
      findings: [],
      read: { scanned: 5, indexed: 0 },
    })
    expect(document.messages[1]).toMatchObject({
      ...{ index: 1, kind: 'event', topic: 'order-events', cause: 0, causedBy: 'causation', elapsed: 3, depth: 1 },
      ...{ from: 'order', to: 'checkout', data: { order_id: 'o-1' }, marks: [] },
    })
  })

  test('draws a sequence diagram in which names of strangers are neither lines nor markup', async () => {
    await send('order-commands', { type: 'A\nNote over p0: "<script>"; end%%' })
    const { stdout } = await trace(['c-1', '-o', 'mermaid'])
    expect(stdout).toBe(
      'sequenceDiagram\n  participant p0 as client\n  participant p1 as order\n  p0->>p1: A#10;Note over p0: #34;#60;script#62;#34;#59; end#37;#37;\n',
    )
  })

  test('names faults below the tree and marks their messages', async () => {
    const { place, reserve } = await checkout()
    await send('order-commands', { type: 'PlaceOrder.v1', key: 'o-1', data: '{"order_id":"o-1"}' })
    await send('inventory-events', { type: 'StockReserved.v1', cause: reserve, at: 5000 })
    await send('order-commands', { type: 'Ship.v1', cause: serializedEvent('Gone.v1', Buffer.from('{}')), at: 6000 })
    expect(place.eventType).toBe('PlaceOrder.v1')
    const { stdout, exitCode } = await trace(['c-1'])
    expect(stdout).toContain('PlaceOrder.v1 order-commands[0]@1 [duplicate]')
    expect(stdout).toContain('StockReserved.v1 inventory-events[0]@1 [redelivered]')
    expect(stdout).toContain('Ship.v1 order-commands[0]@2 [orphan] [overdue]')
    expect(stdout).toContain('duplicate  PlaceOrder.v1 was published twice with the same message id\n')
    expect(stdout).toContain(
      'redelivered  ReserveStock.v1 was handled more than once: it caused StockReserved.v1 twice, with different message ids\n',
    )
    expect(stdout).toContain(
      'overdue  nothing on order-events followed Ship.v1 in 59m54s\n  try: crbus lag --topic order-commands (measures the groups that read it)\n',
    )
    expect(exitCode).toBe(0)
  })

  test('marks a dead letter that was retried, and does not call it a duplicate', async () => {
    const { placed } = await checkout()
    const retried = { type: 'ReserveStock.v1', cause: placed, at: 10, retriedFrom: 'store/17' }
    await send('inventory-commands', retried)
    const { stdout } = await trace(['c-1'])
    expect(stdout).toContain('ReserveStock.v1 inventory-commands[0]@1 [retried]')
    expect(stdout).not.toContain('duplicate')
    const { messages, findings } = JSON.parse((await trace(['c-1', '--json'])).stdout)
    expect(messages).toContainEqual(expect.objectContaining({ copyOf: 2, retriedFrom: 'store/17', marks: [] }))
    expect(findings).toEqual([])
  })

  test('finds messages without the correlation id by the ids of their causes, in both directions', async () => {
    const place = await send('order-commands', { type: 'PlaceOrder.v1', id: null })
    const placed = await send('order-events', { type: 'OrderPlaced.v1', cause: place, at: 1 })
    const reserve = await send('inventory-commands', { type: 'Reserve.v1', cause: placed, at: 2, id: null })
    await send('inventory-events', { type: 'Reserved.v1', cause: reserve, at: 3, id: 'another' })
    await send('inventory-events', { type: 'Unrelated.v1', at: 3, id: null })
    const { messages, findings } = JSON.parse((await trace(['c-1', '--json'])).stdout)
    expect(messages.map(({ eventType }: { eventType: string }) => eventType)).toEqual([
      ...['PlaceOrder.v1', 'OrderPlaced.v1', 'Reserve.v1', 'Reserved.v1'],
    ])
    expect(findings).toEqual([])
  })

  test('finds the correlation id in CBOR and in JSON with escapes, and reports damaged envelopes', async () => {
    const id = 'bestellung-ä-"1"'
    const metadata = { correlationId: id, timestamp: '2026-11-23T09:00:00Z' }
    const cbor = encodeRecord(serializedEvent('A.v1', Buffer.from('{}'), metadata), 'cbor')
    const bincode = encodeRecord(serializedEvent('C.v1', Buffer.from('{}'), metadata), 'bincode')
    if (!cbor.ok || !bincode.ok) throw new Error('not encoded')
    const json = `{"event_type":"B.v1","data":{},"metadata":{"correlation_id":${JSON.stringify(id).replace('ä', '\\u00e4')}}}`
    const damaged = [bincode.value.subarray(0, -1), cbor.value.subarray(0, -1)]
    for (const value of [cbor.value, bincode.value, Buffer.from(json), ...damaged]) {
      await bus.log.append('order-events', [{ key: null, value, timestamp: BigInt(START) }])
    }
    const mention = encodeCbor({ mentions: id })
    if (!mention.ok) throw new Error(mention.reason)
    for (const value of [Buffer.from(JSON.stringify({ mentions: id })), mention.bytes]) {
      await bus.log.append('order-events', [{ key: null, value }])
    }
    const { messages, findings } = JSON.parse((await trace([id, '--json'])).stdout)
    expect(messages.map(({ offset }: { offset: number }) => offset)).toEqual([0, 1, 2, 3, 4])
    expect(findings.map(({ code, messages: own }: { code: string; messages: number[] }) => [code, own])).toEqual([
      ['undecodable', [3]],
      ['undecodable', [4]],
    ])
  })

  test('includes dead letters of topics and of the event store, below the message that failed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'crbus-trace-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const { reserve } = await checkout()
    await send('inventory-commands-dlq', { type: 'ReserveStock.v1', cause: undefined, at: 20 })
    const path = join(folder, 'store.db')
    {
      await using store = await openEventStore(path)
      const dead = { streamId: 'inventory-1', topic: 'inventory-commands', originalTimestamp: new Date(START) }
      await store.deadLetters.add({
        ...dead,
        event: reserve,
        error: 'no stock\u001b[31m',
        details: 'inventory-commands[0]@0\nstack',
      })
      await store.deadLetters.add({
        ...dead,
        event: { ...reserve, metadata: { correlationId: 'c-2' } },
        error: 'other',
      })
    }
    const { stdout } = await trace(['c-1', '--json', '--store', path])
    const { messages, findings } = JSON.parse(stdout)
    const stored = messages.find(({ deadLetter }: { deadLetter?: { stored?: object } }) => deadLetter?.stored)
    expect(stored).toMatchObject({
      kind: 'dead-letter',
      cause: 2,
      causedBy: 'causation',
      deadLetter: { reason: 'no stock\u001b[31m', origin: 'inventory-commands[0]@0', stored: { status: 'pending' } },
    })
    expect(findings.map(({ code }: { code: string }) => code)).toEqual(['dead-letter', 'dead-letter'])
    const suggested = findings.flatMap(({ suggestions }: { suggestions: { run: string }[] }) => suggestions)
    expect(suggested.map(({ run: line }: { run: string }) => line)).toEqual([
      "crbus dlq show 'inventory-commands-dlq[0]@0' --store …",
      'crbus dlq show 1 --store …',
    ])
    const text = await trace(['c-1', '--store', path])
    expect(text.stdout).toContain('no stock\\x1b[31m')
    expect(text.stdout).not.toContain('\u001b')
    {
      await using store = await openEventStore(path)
      const [first] = await store.deadLetters.list()
      await store.deadLetters.resolve(first?.id as string, 'alice')
    }
    const resolved = JSON.parse((await trace(['c-1', '--json', '--store', path])).stdout)
    expect(resolved.messages).toHaveLength(messages.length)
    expect(resolved.findings.map(({ code }: { code: string }) => code)).toEqual(['dead-letter'])
  })

  test('shows the conversation also if the event store cannot be read, and says so', async () => {
    await checkout()
    const { stdout, stderr, exitCode } = await trace(['c-1', '--store', 'postgres://u:p@127.0.0.1:1/none'])
    expect(stdout).toContain('5 messages of 4 participants')
    expect(stderr).toMatch(/^the dead letters and timers of the event store were not searched: .*127\.0\.0\.1:1/)
    expect(stderr).not.toContain('u:p')
    expect(exitCode).toBe(0)
  })

  test('lists the conversations that an expression finds, newest first, and traces the only one', async () => {
    await checkout('c-1', 'o-1')
    await checkout('c-2', 'o-2')
    await send('order-events', { type: 'OrderPlaced.v1', at: 60_000, id: 'c-3', data: '{"order_id":"o-2"}' })
    const one = await trace(['--find', 'data.order_id == "o-1"'])
    expect(one.stdout).toContain('c-1  2026-11-23T09:00:00.000Z\n')
    const several = await trace(['--find', 'data.order_id == "o-2"'])
    expect(several.stdout.split('\n').map((line) => line.split(' ')[0])).toEqual(['CORRELATION-ID', 'c-3', 'c-2', ''])
    expect(several.stderr).toContain('to show one: crbus trace c-3')
    const { conversations } = JSON.parse((await trace(['--find', 'data.order_id == "o-2"', '--json'])).stdout)
    expect(conversations[1]).toEqual({
      ...{ correlationId: 'c-2', eventType: 'PlaceOrder.v1', topic: 'order-commands', partition: 0, offset: 1 },
      ...{ time: '2026-11-23T09:00:00.000Z', count: 2 },
    })
    const none = await trace(['--find', 'data.order_id == "o-3"'])
    expect(none.exitCode).toBe(4)
    expect(none.stderr).toContain('no conversation has an event for which --find is true: 11 records of')
    const invalid = await trace(['--find', 'data.order_id =='])
    expect(invalid.exitCode).toBe(2)
  })

  test('says what was searched if no message has the correlation id, with exit code 4', async () => {
    await checkout()
    const { stderr, exitCode } = await trace(['c-9\u001b[2J', '--since', '2h'])
    expect(exitCode).toBe(4)
    expect(stderr).toContain(
      'error: no message has the correlation id c-9\\x1b[2J: 5 records of checkout-events, inventory-commands, inventory-events, order-commands, order-events searched since 2026-11-23T08:00:00.000Z (CRBUS_NOT_FOUND)\n  try: --since start',
    )
  })

  test('searches the chosen topics from a time on, and stops at --limit', async () => {
    await checkout()
    const topics = await trace(['c-1', '--topic', 'order-*', '--json'])
    expect(JSON.parse(topics.stdout).read).toMatchObject({ topics: ['order-commands', 'order-events'], scanned: 2 })
    const since = await trace(['c-1', '--since', '@2026-11-23T09:00:01Z', '--json'])
    expect(JSON.parse(since.stdout)).toMatchObject({ read: { from: '2026-11-23T09:00:01.000Z', scanned: 2 } })
    const limited = await trace(['c-1', '--limit', '2', '--json'])
    expect(JSON.parse(limited.stdout)).toMatchObject({ complete: false, findings: [] })
    expect(limited.stderr).toContain('more than 2 messages belong to the conversation')
    for (const argv of [
      ['--since', '47'],
      ['--since', 'soon'],
      ['--find', 'true'],
      ['--follow', '-o', 'mermaid'],
    ]) {
      expect((await trace(['c-1', ...argv])).exitCode, argv.join(' ')).toBe(2)
    }
    expect((await trace([])).exitCode).toBe(2)
  })

  test('shows causes that are guessed by order as such, where no message names its cause', async () => {
    for (const [at, [topic, type]] of [
      ['order-commands', 'PlaceOrder.v1'],
      ['order-events', 'OrderPlaced.v1'],
      ['inventory-commands', 'Reserve.v1'],
      ['inventory-events', 'Reserved.v1'],
    ].entries()) {
      await send(String(topic), { type: String(type), at })
    }
    const { stdout } = await trace(['c-1'])
    expect(stdout).toContain('       └─ ~+1ms Reserved.v1')
    expect(stdout).toContain('3 of the causes guessed by order (~)')
  })

  test.each(['text', 'json'])('follows a conversation, and ends with Ctrl-C: -o %s', async (output) => {
    const { reserved } = await checkout()
    const stop = new Stop()
    let printed = ''
    let isSent = false
    const onStdout = (text: string) => {
      printed += text
      if (!isSent && printed.includes('CheckoutCompleted.v1')) {
        isSent = true
        void send('order-commands', { type: 'Thank.v1', cause: reserved, at: 2000, id: null })
      }
      if (printed.includes('Thank.v1')) stop.request('interrupted')
    }
    const { stdout, exitCode } = await trace(['c-1', '--follow', '-o', output], { stop, onStdout })
    const last = stdout.trimEnd().split('\n').at(-1) ?? ''
    if (output === 'text') {
      expect(last).toBe('09:00:02.000          └─ +800ms Thank.v1 order-commands[0]@1 [overdue] {} ← StockReserved.v1')
    } else {
      const message = JSON.parse(last)
      expect(documentProblems('trace/message', message)).toEqual([])
      expect(message).toMatchObject({ eventType: 'Thank.v1', cause: 3, depth: 4 })
    }
    expect(exitCode).toBe(130)
  })
})
