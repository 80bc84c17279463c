import { context, diag, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { node, tracing } from '@opentelemetry/sdk-node'
import { expect, onTestFinished, test, vi } from 'vitest'
import { encodeRecord } from '../../../src/codecs/event-record.ts'
import { traceHeaders } from '../../../src/codecs/trace-headers.ts'
import {
  type Aggregate,
  append,
  cborCodec,
  delay,
  type EventBus,
  InMemoryEventBus,
  messageId,
  publish,
  reject,
  runAggregate,
  runSaga,
  type Saga,
  SqliteEventStore,
  serializedEvent,
} from '../../../src/index.ts'
import { publishedPositions } from '../../../src/otel/published-positions.ts'
import { contextOf, instrument } from '../../../src/otel.ts'
import { migrationEvent } from '../../../src/saga/saga-versions.ts'
import { idOf, parentIdOf, record, spanOf } from './support.ts'

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-0[01]$/

type LampAction =
  | { readonly type: 'SwitchOn' | 'SwitchedOn' | 'SwitchOff' | 'SwitchedOff'; readonly id: string }
  | { readonly type: 'Break'; readonly id: string }

const lampCodec = cborCodec<LampAction>({ SwitchOn: 1, SwitchedOn: 1, SwitchOff: 1, SwitchedOff: 1, Break: 1 })

const lamp: Aggregate<'on' | 'off', LampAction> = {
  name: 'lamp',
  events: 'lamp-events',
  commands: 'lamp-commands',
  initial: 'off',
  codec: lampCodec,
  idOf: ({ id }) => id,
  reduce(state, { type, id }) {
    switch (type) {
      case 'SwitchOn': {
        if (state === 'on') return { state, effects: [reject('it is on')] }
        const event = { type: 'SwitchedOn', id } as const
        return { state, effects: [append(event), publish('lamp-events', event), delay(0, { type: 'SwitchOff', id })] }
      }
      case 'SwitchOff': {
        if (state === 'off') return { state, effects: [reject('it is off')] }
        const event = { type: 'SwitchedOff', id } as const
        return { state, effects: [append(event), publish('lamp-events', event)] }
      }
      case 'SwitchedOn':
        return { state: 'on', effects: [] }
      case 'SwitchedOff':
        return { state: 'off', effects: [] }
      case 'Break':
        throw new Error('the lamp is broken')
    }
  },
}

type WatchAction = { readonly type: 'SwitchedOn' | 'SwitchedOff'; readonly id: string }

const watcher: Saga<number, WatchAction> = {
  name: 'watcher',
  topics: ['lamp-events'],
  initial: 0,
  codec: cborCodec<WatchAction>({ SwitchedOn: 1, SwitchedOff: 1 }),
  reduce: (count) => ({ state: count + 1, effects: [] }),
}

const command = (type: LampAction['type'], id = 'l-1') => ({
  ...lampCodec.encode({ type, id }),
  metadata: { correlationId: `c-${id}`, timestamp: new Date().toISOString() },
})

function setUp() {
  const bus = new InMemoryEventBus({ createTopics: true })
  const store = new SqliteEventStore({ path: ':memory:' })
  onTestFinished(async () => {
    await bus.close()
    await store.close()
  })
  return { bus, store }
}

/** Receives the next event of a new subscriber. */
async function nextOf(bus: EventBus, topic: string) {
  await using stream = await bus.subscribe([topic], { group: `reader-${topic}`, autoOffsetReset: 'earliest' })
  const { value } = await stream.next()
  if (!value?.ok) throw new Error('no event came')
  return value.event
}

test('publishing an event is a child span of the active span, and the record carries its context', async () => {
  const { spans } = record()
  const { bus } = setUp()
  const sent = command('SwitchOn')

  const [position] = await bus.publish('lamp-commands', sent)
  const received = await nextOf(bus, 'lamp-commands')

  const span = spanOf(spans(), 'send lamp-commands')
  expect(span.kind).toBe(SpanKind.PRODUCER)
  expect(span.attributes).toEqual({
    'messaging.system': 'crbus_memory',
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': 'lamp-commands',
    'messaging.destination.partition.id': '0',
    'messaging.kafka.offset': Number(position?.offset),
    'messaging.message.id': messageId(sent),
    'messaging.message.conversation_id': 'c-l-1',
    'messaging.message.body.size': sent.data.byteLength,
    'crbus.event_type': sent.eventType,
  })
  expect(received.trace?.traceparent).toBe(`00-${idOf(span).replace('/', '-')}-01`)
  const receiving = spanOf(spans(), 'receive lamp-commands')
  expect(receiving.links.map(({ context }) => `${context.traceId}/${context.spanId}`)).toEqual([idOf(span)])
  expect(receiving.attributes).toMatchObject({
    'messaging.consumer.group.name': 'reader-lamp-commands',
    'messaging.batch.message_count': 1,
  })
})

test('a span that is started in the context of an event belongs to the trace of the event', async () => {
  const { spans, tracer } = record()
  const { bus } = setUp()
  await bus.publish('lamp-commands', command('SwitchOn'))

  const event = await nextOf(bus, 'lamp-commands')
  tracer.startSpan('own work', {}, contextOf(event)).end()

  expect(parentIdOf(spanOf(spans(), 'own work'))).toBe(idOf(spanOf(spans(), 'send lamp-commands')))
})

test('one trace connects a command, the outbox, a timer and the saga by parent spans', async () => {
  const { spans } = record()
  const { bus, store } = setUp()
  await using _ = await runAggregate({ bus, store, aggregate: lamp })
  await using _saga = await runSaga({ bus, store, saga: watcher })
  await bus.publish('lamp-commands', command('SwitchOn'))
  await vi.waitFor(() => expect(spans().filter(({ name }) => name === 'process lamp-events')).toHaveLength(2))

  const all = spans()
  const placed = spanOf(all, 'send lamp-commands')
  const handled = spanOf(all, 'process lamp-commands')
  const on = spanOf(all, 'send lamp-events', { 'crbus.event_type': 'SwitchedOn.v1' })
  const timer = spanOf(all, 'timer lamp')
  const off = spanOf(all, 'send lamp-events', { 'crbus.event_type': 'SwitchedOff.v1' })
  const seen = all.filter(({ name }) => name === 'process lamp-events')
  expect(parentIdOf(handled)).toBe(idOf(placed))
  expect(parentIdOf(on)).toBe(idOf(handled))
  expect(parentIdOf(timer)).toBe(idOf(handled))
  expect(parentIdOf(off)).toBe(idOf(timer))
  expect(seen.map(parentIdOf)).toEqual([idOf(on), idOf(off)])
  const commits = all.filter(({ name }) => name.startsWith('commit '))
  expect(commits.map((span) => [span.name, parentIdOf(span)])).toEqual(
    expect.arrayContaining([
      ['commit lamp', idOf(handled)],
      ['commit lamp', idOf(timer)],
      ...seen.map((span) => ['commit watcher-saga', idOf(span)]),
    ]),
  )
  const traced = all.filter(({ name }) => !name.startsWith('receive '))
  expect(new Set(traced.map((span) => span.spanContext().traceId)).size).toBe(1)

  expect(handled.attributes).toMatchObject({
    'messaging.consumer.group.name': 'lamp-aggregate',
    'messaging.message.id': placed.attributes['messaging.message.id'],
    'crbus.name': 'lamp',
    'crbus.stream_id': 'lamp-l-1',
    'crbus.outcome': 'reacted',
  })
  expect(on.attributes['crbus.causation_id']).toBe(handled.attributes['messaging.message.id'])
  expect(on.attributes['messaging.message.conversation_id']).toBe('c-l-1')
  const stream = await store.readStream('lamp-l-1')
  expect(stream.map(({ event }) => event.trace?.traceparent)).toEqual(
    [handled, timer].map((span) => `00-${idOf(span).replace('/', '-')}-01`),
  )
})

test('a message that the relay sent twice keeps its message id', async () => {
  record()
  const { bus } = setUp()
  const sent = command('SwitchOn')
  await bus.publish('lamp-commands', sent)
  await bus.publish('lamp-commands', sent)
  await using stream = await bus.subscribe(['lamp-commands'], { group: 'reader', autoOffsetReset: 'earliest' })

  const received = await stream.nextBatch()
  const events = received?.flatMap((one) => (one.ok ? [one.event] : [])) ?? []

  expect(new Set(events.map((event) => event.trace?.traceparent)).size).toBe(2)
  expect(new Set(events.map(messageId))).toEqual(new Set([messageId(sent)]))
})

test('a retried message has an exception for each attempt, and a dead letter is a failed span', async () => {
  const { spans } = record()
  const { bus, store } = setUp()
  await using _ = await runAggregate({ bus, store, aggregate: lamp })

  await bus.publish('lamp-commands', command('Break'))
  await vi.waitFor(() => expect(spans().some(({ name }) => name === 'process lamp-commands')).toBe(true))

  const span = spanOf(spans(), 'process lamp-commands')
  expect(span.events.map(({ name, attributes }) => [name, attributes?.['exception.message']])).toEqual(
    Array.from({ length: 5 }, () => ['exception', 'the lamp is broken']),
  )
  expect(span.attributes['crbus.outcome']).toBe('dead letter')
  expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'the lamp is broken' })
  const [letter] = await store.deadLetters.list()
  expect(letter?.event.trace?.traceparent).toMatch(TRACEPARENT)
})

