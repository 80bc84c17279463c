import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EventBusError } from '../../../src/bus/errors.ts'
import { serializedEvent } from '../../../src/bus/event.ts'
import { EmbeddedEventBus } from '../../../src/drivers/embedded/embedded-event-bus.ts'
import { RedpandaEventBus } from '../../../src/drivers/kafka/redpanda-event-bus.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { cborCodec, jsonCodec } from '../../../src/saga/codecs/plain-codecs.ts'
import { schemaCodec } from '../../../src/saga/codecs/schema-codec.ts'
import { runAggregate } from '../../../src/saga/run-aggregate.ts'
import { runSaga } from '../../../src/saga/run-saga.ts'
import { openEventStore } from '../../../src/store/open.ts'
import { PostgresEventStore } from '../../../src/store/postgres/postgres-event-store.ts'
import { SqliteEventStore } from '../../../src/store/sqlite/sqlite-event-store.ts'

// As a caller in JavaScript: nothing has looked at the types.
// biome-ignore lint/suspicious/noExplicitAny: the tests give what the types forbid
type Untyped = any

async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

const brokers = '127.0.0.1:1'
const redpanda = (options: Untyped) => new RedpandaEventBus({ brokers, ...options })
const embedded = (options: Untyped) => new EmbeddedEventBus({ path: ':memory:', ...options })
const memory = (options: Untyped) => new InMemoryEventBus(options)

describe('a bus refuses an option before it connects', () => {
  test.each<[string, () => unknown, string]>([
    ['acks', () => redpanda({ acks: 'none' }), `acks is "none"; it must be '0' or '1' or 'all'`],
    ['acks of another type', () => redpanda({ acks: 1 }), `acks is 1; it must be '0' or '1' or 'all'`],
    ['compression', () => redpanda({ compression: 'lz' }), `compression is "lz"; it must be 'none' or 'gzip'`],
    ['bufferSize', () => redpanda({ bufferSize: 0 }), 'bufferSize is 0; it must be a whole number from 1 on'],
    [
      'timeout',
      () => redpanda({ timeout: '5s' }),
      'timeout is "5s"; it must be a number of milliseconds greater than 0',
    ],
    ['timeout NaN', () => redpanda({ timeout: Number.NaN }), 'timeout is NaN; it must be a number of milliseconds'],
    ['maxBatchBytes', () => redpanda({ maxBatchBytes: 0.5 }), 'maxBatchBytes is 0.5; it must be a whole number'],
    [
      'brokers',
      () => redpanda({ brokers: 9092 }),
      "brokers is 9092; it must be 'host:port', several separated by commas",
    ],
    ['group', () => redpanda({ group: '' }), 'group is ""; it must be a text that is not empty'],
    ['tls', () => redpanda({ tls: 'yes' }), 'tls is a text; it must be true, false or an object'],
    ['a name nearly right', () => redpanda({ bufersize: 10 }), `has no option 'bufersize'; did you mean 'bufferSize'?`],
    [
      'a name like none',
      () => redpanda({ retries: 3 }),
      `has no option 'retries'; there are envelope, autoOffsetReset,`,
    ],
    ['no options', () => new RedpandaEventBus(undefined as Untyped), 'takes an object of options, not undefined'],
    ['the path', () => embedded({ path: undefined }), 'path is undefined; it must be a text that is not empty'],
    [
      'sessionTimeout',
      () => embedded({ sessionTimeout: -1 }),
      'sessionTimeout is -1; it must be a number of milliseconds',
    ],
    ['a path alone', () => new EmbeddedEventBus('bus.db' as Untyped), 'takes an object of options, not a text'],
    ['the envelope', () => memory({ envelope: 'json' }), `envelope is "json"; it must be 'bincode' or 'cbor'`],
    ['the broker', () => memory({ broker: {} }), 'broker is an object; it must be a MemoryBroker'],
    [
      'autoOffsetReset',
      () => memory({ autoOffsetReset: 'error' }),
      `autoOffsetReset is "error"; it must be 'earliest'`,
    ],
  ])('%s', async (_, open, message) => {
    const error = await thrownBy(open)
    expect(error).toBeInstanceOf(EventBusError)
    expect(error).toMatchObject({ code: 'REFUSED', isPassing: false })
    expect((error as Error).message).toContain(message)
    expect((error as Error).message).toMatch(/^new (Redpanda|Embedded|InMemory)EventBus/)
  })

  test('and shows no password', async () => {
    const login = { mechanism: 'scram', username: 'u', password: 'hunter2' }
    for (const sasl of [login, 'hunter2', { ...login, mechanism: 'plain', username: 7 }]) {
      const { message } = (await thrownBy(() => redpanda({ sasl }))) as Error
      expect(message).toMatch(/sasl is (an object|a text); it must be \{ mechanism, username, password \}/)
      expect(message).not.toContain('hunter2')
    }
  })

  test('except for brokers alone, which are a list as in the guide', async () => {
    await new RedpandaEventBus('127.0.0.1:1, 127.0.0.1:2').close()
    const error = await thrownBy(() => new RedpandaEventBus(' '))
    expect((error as Error).message).toBe('Connection failed: Brokers not configured')
  })

  test('and takes every option that is right', async () => {
    const tls = { ca: 'x' }
    const oauth = { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: 'x' }) }
    const all = {
      group: 'g',
      timeout: 1,
      metadataMaxAge: 0,
      clientId: 'c',
      envelope: 'cbor',
      acks: 'all',
      bufferSize: 1,
    }
    await redpanda({ ...all, compression: 'zstd', maxBatchBytes: 1, tls, sasl: oauth }).close()
    await redpanda({ group: undefined, tls: false, sasl: { mechanism: 'plain', username: 'u', password: '' } }).close()
  })
})

