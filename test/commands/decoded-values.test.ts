import { beforeEach, describe, expect, test } from 'vitest'
import type { NewRecord } from '../../src/bus/record.ts'
import { encodeEnvelope } from '../../src/codecs/envelope.ts'
import Publish from '../../src/commands/publish.ts'
import Tail from '../../src/commands/tail.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { runCli } from './run-cli.ts'

let broker: MemoryBroker
beforeEach(() => {
  broker = new MemoryBroker()
})

const append = (record: NewRecord) =>
  new InMemoryEventBus({ broker, createTopics: true }).log.append('values', [record])
const tail = async (topic: string, ...argv: string[]) =>
  (await runCli(Tail, [topic, '--no-follow', ...argv], { broker })).stdout

/** An event whose payload is the given bytes, or the map `{"v": …}` with them. */
async function appendPayload(data: Uint8Array) {
  const encoded = encodeEnvelope({ eventType: 'Made.v1', eventVersion: 1, data, metadata: null }, 'bincode')
  if (!encoded.ok) throw new Error(encoded.reason)
  await append({ key: null, value: encoded.bytes })
}
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const inMap = (hex: string) => Buffer.concat([bytes('a1 61 76'), bytes(hex)])

async function records(topic: string): Promise<string[]> {
  const bus = new InMemoryEventBus({ broker, createTopics: true })
  const slices = (await bus.log.ranges(topic)).map(({ partition, start, end }) => ({
    topic,
    partition,
    from: start,
    to: end,
  }))
  const found: string[] = []
  for await (const batch of bus.log.read(slices)) {
    for (const { key, value, headers } of batch) {
      const texts = headers.map(([name, one]) => [name, one && Buffer.from(one).toString('hex')])
      found.push(JSON.stringify([key && Buffer.from(key).toString('hex'), value?.toString(), texts]))
    }
  }
  return found
}

interface Value {
  readonly what: string
  readonly cbor: string
  /** The output of `-o json`. */
  readonly json: string
  /** The output of a format. Default: the JSON. */
  readonly bare?: string
  /** A CEL expression that is true for the value `data.v`. */
  readonly where: string
}