test('a rejected command is a successful span with the reason', async () => {
  const { spans } = record()
  const { bus, store } = setUp()
  await using running = await runAggregate({ bus, store, aggregate: lamp })

  await running.send({ type: 'SwitchOff', id: 'l-2' })

  const span = spanOf(spans(), 'process lamp', { 'crbus.outcome': 'rejected' })
  expect(span.attributes['crbus.rejected']).toBe('it is off')
  expect(span.status.code).toBe(SpanStatusCode.UNSET)
})

test('a publish that fails is a failed span with the code of the error', async () => {
  const { spans } = record()
  const bus = new InMemoryEventBus()

  await expect(bus.publish('nosuch', serializedEvent('A.v1', Buffer.of()))).rejects.toThrow()

  const span = spanOf(spans(), 'send nosuch')
  expect(span.attributes['error.type']).toBe('TOPIC_NOT_FOUND')
  expect(span.status.code).toBe(SpanStatusCode.ERROR)
})

test('publish refuses a value that is not an event, as it does without tracing', async () => {
  record()
  const { bus } = setUp()

  await expect(bus.publish('lamp-commands', null as never)).rejects.toThrow('an event must be an object')
})

test('a trace that is not sampled is passed on as such', async () => {
  const { spans } = record({ sampler: new tracing.AlwaysOffSampler() })
  const { bus } = setUp()

  await bus.publish('lamp-commands', command('SwitchOn'))

  expect((await nextOf(bus, 'lamp-commands')).trace?.traceparent).toMatch(/-00$/)
  expect(spans()).toEqual([])
})