describe('subscribe and publish refuse what no bus can take', () => {
  test.each<[Untyped, Untyped, string]>([
    ['order-events', {}, 'subscribe: topics is "order-events"; it must be a list'],
    [[7], {}, "Invalid topic: '7' is not a text"],
    [['a'], { bufferSize: 0 }, 'subscribe: bufferSize is 0; it must be a whole number from 1 on'],
    [['a'], { buffersize: 5 }, "subscribe has no option 'buffersize'; did you mean 'bufferSize'?"],
    [['a'], { group: '' }, 'subscribe: group is ""; it must be a text that is not empty'],
    [['a'], { signal: {} }, 'subscribe: signal is an object; it must be an AbortSignal'],
    [['a'], 'billing', 'subscribe takes an object of options, not a text'],
  ])('subscribe(%j, %j)', async (topics, options, message) => {
    const error = await thrownBy(() => memory({}).subscribe(topics, options))
    expect(error).toMatchObject({ code: 'SUBSCRIPTION_FAILED' })
    expect((error as Error).message).toContain(message)
  })

  const event = { eventType: 'A.v1', eventVersion: 1, data: Uint8Array.of(1), metadata: null }
  test.each<[string, Untyped, Untyped, string]>([
    ['no event', 'a', undefined, 'an event must be an object'],
    ['a text as data', 'a', { ...event, data: '{}' }, 'the data of A.v1 must be bytes: a Uint8Array or Buffer'],
    ['no type', 'a', { ...event, eventType: undefined }, 'eventType must be a text, and it is a undefined'],
    ['no version', 'a', { ...event, eventVersion: undefined }, 'event_version undefined is not a 32-bit integer'],
    ['a number as an id', 'a', { ...event, metadata: { userId: 7 } }, 'the userId of A.v1 must be a text'],
    ['a topic that is no text', 7, event, "Invalid topic: '7' is not a text"],
  ])('publish with %s', async (_, topic, given, message) => {
    const error = await thrownBy(() => memory({}).publish(topic, given))
    expect(error).toBeInstanceOf(EventBusError)
    expect((error as Error).message).toContain(message)
  })

  test('metadata that are left out are none', async () => {
    await expect(
      memory({ createTopics: true }).publish('a', { ...event, metadata: undefined } as Untyped),
    ).resolves.toHaveLength(1)
  })

  test('serializedEvent takes bytes', () => {
    expect(() => serializedEvent('A.v1', '{}' as Untyped)).toThrow(
      new TypeError('the data of A.v1 must be bytes: a Uint8Array or Buffer'),
    )
  })
})