const values: readonly Value[] = [
  { what: 'an integer', cbor: '18 2a', json: '42', where: 'data.v == 42' },
  {
    what: 'the largest integer',
    cbor: '1b ffffffffffffffff',
    json: '"18446744073709551615"',
    bare: '18446744073709551615',
    where: 'data.v == 18446744073709551615u',
  },
  {
    what: 'an integer just beyond 2^53',
    cbor: '1b 0020000000000001',
    json: '"9007199254740993"',
    bare: '9007199254740993',
    where: 'data.v == 9007199254740993',
  },
  {
    what: 'the least 64-bit integer',
    cbor: '3b 7fffffffffffffff',
    json: '"-9223372036854775808"',
    bare: '-9223372036854775808',
    where: 'data.v < 0',
  },
  {
    what: 'a bignum',
    cbor: 'c2 49 010000000000000000',
    json: '"18446744073709551616"',
    bare: '18446744073709551616',
    where: 'data.v > 5',
  },
  {
    what: 'a negative bignum',
    cbor: 'c3 49 010000000000000000',
    json: '"-18446744073709551617"',
    bare: '-18446744073709551617',
    where: 'data.v < -5',
  },
  { what: 'a small bignum', cbor: 'c2 41 01', json: '1', where: 'data.v == 1' },
  {
    what: 'a date as text',
    cbor: 'c0 74 323032362d31312d32335431303a30303a30305a',
    json: '"2026-11-23T10:00:00.000Z"',
    bare: '2026-11-23T10:00:00.000Z',
    where: 'data.v == timestamp("2026-11-23T10:00:00Z")',
  },
  {
    what: 'a date in seconds',
    cbor: 'c1 1a 6a2a0000',
    json: '"2026-06-11T00:23:28.000Z"',
    bare: '2026-06-11T00:23:28.000Z',
    where: 'data.v.getFullYear() == 2026',
  },
  {
    what: 'a date with digits beyond milliseconds',
    cbor: `c0 78 1b ${Buffer.from('2026-06-11T00:23:28.123456Z').toString('hex')}`,
    json: '"2026-06-11T00:23:28.123456Z"',
    bare: '2026-06-11T00:23:28.123456Z',
    where: 'data.v.getFullYear() == 2026',
  },
  { what: 'a date tag on other text', cbor: 'c0 63 6a756e', json: '"jun"', bare: 'jun', where: 'data.v == "jun"' },
  {
    what: 'seconds outside the range of dates',
    cbor: 'c1 1b ffffffffffffffff',
    json: '"18446744073709551615"',
    bare: '18446744073709551615',
    where: 'data.v == 18446744073709551615u',
  },
  { what: 'bytes', cbor: '42 0102', json: '"AQI="', bare: 'AQI=', where: 'data.v == b"\\x01\\x02"' },
  { what: 'bytes beside their base64', cbor: '42 0102', json: '"AQI="', bare: 'AQI=', where: 'data.v == "AQI="' },
  { what: 'empty bytes', cbor: '40', json: '""', bare: '', where: 'size(data.v) == 0' },
  { what: 'a typed array', cbor: 'd840 43 010203', json: '"AQID"', bare: 'AQID', where: 'size(data.v) == 3' },
  {
    what: 'bytes in a list in a map',
    cbor: 'a1 61 61 81 42 0102',
    json: '{"a":["AQI="]}',
    where: 'data.v.a[0] == b"\\x01\\x02"',
  },
  { what: 'undefined', cbor: 'f7', json: 'null', bare: '', where: 'data.v == null' },
  { what: 'NaN', cbor: 'f9 7e00', json: '"NaN"', bare: 'NaN', where: 'data.v != data.v' },
  { what: 'infinity', cbor: 'f9 7c00', json: '"inf"', bare: 'inf', where: 'data.v > 1e300' },
  { what: 'negative infinity', cbor: 'f9 fc00', json: '"-inf"', bare: '-inf', where: 'data.v < -1e300' },
  { what: 'negative zero', cbor: 'f9 8000', json: '-0.0', where: 'data.v == 0' },
  { what: 'a half-precision float', cbor: 'f9 3e00', json: '1.5', where: 'data.v == 1.5' },
  { what: 'a whole float', cbor: 'f9 4000', json: '2', where: 'data.v == 2 && data.v == 2.0' },
  { what: 'a set', cbor: 'd90102 82 01 02', json: '[1,2]', where: '2 in data.v' },
  { what: 'a URI', cbor: 'd820 63 666f6f', json: '"foo"', bare: 'foo', where: 'data.v == "foo"' },
  {
    what: 'a UUID',
    cbor: 'd825 50 000102030405060708090a0b0c0d0e0f',
    json: '"00010203-0405-0607-0809-0a0b0c0d0e0f"',
    bare: '00010203-0405-0607-0809-0a0b0c0d0e0f',
    where: 'data.v.startsWith("00010203-")',
  },
  { what: 'embedded CBOR', cbor: 'd818 41 01', json: '"AQ=="', bare: 'AQ==', where: 'data.v == b"\\x01"' },
  { what: 'a map of numbers', cbor: 'a2 01 61 61 02 61 62', json: '{"1":"a","2":"b"}', where: 'data.v["2"] == "b"' },
  { what: 'a map of bytes', cbor: 'a1 41 01 05', json: '{"AQ==":5}', where: 'data.v["AQ=="] == 5' },
  { what: 'a map of lists', cbor: 'a1 81 01 05', json: '{"[1]":5}', where: 'data.v["[1]"] == 5' },
  {
    what: 'a map whose keys would become equal',
    cbor: 'a2 01 61 61 61 31 61 62',
    json: '[[1,"a"],["1","b"]]',
    where: 'data.v[1][1] == "b"',
  },
  {
    what: 'a key named __proto__',
    cbor: 'a1 69 5f5f70726f746f5f5f a1 61 61 01',
    json: '{"__proto__":{"a":1}}',
    where: 'data.v.__proto__.a == 1 && !has(data.v.a)',
  },
  {
    what: 'a key named constructor',
    cbor: 'a1 6b 636f6e7374727563746f72 01',
    json: '{"constructor":1}',
    where: 'data.v.constructor == 1',
  },
]

