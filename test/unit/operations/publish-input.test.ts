import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EventMetadata, SerializedEvent } from '../../../src/bus/event.ts'
import type { BusRecord, Header, NewRecord } from '../../../src/bus/record.ts'
import { encodeCbor } from '../../../src/codecs/cbor/cbor.ts'
import { decodeEnvelope, encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { viewOf } from '../../../src/operations/events/event-view.ts'
import { operationHints } from '../../../src/operations/hints.ts'
import type { EventSettings } from '../../../src/operations/publish/event-settings.ts'
import { readInput } from '../../../src/operations/publish/input.ts'
import { RecordJsonWriter } from '../../../src/ui/records/record-json-writer.ts'

const plain: EventSettings = { topic: 'order-events', codec: 'json', envelope: 'bincode', metadata: null, headers: [] }

function read(line: string | object, settings: Partial<EventSettings> = {}): NewRecord {
  const found = readInput(typeof line === 'string' ? line : JSON.stringify(line), { ...plain, ...settings })
  if (!found.ok) throw new Error(found.reason)
  return found.record
}

const why = (line: string | object, settings: Partial<EventSettings> = {}): string => {
  const found = readInput(typeof line === 'string' ? line : JSON.stringify(line), { ...plain, ...settings })
  return found.ok ? 'nothing' : found.reason
}

const text = (bytes: Uint8Array | null | undefined) => bytes && Buffer.from(bytes).toString('utf8')
const hex = (bytes: Uint8Array | null | undefined) => bytes && Buffer.from(bytes).toString('hex')

function eventOf({ value }: NewRecord): SerializedEvent {
  const decoded = decodeEnvelope(value ?? new Uint8Array())
  if (!decoded.ok) throw new Error(decoded.reason)
  return decoded.event
}

describe('readInput with an event type', () => {
  const eventType = 'OrderPlaced.v2'

  test('sends JSON data unchanged, with the event type as key', () => {
    const record = read(' {"total": 9007199254740993, "tax": 1.10} ', { eventType })
    const event = eventOf(record)
    expect(text(record.key)).toBe('OrderPlaced.v2')
    expect(event).toMatchObject({ eventType, eventVersion: 2, metadata: null })
    expect(text(event.data)).toBe('{"total": 9007199254740993, "tax": 1.10}')
  })

  test('encodes JSON as CBOR with 64-bit integers', () => {
    const { data } = eventOf(read('{"total":9007199254740993}', { eventType, codec: 'cbor' }))
    const expected = encodeCbor({ total: 9007199254740993n })
    expect(hex(data)).toBe(expected.ok && hex(expected.bytes))
  })

  test('takes data as text or as base64', () => {
    expect(text(eventOf(read(' hello ', { eventType, codec: 'text' })).data)).toBe(' hello ')
    expect(hex(eventOf(read('AAEC', { eventType, codec: 'bytes' })).data)).toBe('000102')
  })

  test('applies metadata, headers, key, partition and version of the command line', () => {
    const header: Header = ['source', Buffer.from('cli')]
    const settings = { metadata: { correlationId: 'c-1' }, headers: [header], key: 'k', partition: 2, eventVersion: 7 }
    const record = read('{}', { eventType, ...settings })
    expect(eventOf(record)).toMatchObject({ eventVersion: 7, metadata: { correlationId: 'c-1' } })
    expect(record).toMatchObject({ partition: 2, headers: [header] })
    expect(text(record.key)).toBe('k')
  })

  test.each<[string, Partial<EventSettings>, string]>([
    ['{broken', {}, 'not JSON'],
    ['{"a":1e999}', {}, '1e999 is more than a number can hold'],
    ['***', { codec: 'bytes' }, 'base64'],
    ['\ud800', { codec: 'text' }, 'lone surrogate'],
    ['{}', { metadata: { userId: 'u', extra: { user_id: 's-1' } } }, 'metadata has user_id twice'],
  ])('refuses %j with %j', (line, settings, reason) => {
    expect(why(line, { eventType, ...settings })).toContain(reason)
  })
})

describe('readInput makes the same record from what tail prints:', () => {
  const envelopeOf = (event: Partial<SerializedEvent>, format: 'bincode' | 'cbor' = 'bincode'): Uint8Array => {
    const whole = { eventType: 'OrderPlaced.v1', eventVersion: 1, data: new Uint8Array(), metadata: null, ...event }
    const encoded = encodeEnvelope(whole, format)
    if (!encoded.ok) throw new Error(encoded.reason)
    return encoded.bytes
  }
  const record = (more: Partial<BusRecord> = {}): BusRecord => ({
    topic: 'order-events',
    partition: 3,
    offset: 47n,
    timestamp: 1700000000123n,
    key: Buffer.from('OrderPlaced.v1'),
    value: envelopeOf({ data: Buffer.from('{"a":1}') }),
    headers: [],
    ...more,
  })
  const again = (original: BusRecord): NewRecord => read(new RecordJsonWriter().write(viewOf(original)))
  const expectSame = (original: BusRecord) => {
    const { key, value, headers = [], timestamp, partition } = again(original)
    expect(hex(value)).toBe(hex(original.value))
    expect(hex(key)).toBe(hex(original.key))
    expect(headers.map(([name, bytes]) => [name, hex(bytes)])).toEqual(
      original.headers.map(([name, bytes]) => [name, hex(bytes)]),
    )
    expect(timestamp).toBe(original.timestamp)
    expect(partition).toBeUndefined()
  }
  const cborData = encodeCbor({ total: 2n ** 63n, at: new Date(0), id: new Uint8Array([1, 2]) })

  test.each<[string, Partial<BusRecord>]>([
    ['an event in JSON', {}],
    ['JSON with spaces', { value: envelopeOf({ data: Buffer.from('{ "a": 1 }') }) }],
    ['JSON with an integer of 64 bits', { value: envelopeOf({ data: Buffer.from('{"a":9223372036854775807}') }) }],
    ['JSON with 1.0 and 1e400', { value: envelopeOf({ data: Buffer.from('{"a":1.0,"b":1e400}') }) }],
    ['JSON with a key twice', { value: envelopeOf({ data: Buffer.from('{"a":1,"a":2}') }) }],
    ['JSON numbers in an array', { value: envelopeOf({ data: Buffer.from('[1,2,3]') }) }],
    ['an event in text', { value: envelopeOf({ data: Buffer.from('hello\nworld é\u2028') }) }],
    ['an event in CBOR', { value: envelopeOf({ data: cborData.ok ? cborData.bytes : new Uint8Array() }) }],
    ['an event in bytes', { value: envelopeOf({ data: Buffer.from('030000000700000000000000', 'hex') }) }],
    ['an event without data', { value: envelopeOf({}) }],
    ['empty metadata', { value: envelopeOf({ metadata: {} }) }],
    ['metadata', { value: envelopeOf({ metadata: { correlationId: 'c', userId: 'u', timestamp: '2026' } }) }],
    ['an envelope in CBOR', { value: envelopeOf({ metadata: { extra: { saga_id: 's' } } }, 'cbor') }],
    [
      'an older envelope',
      { value: Buffer.from('0e000000000000004f72646572506c616365642e7631030000000000000001020300', 'hex') },
    ],
    ['a value that is not an envelope', { value: Buffer.from([0xff, 0x00, 0x80]) }],
    ['an empty value', { value: new Uint8Array() }],
    ['a tombstone', { value: null }],
    ['no key', { key: null }],
    ['an empty key', { key: new Uint8Array() }],
    ['a key of bytes', { key: Buffer.from([0xff, 0x00]) }],
    ['no timestamp', { timestamp: -1n }],
    ['a timestamp that is not a date', { timestamp: 2n ** 62n }],
    ['an offset beyond 2^53', { offset: 2n ** 60n }],
    [
      'headers',
      {
        headers: [
          ['a', Buffer.from('1')],
          ['a', null],
          ['b', Buffer.from([0xff])],
          ['é', Buffer.alloc(0)],
        ],
      },
    ],
  ])('readInput makes the same record from what tail prints: %s', (_, more) => {
    expectSame(record(more))
  })

  test('readInput makes the same record from what tail prints: arbitrary JSON, metadata and bytes', () => {
    const words = fc.string({ unit: 'grapheme' })
    const field = fc.option(words, { nil: undefined })
    const metadata: fc.Arbitrary<EventMetadata | null> = fc.option(
      fc.record({ correlationId: field, causationId: field, userId: field, timestamp: field }),
    )
    const data = fc.oneof(
      fc.uint8Array(),
      fc.json().map((json) => Buffer.from(json)),
      words.map((word) => Buffer.from(word)),
    )
    const event = fc.record({ eventType: words, eventVersion: fc.integer(), data, metadata })
    fc.assert(
      fc.property(event, (some) => expectSame(record({ value: envelopeOf(some) }))),
      { numRuns: 500 },
    )
  })

  test('readInput keeps the partition of a record only when keepPartitions is set', () => {
    expect(read(new RecordJsonWriter().write(viewOf(record())), { keepPartitions: true }).partition).toBe(3)
    expect(read(new RecordJsonWriter().write(viewOf(record())), { keepPartitions: true, partition: 1 }).partition).toBe(
      1,
    )
  })

  test('readInput prefers metadata of the command line to that of the record', () => {
    const value = envelopeOf({ data: Buffer.from('{}'), metadata: { correlationId: 'old', userId: 'u' } })
    const line = new RecordJsonWriter().write(viewOf(record({ value })))
    const { metadata } = eventOf(read(line, { metadata: { correlationId: 'new', userId: undefined } }))
    expect(metadata).toEqual({ correlationId: 'new', userId: 'u' })
  })

  test('readInput refuses metadata of the command line for a record that is published unchanged', () => {
    const line = new RecordJsonWriter().write(viewOf(record({ value: Buffer.from([0xff]) })))
    expect(why(line, { metadata: { correlationId: 'new' } })).toContain('published unchanged')
  })
})

describe('readInput of an event that serde_json wrote', () => {
  test('takes numbers as data bytes and null as absent metadata', () => {
    const line =
      '{"event_type":"OrderPlaced.v1","event_version":1,"data":[1,2,255],"metadata":{"correlation_id":"c","user_id":null}}'
    const record = read(line)
    expect(eventOf(record)).toMatchObject({ eventVersion: 1, metadata: { correlationId: 'c' } })
    expect(hex(eventOf(record).data)).toBe('0102ff')
    expect(text(record.key)).toBe('OrderPlaced.v1')
  })

  test('takes data of other types', () => {
    const data = (line: string, settings = {}) => text(eventOf(read(line, settings)).data)
    expect(data('{"event_type":"A.v1","data":{"a":9223372036854775807}}')).toBe('{"a":9223372036854775807}')
    expect(data('{"event_type":"A.v1","data":[1,256]}')).toBe('[1,256]')
    expect(data('{"event_type":"A.v1","data":"x"}', { codec: 'text' })).toBe('x')
  })

  test('takes the version from the event type or the command line', () => {
    expect(eventOf(read('{"event_type":"A.v3","data":[]}')).eventVersion).toBe(3)
    expect(eventOf(read('{"event_type":"A.v3","data":[]}', { eventVersion: 5 })).eventVersion).toBe(5)
  })

  test.each([
    [{ event_type: 'A' }, 'data and data_base64 are missing'],
    [{ event_type: 'A', data: [], event_version: '1' }, 'event_version is not a number'],
    [{ event_type: 'A', data: [], event_version: 1.5 }, '32-bit'],
    [{ event_type: 'A', data: [], metadata: 'x' }, 'metadata is not an object'],
    [{ event_type: 'A', data_base64: '?' }, 'data_base64 is not base64'],
    [{ event_type: 'A', data: 1, codec: 'text' }, 'data is not a string'],
  ])('refuses %j', (line, reason) => {
    expect(why(line)).toContain(reason)
  })
})

describe('readInput of a record that another tool printed', () => {
  const shown = ({ key, value, headers = [], timestamp }: NewRecord) => ({
    key: text(key),
    value: text(value),
    headers: headers.map(([name, bytes]) => [name, text(bytes)]),
    timestamp,
  })
  const kcat = { topic: 't', partition: 2, offset: 1, tstype: 'create', ts: 1700000000000, broker: 1 }
  const rpk = { topic: 't', timestamp: 1700000000000, partition: 2, offset: 1 }
  const kaf = { partition: 2, offset: 1, timestamp: '2023-11-14T23:13:20+01:00' }
  const kafRow = { topic: 't', ...kaf }
  const whole = { key: 'k', value: 'hello', headers: [['a', '1']], timestamp: 1700000000000n }

  test.each([
    ['kcat', { ...kcat, headers: ['a', '1'], key: 'k', payload: 'hello' }, whole],
    [
      'kcat with headers as a map',
      { ...kcat, headers: { a: ['1', null] }, key: 'k', payload: 'hello' },
      {
        ...whole,
        headers: [
          ['a', '1'],
          ['a', null],
        ],
      },
    ],
    ['kcat, a tombstone', { ...kcat, headers: [], key: 'k', payload: null }, { ...whole, headers: [], value: null }],
    ['kcat, no key', { ...kcat, key: null, payload: 'hello' }, { ...whole, headers: [], key: null }],
    ['kcat, Avro', { ...kcat, key: 7, payload: { a: 1 } }, { ...whole, headers: [], key: '7', value: '{"a":1}' }],
    ['rpk', { ...rpk, headers: [{ key: 'a', value: '1' }], key: 'k', value: 'hello' }, whole],
    ['rpk, a tombstone', { ...rpk, key: 'k' }, { ...whole, headers: [], value: null }],
    ['kaf', { ...kaf, headers: [{ Key: 'YQ==', Value: 'MQ==' }], key: 'k', payload: 'hello' }, whole],
    ['kaf, json-each-row', { ...kafRow, headers: [{ key: 'a', value: '1' }], key: 'k', payload: 'hello' }, whole],
    [
      'kaf, json-each-row without a key',
      { ...kafRow, headers: [], key: '', payload: 'hello' },
      { ...whole, headers: [], key: null },
    ],
    ['kaf, JSON', { ...kaf, key: '', payload: { a: [1] } }, { ...whole, headers: [], key: null, value: '{"a":[1]}' }],
    ['kaf, JSON null', { ...kaf, key: 5, payload: null }, { ...whole, headers: [], key: '5', value: 'null' }],
    ['by hand', { key: 'k', value: 'hello' }, { ...whole, headers: [], timestamp: undefined }],
    ['by hand, a tombstone', { key: 'k', value: null }, { ...whole, headers: [], value: null, timestamp: undefined }],
  ])('takes a record of %s', (_, line, expected) => {
    expect(shown(read(line))).toEqual(expected)
    expect(read(line).partition).toBeUndefined()
  })

  test('takes a record of kaf with a 64-bit integer', () => {
    expect(text(read('{"partition":0,"key":"k","payload":{"a":9223372036854775807}}').value)).toBe(
      '{"a":9223372036854775807}',
    )
  })

  test.each([
    [{ ...rpk, key: 'k', value: 'a\ufffdb' }, 'replaced bytes that are not UTF-8'],
    [{ ...kaf, key: 'k', payload: '\ufffd' }, 'replaced bytes that are not UTF-8'],
    [{ ...kcat, key: 'k', payload: 'a\ufffdb' }, 'U+FFFD in the value replaced'],
    [{ ...kcat, key: '\ufffd', payload: 'x' }, 'U+FFFD in the key replaced'],
    [{ ...kcat, key: 'k', payload: 'x', headers: ['a', '\ufffd'] }, 'U+FFFD in the headers replaced'],
    [{ ...kafRow, key: 'k', payload: '\ufffd\u0000' }, 'replaced bytes that are not UTF-8'],
    [{ ...kafRow, key: 'k', payload: '' }, 'kaf prints a tombstone in the same way'],
    [{ ...kafRow, key: 'k', payload: { a: 1 } }, 'payload is not a string'],
    [{ ...rpk, key: 'k', value_size: 7 }, 'the record was printed without its value'],
    [{ ...rpk, value: 7 }, 'value is neither a string nor null'],
    [{ ...kcat, payload: null, payload_error: 'no schema' }, 'no schema'],
    [{ ...kcat, payload: 'x', headers: ['a'] }, 'headers'],
    [{ ...kcat, payload: 'x', headers: [null, 'a'] }, 'headers'],
    [{ ...kcat, payload: 'x', headers: 'a' }, 'headers'],
    [{ ...rpk, value: 'x', headers: [{ key: 'a' }] }, 'headers'],
    [{ ...rpk, value: 'x', headers: [{ Key: '?', Value: null }] }, 'headers'],
    [{ ...rpk, value: 'x', key: 7 }, 'key is neither'],
    [{ ...rpk, value: 'x', timestamp: 'Monday' }, 'timestamp'],
    [{ ...rpk, value: 'x', timestamp: 1.5 }, 'timestamp'],
    [{ tombstone: true, key_base64: '?' }, 'key_base64'],
    [{ topic: 't', value_base64: 'a' }, 'value_base64'],
    [{ order_id: 'o-1' }, 'neither an event nor a record'],
    [[1], 'not a JSON object'],
    [{}, 'neither an event nor a record'],
  ])('refuses %j', (line, reason) => {
    expect(why(line)).toContain(reason)
  })

  test.each([
    [{ ...rpk, key: 'k', value: '\ufffd' }, operationHints.printExactly()],
    [{ ...rpk, key: 'k', value_size: 7 }, operationHints.printValue()],
    [{ order_id: 'o-1' }, operationHints.setEventType()],
    [[1], operationHints.setEventType()],
  ])('says how to publish %j', (line, hint) => {
    expect(readInput(JSON.stringify(line), plain)).toMatchObject({ ok: false, hints: [hint] })
  })
})

test('readInput never throws', () => {
  const names = [
    'topic',
    'key',
    'value',
    'payload',
    'headers',
    'event_type',
    'data',
    'metadata',
    'timestamp',
    'ts',
    'codec',
    'value_base64',
    'tombstone',
    'event_version',
  ]
  const line = fc.dictionary(fc.constantFrom(...names), fc.jsonValue()).map((fields) => JSON.stringify(fields))
  fc.assert(
    fc.property(fc.oneof(line, fc.string()), fc.constantFrom(undefined, 'A.v1'), (some, eventType) => {
      const found = readInput(some, { ...plain, eventType })
      expect(found.ok || found.reason.length > 0).toBe(true)
    }),
    { numRuns: 3000 },
  )
})