describe('stores, services and codecs refuse with a TypeError', () => {
  const bus = memory({})
  const store = new SqliteEventStore({ path: ':memory:' })
  const codec = cborCodec({ Placed: 1 })
  const reduce = (state: Untyped) => ({ state, effects: [] })
  const aggregate = { name: 'order', events: 'e', commands: 'c', initial: {}, reduce, codec, idOf: () => 'x' }
  const saga = { name: 'checkout', topics: ['e'], initial: {}, reduce, codec }

  test.each<[string, () => unknown, string]>([
    ['a store without a path', () => new SqliteEventStore({} as Untyped), 'new SqliteEventStore: path is undefined'],
    ['a path alone', () => new SqliteEventStore('x.db' as Untyped), 'takes an object of options, not a text'],
    ['openEventStore of nothing', () => openEventStore(undefined as Untyped), 'openEventStore: location is undefined'],
    [
      'too few connections',
      () => new PostgresEventStore({ url: 'postgres://h/d', maxConnections: 0 }),
      'new PostgresEventStore: maxConnections is 0; it must be a whole number from 1 on',
    ],
    [
      'an aggregate without options',
      () => runAggregate(undefined as Untyped),
      'runAggregate takes an object of options',
    ],
    ['no aggregate', () => runAggregate({ bus, store } as Untyped), 'runAggregate: aggregate is undefined'],
    [
      'no bus',
      () => runAggregate({ store, aggregate } as Untyped),
      'runAggregate: bus is undefined; it must be an event bus',
    ],
    [
      'no store',
      () => runSaga({ bus, saga, store: 'x.db' } as Untyped),
      'runSaga: store is "x.db"; it must be an event store',
    ],
    [
      'a mistyped option',
      () => runAggregate({ bus, store, aggregate, cachesize: 5 } as Untyped),
      "runAggregate has no option 'cachesize'; did you mean 'cacheSize'?",
    ],
    ['no cache', () => runAggregate({ bus, store, aggregate, cacheSize: 0 } as Untyped), 'cacheSize is 0; it must be'],
    [
      'an aggregate without idOf',
      () => runAggregate({ bus, store, aggregate: { ...aggregate, idOf: undefined } } as Untyped),
      'the aggregate: idOf is undefined; it must be a function',
    ],
    [
      'a saga on one topic as a text',
      () => runSaga({ bus, store, saga: { ...saga, topics: 'order-events' } } as Untyped),
      'the saga: topics is "order-events"; it must be a list',
    ],
    [
      'a version that is none',
      () => cborCodec({ A: 'v1' } as Untyped),
      'the CBOR codec: A is "v1"; it must be a whole number',
    ],
    ['no versions', () => jsonCodec(undefined as Untyped), 'the JSON codec takes an object, not undefined'],
    [
      'what readSchemaFile returns',
      () => schemaCodec({ ok: true, schema: {} } as Untyped),
      'schemaCodec, which takes the schema of',
    ],
  ])('%s', async (_, work, message) => {
    const error = await thrownBy(work)
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toContain(message)
  })

  test('and show no password of a location', async () => {
    const urls = { url: ['postgres://u:hunter2@h/d'] as Untyped, path: 'hunter2' }
    const { message } = (await thrownBy(() => new PostgresEventStore(urls as Untyped))) as Error
    expect(message).not.toContain('hunter2')
  })

  test('a store file is not made by a wrong option', async () => {
    const path = join(tmpdir(), 'crbus-never', 'x.db')
    await thrownBy(() => new SqliteEventStore({ path, journal: 'off' } as Untyped))
    await expect(import('node:fs').then(({ existsSync }) => existsSync(path))).resolves.toBe(false)
  })
})