describe('a CBOR value', () => {
  test.each(values)('prints $what consistently in every output', async ({ cbor, json, bare = json }) => {
    await appendPayload(inMap(cbor))

    expect(await tail('values', '-o', 'json')).toContain(`"codec":"cbor","data":{"v":${json}},"data_base64":`)
    expect(await tail('values', '-o', '%{v}|%v')).toBe(`${bare}|{"v":${json}}\n`)
    expect(await tail('values')).toContain(` Made.v1 {"v":${json}}\n`)
  })

  test.each(values)('compares $what in --where', async ({ cbor, where }) => {
    await appendPayload(inMap(cbor))

    expect(await tail('values', '--where', where, '-o', '%y')).toBe('Made.v1\n')
  })

  test.each(values)('decodes $what as a whole payload with --codec cbor', async ({ cbor, json, bare = json }) => {
    await appendPayload(bytes(cbor))

    expect(await tail('values', '--codec', 'cbor', '-o', 'json')).toContain(`"data":${json},"data_base64":`)
    expect(await tail('values', '--codec', 'cbor', '-o', '%{}')).toBe(`${bare}\n`)
  })

  test.each(values)('republishes $what in the same bytes', async ({ cbor }) => {
    await appendPayload(inMap(cbor))

    await runCli(Publish, ['copy'], { broker, stdin: await tail('values', '-o', 'json') })

    expect(await records('copy')).toEqual(await records('values'))
  })

  test.each(values)('preserves $what in the data and metadata of a CBOR envelope', async ({ cbor, json }) => {
    const text = (name: string) => Buffer.concat([Buffer.of(0x60 + name.length), Buffer.from(name)])
    const value = Buffer.concat([
      Buffer.of(0xa3),
      ...[text('event_type'), text('Made.v1'), text('data'), inMap(cbor), text('metadata'), inMap(cbor)],
    ])
    await append({ key: null, value })

    const line = await tail('values', '-o', 'json')

    expect(line).toContain(`"metadata":{"v":${json}},"codec":"cbor","data":{"v":${json}}`)
    expect(await tail('values', '-o', '%m')).toBe(`{"v":${json}}\n`)
    await runCli(Publish, ['copy'], { broker, stdin: line })
    expect(await records('copy')).toEqual(await records('values'))
  })

  test('a CBOR value with 257 levels is printed as bytes and republished in the same bytes', async () => {
    await appendPayload(bytes(`${'81'.repeat(257)}00`))

    const line = await tail('values', '-o', 'json')

    expect(line).toContain('"codec":"bytes","data_base64":')
    await runCli(Publish, ['copy'], { broker, stdin: line })
    expect(await records('copy')).toEqual(await records('values'))
  })

  test('-o pretty prints a CBOR value on several lines with the same text as on one', async () => {
    await appendPayload(inMap(`83 f9 8000 f9 7e00 58 40 ${'01'.repeat(64)}`))
    const { prettyFormatter } = await import('../../src/ui/records/text/format-record-pretty.ts')
    const { viewOf } = await import('../../src/operations/events/event-view.ts')
    const bus = new InMemoryEventBus({ broker, createTopics: true })
    const [range] = await bus.log.ranges('values')
    const printed: string[] = []
    const slice = { topic: 'values', partition: 0, from: 0n, to: range?.end ?? 0n }
    for await (const batch of bus.log.read([slice])) {
      const format = prettyFormatter({ color: false, timeZone: 'utc', now: Date.now })
      printed.push(...batch.map((record) => format(viewOf(record))))
    }

    expect(printed.join('')).toContain(`      -0.0,\n      "NaN",\n      "${Buffer.alloc(64, 1).toString('base64')}"\n`)
  })
})

describe('a JSON value', () => {
  test.each([
    { text: '{"__proto__":{"a":1}}', path: '__proto__.a', bare: '1', where: 'data.__proto__.a == 1' },
    { text: '{"n":9007199254740993}', path: 'n', bare: '9007199254740993', where: 'data.n == 9007199254740993' },
    { text: '{"n":-0}', path: 'n', bare: '-0.0', where: 'data.n == 0' },
    { text: '{"n":1e300}', path: 'n', bare: '1e+300', where: 'data.n > 1e299' },
    { text: '{"d":"2026-11-23"}', path: 'd', bare: '2026-11-23', where: 'data.d == "2026-11-23"' },
    { text: '{"s":"\\ud800"}', path: 's', bare: '\\ud800', where: 'size(data.s) == 1' },
  ])('$text is printed, compared and republished in the same bytes', async ({ text, path, bare, where }) => {
    await appendPayload(Buffer.from(text))

    expect(await tail('values', '-o', `%{${path}}`)).toBe(`${bare}\n`)
    expect(await tail('values', '--where', where, '-o', '%y')).toBe('Made.v1\n')
    await runCli(Publish, ['copy'], { broker, stdin: await tail('values', '-o', 'json') })
    expect(await records('copy')).toEqual(await records('values'))
  })
})

test('tail and publish preserve a header and extra metadata named __proto__', async () => {
  const argv = ['values', '--type', 'Made.v1', '--data', '{"__proto__":1}', '--codec', 'cbor', '--envelope', 'cbor']
  await runCli(Publish, [...argv, '--metadata', '__proto__=a', '--header', '__proto__=b'], { broker })

  const line = await tail('values', '-o', 'json')
  expect(line).toContain('"headers":[{"key":"__proto__","value":"b"}]')
  expect(line).toContain('"metadata":{"__proto__":"a"}')
  expect(line).toContain('"data":{"__proto__":1}')
  expect(await tail('values', '-o', '%h %{__proto__}')).toBe('__proto__=b 1\n')
  await runCli(Publish, ['copy'], { broker, stdin: line })
  expect(await records('copy')).toEqual(await records('values'))
})