test('a service without tracing passes on the trace context of what it reacts to', async () => {
  const { bus, store } = setUp()
  await using _ = await runAggregate({ bus, store, aggregate: lamp })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const trace = { traceparent, tracestate: 'a=b' }

  await bus.publish('lamp-commands', { ...command('SwitchOn'), trace })

  expect((await nextOf(bus, 'lamp-events')).trace).toEqual(trace)
})

test('records nothing after tracing was stopped', async () => {
  const { spans, stop } = record()
  const { bus } = setUp()

  stop()
  await bus.publish('lamp-commands', command('SwitchOn'))

  expect(spans()).toEqual([])
  expect((await nextOf(bus, 'lamp-commands')).trace?.traceparent).toBeUndefined()
})

test('a running aggregate is not part of the span in which it was started', async () => {
  const exporter = new tracing.InMemorySpanExporter()
  // A context manager keeps spans active across asynchronous calls.
  const provider = new node.NodeTracerProvider({ spanProcessors: [new tracing.SimpleSpanProcessor(exporter)] })
  provider.register()
  const stopTracing = instrument({ tracerProvider: provider })
  onTestFinished(() => {
    stopTracing()
    trace.disable()
    context.disable()
    propagation.disable()
  })
  const { bus, store } = setUp()
  await using running = await provider
    .getTracer('test')
    .startActiveSpan('startup', () => runAggregate({ bus, store, aggregate: lamp }))
  const untraced = encodeRecord(command('SwitchOn'), 'bincode')
  await bus.log.append('lamp-commands', [{ key: null, value: untraced.ok ? untraced.value : null }])
  await vi.waitFor(() => expect(exporter.getFinishedSpans().some(({ name }) => name === 'send lamp-events')).toBe(true))

  const handled = spanOf(exporter.getFinishedSpans(), 'process lamp-commands')
  expect(handled.parentSpanContext).toBeUndefined()
  expect(parentIdOf(spanOf(exporter.getFinishedSpans(), 'receive lamp-commands'))).toBeUndefined()
  await provider.getTracer('test').startActiveSpan('request', () => running.send({ type: 'SwitchOff', id: 'l-3' }))
  const sent = spanOf(exporter.getFinishedSpans(), 'process lamp')
  expect(sent.parentSpanContext).toBeDefined()
})

