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

// Stands for a caller in JavaScript, without a type checker.
// biome-ignore lint/suspicious/noExplicitAny: the tests pass values that the types forbid
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

describe('a bus constructor', () => {
  test.each<[string, () => unknown, string]>([
    ['an unknown acks', () => redpanda({ acks: 'none' }), `acks is "none"; it must be '0' or '1' or 'all'`],
    ['acks of the wrong type', () => redpanda({ acks: 1 }), `acks is 1; it must be '0' or '1' or 'all'`],
    [
      'an unknown compression',
      () => redpanda({ compression: 'lz' }),
      `compression is "lz"; it must be 'none' or 'gzip'`,
    ],
    ['a bufferSize of 0', () => redpanda({ bufferSize: 0 }), 'bufferSize is 0; it must be an integer of at least 1'],
    [
      'a timeout with a unit',
      () => redpanda({ timeout: '5s' }),
      'timeout is "5s"; it must be a number of milliseconds, at least 1',
    ],
    [
      'a timeout of NaN',
      () => redpanda({ timeout: Number.NaN }),
      'timeout is NaN; it must be a number of milliseconds',
    ],
    [
      'a fractional maxBatchBytes',
      () => redpanda({ maxBatchBytes: 0.5 }),
      'maxBatchBytes is 0.5; it must be an integer',
    ],
    [
      'brokers as a number',
      () => redpanda({ brokers: 9092 }),
      "brokers is 9092; it must be 'host:port', several as a list or separated by commas",
    ],
    ['an empty group', () => redpanda({ group: '' }), 'group is ""; it must be a non-empty string'],
    ['tls as a string', () => redpanda({ tls: 'yes' }), 'tls is a string; it must be true, false or an object'],
    ['a misspelled option', () => redpanda({ bufersize: 10 }), `has no option 'bufersize'; did you mean 'bufferSize'?`],
    [
      'an unknown option',
      () => redpanda({ retries: 3 }),
      `has no option 'retries'; its options are envelope, autoOffsetReset,`,
    ],
    ['missing options', () => new RedpandaEventBus(undefined as Untyped), 'takes an options object, not undefined'],
    ['a missing path', () => embedded({ path: undefined }), 'path is undefined; it must be a non-empty string'],
    [
      'a negative sessionTimeout',
      () => embedded({ sessionTimeout: -1 }),
      'sessionTimeout is -1; it must be a number of milliseconds',
    ],
    [
      'a path instead of options',
      () => new EmbeddedEventBus('bus.db' as Untyped),
      'takes an options object, not a string',
    ],
    ['an unknown envelope', () => memory({ envelope: 'json' }), `envelope is "json"; it must be 'bincode' or 'cbor'`],
    [
      'an object that is not a MemoryBroker',
      () => memory({ broker: {} }),
      'broker is an object; it must be a MemoryBroker',
    ],
    [
      'an unknown autoOffsetReset',
      () => memory({ autoOffsetReset: 'error' }),
      `autoOffsetReset is "error"; it must be 'earliest'`,
    ],
  ])('a bus constructor refuses %s', async (_, open, message) => {
    const error = await thrownBy(open)
    expect(error).toBeInstanceOf(EventBusError)
    expect(error).toMatchObject({ code: 'REFUSED', isPassing: false })
    expect((error as Error).message).toContain(message)
    expect((error as Error).message).toMatch(/^new (Redpanda|Embedded|InMemory)EventBus/)
  })

  test('a bus constructor does not show a password in its errors', async () => {
    const login = { mechanism: 'scram', username: 'u', password: 'hunter2' }
    for (const sasl of [login, 'hunter2', { ...login, mechanism: 'plain', username: 7 }]) {
      const { message } = (await thrownBy(() => redpanda({ sasl }))) as Error
      expect(message).toMatch(/sasl is (an object|a string); it must be \{ mechanism, username, password \}/)
      expect(message).not.toContain('hunter2')
    }
  })

  test('a bus constructor takes brokers alone as a comma-separated string', async () => {
    await new RedpandaEventBus('127.0.0.1:1, 127.0.0.1:2').close()
    const error = await thrownBy(() => new RedpandaEventBus(' '))
    expect((error as Error).message).toBe('Connection failed: Brokers not configured')
  })

  test('a bus constructor accepts every valid option', async () => {
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

describe('subscribe and publish', () => {
  test.each<[Untyped, Untyped, string]>([
    ['order-events', {}, 'subscribe: topics is "order-events"; it must be an array'],
    [[7], {}, "Invalid topic: '7' is not a string"],
    [['a'], { bufferSize: 0 }, 'subscribe: bufferSize is 0; it must be an integer of at least 1'],
    [['a'], { buffersize: 5 }, "subscribe has no option 'buffersize'; did you mean 'bufferSize'?"],
    [['a'], { group: '' }, 'subscribe: group is ""; it must be a non-empty string'],
    [['a'], { signal: {} }, 'subscribe: signal is an object; it must be an AbortSignal'],
    [['a'], 'billing', 'subscribe takes an options object, not a string'],
  ])('subscribe(%j, %j) is refused', async (topics, options, message) => {
    const error = await thrownBy(() => memory({}).subscribe(topics, options))
    expect(error).toMatchObject({ code: 'SUBSCRIPTION_FAILED' })
    expect((error as Error).message).toContain(message)
  })

  const event = { eventType: 'A.v1', eventVersion: 1, data: Uint8Array.of(1), metadata: null }
  test.each<[string, Untyped, Untyped, string]>([
    ['a string as the event', 'a', undefined, 'an event must be an object'],
    ['a string as data', 'a', { ...event, data: '{}' }, 'the data of A.v1 must be bytes: a Uint8Array or Buffer'],
    ['no event type', 'a', { ...event, eventType: undefined }, 'eventType must be a string, not undefined'],
    ['no event version', 'a', { ...event, eventVersion: undefined }, 'event_version undefined is not a 32-bit integer'],
    ['a number as a user id', 'a', { ...event, metadata: { userId: 7 } }, 'the userId of A.v1 must be a string'],
    ['a number as the topic', 7, event, "Invalid topic: '7' is not a string"],
  ])('publish with %s is refused', async (_, topic, given, message) => {
    const error = await thrownBy(() => memory({}).publish(topic, given))
    expect(error).toBeInstanceOf(EventBusError)
    expect((error as Error).message).toContain(message)
  })

  test('publish takes undefined metadata as null', async () => {
    await expect(
      memory({ createTopics: true }).publish('a', { ...event, metadata: undefined } as Untyped),
    ).resolves.toHaveLength(1)
  })

  test('serializedEvent refuses data that are not bytes', () => {
    expect(() => serializedEvent('A.v1', '{}' as Untyped)).toThrow(
      new TypeError('the data of A.v1 must be bytes: a Uint8Array or Buffer'),
    )
  })
})

describe('stores, services and codecs', () => {
  const bus = memory({})
  const store = new SqliteEventStore({ path: ':memory:' })
  const codec = cborCodec({ Placed: 1 })
  const reduce = (state: Untyped) => ({ state, effects: [] })
  const aggregate = { name: 'order', events: 'e', commands: 'c', initial: {}, reduce, codec, idOf: () => 'x' }
  const saga = { name: 'checkout', topics: ['e'], initial: {}, reduce, codec }

  test.each<[string, () => unknown, string]>([
    ['a store without a path', () => new SqliteEventStore({} as Untyped), 'new SqliteEventStore: path is undefined'],
    [
      'a path instead of options',
      () => new SqliteEventStore('x.db' as Untyped),
      'takes an options object, not a string',
    ],
    [
      'openEventStore without a location',
      () => openEventStore(undefined as Untyped),
      'openEventStore: location is undefined',
    ],
    [
      'a store with 0 connections',
      () => new PostgresEventStore({ url: 'postgres://h/d', maxConnections: 0 }),
      'new PostgresEventStore: maxConnections is 0; it must be an integer of at least 1',
    ],
    ['an aggregate without options', () => runAggregate(undefined as Untyped), 'runAggregate takes an options object'],
    ['a missing aggregate', () => runAggregate({ bus, store } as Untyped), 'runAggregate: aggregate is undefined'],
    [
      'a missing bus',
      () => runAggregate({ store, aggregate } as Untyped),
      'runAggregate: bus is undefined; it must be an event bus',
    ],
    [
      'a path instead of a store',
      () => runSaga({ bus, saga, store: 'x.db' } as Untyped),
      'runSaga: store is "x.db"; it must be an event store',
    ],
    [
      'a misspelled option',
      () => runAggregate({ bus, store, aggregate, cachesize: 5 } as Untyped),
      "runAggregate has no option 'cachesize'; did you mean 'cacheSize'?",
    ],
    [
      'a cache size of 0',
      () => runAggregate({ bus, store, aggregate, cacheSize: 0 } as Untyped),
      'cacheSize is 0; it must be',
    ],
    [
      'an aggregate without idOf',
      () => runAggregate({ bus, store, aggregate: { ...aggregate, idOf: undefined } } as Untyped),
      'the aggregate: idOf is undefined; it must be a function',
    ],
    [
      'a saga whose topics are a string',
      () => runSaga({ bus, store, saga: { ...saga, topics: 'order-events' } } as Untyped),
      'the saga: topics is "order-events"; it must be an array',
    ],
    [
      'a version that is not an integer',
      () => cborCodec({ A: 'v1' } as Untyped),
      'the CBOR codec: A is "v1"; it must be an integer',
    ],
    ['missing versions', () => jsonCodec(undefined as Untyped), 'the JSON codec takes an object, not undefined'],
    [
      'the result of readSchemaFile instead of its schema',
      () => schemaCodec({ ok: true, schema: {} } as Untyped),
      'schemaCodec, which takes the schema of',
    ],
  ])('stores, services and codecs refuse %s with a TypeError', async (_, work, message) => {
    const error = await thrownBy(work)
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toContain(message)
  })

  test('errors about store options do not show the password of the location', async () => {
    const urls = { url: ['postgres://u:hunter2@h/d'] as Untyped, path: 'hunter2' }
    const { message } = (await thrownBy(() => new PostgresEventStore(urls as Untyped))) as Error
    expect(message).not.toContain('hunter2')
  })

  test('a store does not create its file when an option is wrong', async () => {
    const path = join(tmpdir(), 'crbus-never', 'x.db')
    await thrownBy(() => new SqliteEventStore({ path, journal: 'off' } as Untyped))
    await expect(import('node:fs').then(({ existsSync }) => existsSync(path))).resolves.toBe(false)
  })
})