test('a record that cannot be decoded stays in its trace', async () => {
  const { spans } = record()
  const { bus, store } = setUp()
  await using _ = await runAggregate({ bus, store, aggregate: lamp })
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
  const headers = traceHeaders(trace)

  await bus.log.append('lamp-commands', [{ key: null, value: Buffer.from('no envelope'), headers }])
  await vi.waitFor(() => expect(spans().some(({ name }) => name === 'process lamp-commands')).toBe(true))

  const span = spanOf(spans(), 'process lamp-commands')
  expect(parentIdOf(span)).toBe('0af7651916cd43dd8448eb211c80319c/b7ad6b7169203331')
  const [letter] = await store.deadLetters.list()
  expect(letter?.event.trace?.traceparent).toMatch(TRACEPARENT)
})

test('a message that failed has no commit span', async () => {
  const { spans } = record()
  const { bus, store } = setUp()
  await using _ = await runAggregate({ bus, store, aggregate: lamp })

  await bus.publish('lamp-commands', [command('SwitchOn', 'l-9'), command('Break', 'l-9')])
  await vi.waitFor(() =>
    expect(spans().filter((span) => span.attributes['crbus.outcome'] === 'dead letter')).toHaveLength(1),
  )

  const broken = spanOf(spans(), 'process lamp-commands', { 'crbus.outcome': 'dead letter' })
  const commits = spans().filter(({ name }) => name === 'commit lamp')
  expect(commits.length).toBeGreaterThan(0)
  expect(commits.map(parentIdOf)).not.toContain(idOf(broken))
})

test('a commit that conflicts with another process is a failed span, and its retry is not', async () => {
  const { spans } = record()
  const { bus, store } = setUp()
  await using running = await runAggregate({ bus, store, aggregate: lamp })
  await running.send({ type: 'SwitchOn', id: 'l-5' })
  await vi.waitFor(async () => expect(await store.readStream('lamp-l-5')).toHaveLength(2))
  await store.append('lamp-l-5', 2, [{ ...lampCodec.encode({ type: 'SwitchedOff', id: 'l-5' }), metadata: null }])

  await running.send({ type: 'SwitchOn', id: 'l-5' })

  const [, second] = spans().filter(({ name }) => name === 'process lamp')
  const commits = spans().filter((span) => span.name === 'commit lamp' && second && parentIdOf(span) === idOf(second))
  expect(commits.map(({ attributes }) => attributes['error.type'])).toEqual(['VERSION_CONFLICT', undefined])
})

test('the key function of publish gets the events of the caller', async () => {
  record()
  const { bus } = setUp()
  const keys = new Map([[command('SwitchOn'), 'l-1']])
  const [[event]] = [...keys] as [[ReturnType<typeof command>, string]]

  await bus.publish('lamp-commands', event, { key: (one) => keys.get(one as typeof event) })

  await using stream = await bus.subscribe(['lamp-commands'], { group: 'reader', autoOffsetReset: 'earliest' })
  const { value } = await stream.next()
  expect(Buffer.from(value?.record.key ?? []).toString()).toBe('l-1')
})

test('a tracer that throws is reported to OpenTelemetry, and messages are still handled', async () => {
  const said: unknown[] = []
  diag.setLogger({ ...console, verbose: () => undefined, error: (message) => void said.push(message) })
  const startSpan = () => {
    throw new Error('no spans today')
  }
  const stop = instrument({ tracerProvider: { getTracer: () => ({ startSpan, startActiveSpan: startSpan }) } })
  onTestFinished(() => {
    stop()
    diag.disable()
  })
  const { bus, store } = setUp()
  await using running = await runAggregate({ bus, store, aggregate: lamp })

  await bus.publish('lamp-commands', command('SwitchOn'))
  await running.send({ type: 'SwitchOn', id: 'l-4' })

  expect((await nextOf(bus, 'lamp-events')).eventType).toBe('SwitchedOn.v1')
  expect(new Set(said)).toEqual(new Set(['crbus could not record a trace or a metric']))
})

test('after a partial failure, the events that were published are known by their positions', () => {
  const position = { topic: 'lamp-events', partition: 0, offset: 7n }
  const message = { bus: new InMemoryEventBus(), kind: 'memory', topic: 'lamp-events', events: [] }

  expect(publishedPositions({ ...message, result: [position] })).toEqual([position])
  expect(publishedPositions({ ...message, error: { append: { positions: [position, undefined] } } })).toEqual([
    position,
    undefined,
  ])
  expect(publishedPositions({ ...message, error: new Error('away') })).toEqual([])
})

test('the event that migrates a conversation stays in the trace of its first event', () => {
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }

  expect(migrationEvent('watcher-saga-1', 2, { metadata: null, trace }).trace).toBe(trace)
})
