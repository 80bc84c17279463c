import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { compileFilter, type FilterRequest } from '../../../src/operations/events/event-filter.ts'
import { viewOf } from '../../../src/operations/events/event-view.ts'
import { WhereTooLongError } from '../../../src/operations/events/expression.ts'

function view(data: object) {
  const event = serializedEvent('OrderPlaced.v1', Buffer.from(JSON.stringify(data)), { correlationId: 'c-1' })
  const encoded = encodeEnvelope(event, 'bincode')
  const value = encoded.ok ? Buffer.from(encoded.bytes) : null
  return viewOf({ topic: 't', partition: 0, offset: 7n, timestamp: 0n, key: Buffer.from('k'), value, headers: [] })
}

async function compiled(request: FilterRequest) {
  const filter = await compileFilter(request)
  if (!filter.ok) throw new Error(filter.reason)
  return filter
}

const passes = async (where: string, data: object): Promise<boolean | undefined> =>
  (await compiled({ where })).filter?.(view(data))

describe('where', () => {
  test.each([
    ['data.n > 1', true],
    ['data.n * 1.5 > 74.0', true],
    ['data.n / 2.0 == 25.0', true],
    ['1.5 + data.n == 51.5', true],
    ['data.n > 1.5 && data.price < 3', true],
    ['data.items[1].sku == "b"', true],
    ['data.wide == 1234567890123456789 && data.wide > 1200000000000000000', true],
    ['data.wide == 1234567890123456788 || data.sku == 5 || data.sku != "a"', false],
    ['data.missing > 1', false],
    ['has(data.missing)', false],
    ['data.?missing.orValue(1) == 1', true],
    ['metadata.correlation_id == "c-1" && event_version == 1 && offset == 7', true],
    ['timestamp < timestamp("2026-01-01T00:00:00Z")', true],
  ])('evaluates %s', async (where, expected) => {
    expect(
      await passes(where, {
        n: 50,
        price: 2.5,
        wide: '1234567890123456789',
        sku: 'a',
        items: [{ sku: 'a' }, { sku: 'b' }],
      }),
    ).toBe(expected)
  })

  test.each(['metadata.tenant == "acme"', 'metadata["constructor"].n == 1', 'metadata.correlation_id == "c-1"'])(
    'reads metadata with a field named constructor: %s',
    async (where) => {
      const metadata = { correlationId: 'c-1', extra: { tenant: 'acme', constructor: { n: 1 } } }
      const encoded = encodeEnvelope(serializedEvent('A', Buffer.from('{}'), metadata), 'cbor')
      const value = encoded.ok ? Buffer.from(encoded.bytes) : null
      const one = viewOf({ topic: 't', partition: 0, offset: 7n, timestamp: 0n, key: null, value, headers: [] })
      expect((await compiled({ where })).filter?.(one)).toBe(true)
    },
  )

  test('compares a CBOR date with digits beyond milliseconds', async () => {
    const at = Buffer.from('a1626174', 'hex')
    const text = '2026-11-23T10:00:00.123456Z'
    const data = Buffer.concat([at, Buffer.of(0xc0, 0x78, text.length), Buffer.from(text)])
    const encoded = encodeEnvelope(serializedEvent('A', data), 'bincode')
    const value = encoded.ok ? Buffer.from(encoded.bytes) : null
    const one = viewOf({ topic: 't', partition: 0, offset: 7n, timestamp: 0n, key: null, value, headers: [] })
    const where = 'data.at > timestamp("2026-11-23T10:00:00Z") && data.at < timestamp("2026-11-23T10:00:01Z")'
    expect((await compiled({ where })).filter?.(one)).toBe(true)
  })

  test.each([
    ['datta.n > 1', "there is no variable 'datta'"],
    ['timestamp > "2026"', '> cannot be used with google.protobuf.Timestamp and string'],
    ['offset', 'the result of the expression is of type int, not true or false'],
    ['data.n >', 'expected a value, found the end at column 9'],
  ])('refuses %s when it is compiled', async (where, reason) => {
    const filter = await compileFilter({ where })
    expect(filter.ok || filter.reason).toContain(reason)
  })

  test('rejects and counts events for which the expression fails or a field is missing', async () => {
    const { filter, stats } = await compiled({ where: 'data.n > "x"' })
    expect([view({ n: 1 }), view({ n: 'y' }), view({})].map((one) => filter?.(one))).toEqual([false, true, false])
    const reason = '> cannot be used with int and string'
    expect(stats).toEqual({
      errors: 1,
      firstError: reason,
      missingField: 1,
      firstMissing: "there is no field 'n'",
      evaluated: 1,
    })
    const other = await compiled({ where: 'data.n' })
    expect(other.filter?.(view({ n: 1 }))).toBe(false)
    expect(other.stats.firstError).toBe('the result of the expression is not true or false')
  })
})

test('the budget of expressions was written for the cel-js version in use', () => {
  const { devDependencies } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  expect(devDependencies['@marcbachmann/cel-js']).toBe('8.0.0')
})

// Evaluates up to the budget of 20 million steps.
describe('the budget of an expression', { timeout: 60_000 }, () => {
  const items = (count: number) =>
    Array.from({ length: count }, (_, id) => ({ id, tags: ['a', 'b'], text: 'x'.repeat(50) }))
  const doubled = (depth: number, start: string) =>
    Array.from({ length: depth }, (_, at) => `cel.bind(a${at}, ${at === 0 ? start : `a${at - 1} + a${at - 1}`}, `)
      .concat(`size(a${depth - 1}) > 0${')'.repeat(depth)}`)
      .join('')

  test.each([
    [
      'nested iterations',
      'data.items.all(x, data.items.all(y, data.items.all(z, x.id + y.id + z.id >= 0)))',
      items(2000),
    ],
    ['nested iterations that stop late', 'data.items.exists(x, data.items.exists(y, x.id + y.id < 0))', items(20_000)],
    ['searching a list', 'data.items.all(x, x in data.items)', items(20_000)],
    ['comparing lists', 'data.items.all(x, data.items == data.items.map(y, y))', items(5000)],
    ['joining lists', 'data.items.all(x, size(data.items + data.items) > 0)', items(20_000)],
    ['creating lists', 'data.items.map(x, data.items.map(y, data.items)).size() > 0', items(20_000)],
    ['doubling a list', doubled(60, 'data.items'), items(1000)],
    ['searching strings', 'data.items.all(x, !data.long.contains("y"))', items(20_000)],
    ['comparing strings', 'data.items.all(x, data.long + "a" == data.long + "b" || true)', items(20_000)],
    ['a long constant', `data.items.all(x, data.items.all(y, [${'1,'.repeat(900)}1].size() > 0))`, items(1000)],
    [
      'errors that quantifiers ignore',
      'data.items.exists(x, data.items.all(y, data.items.exists(z, z.nope)))',
      items(1000),
    ],
    ['errors after ||', 'data.items.all(x, data.items.all(y, data.items.all(z, z.id >= 0 || z.nope)))', items(1000)],
    ['errors before ||', 'data.items.all(x, data.items.all(y, data.items.all(z, z.nope || true)))', items(1000)],
    ['errors of || itself', 'data.items.all(x, data.items.all(y, (y.id || y.id) || true))', items(5000)],
    ['regular expressions', 'data.items.all(x, data.long.matches("(x|xx)*x"))', items(20_000)],
    ['patterns from records', 'data.items.all(x, data.long.matches("x{900}" + string(x.id)))', items(20_000)],
  ])('the budget of an expression ends %s', async (_, where, list) => {
    const { filter } = await compiled({ where })
    const one = view({ items: list, long: 'x'.repeat(100_000) })
    expect(() => filter?.(one)).toThrow(WhereTooLongError)
    // The budget is refilled for the next record.
    expect(filter?.(view({ items: [], long: '' }))).toBeTypeOf('boolean')
  })

  test('the budget of an expression is exceeded with an error that names record and expression', async () => {
    const where = 'data.items.all(x, data.items.all(y, data.items.all(z, z.id >= 0)))'
    const { filter } = await compiled({ where })
    expect(() => filter?.(view({ items: items(2000) }))).toThrow(
      `the expression took more than 20,000,000 steps for t[0]@7: ${where}`,
    )
  })

  test.each([
    ['data.items.all(x, data.items.exists(y, y.id == x.id))', true],
    ['data.items.all(x, data.items[0].id <= x.id && data.items.size() > 5)', true],
    ['data.items.filter(x, x.id > 10).map(x, x.tags).size() == 989', true],
    ['data.items.exists_one(x, x.id == 5)', true],
    ['data.items.all(x, x.text.matches("^x+$") && "a" in x.tags && x.tags != [])', true],
    ['data.items.map(x, x.id > 998, x.text).join(",").size() == 50', true],
    ['cel.bind(first, data.items[0], first == data.items[0] && has(first.id))', true],
  ])('the budget of an expression allows %s', async (where, expected) => {
    expect(await passes(where, { items: items(1000) })).toBe(expected)
  })

  test('the budget of an expression allows a regular expression because it matches in linear time', async () => {
    const began = performance.now()
    expect(await passes('data.s.matches("^(a+)+$")', { s: `${'a'.repeat(50_000)}!` })).toBe(false)
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test.each([
    ['data.s.matches("(a")', 'the regular expression "(a" is not valid in RE2: missing closing )'],
    ['data.s.matches("(?=a)")', 'invalid or unsupported Perl syntax: `(?=`'],
    ['data.s.matches("(a)\\\\1")', 'is not valid in RE2: invalid escape sequence'],
    [`data.s.matches("${'x'.repeat(1001)}")`, 'the regular expression has 1001 characters; 1000 are allowed'],
    [`data.s.matches("${'.{1000}'.repeat(20)}")`, 'is too large: it has'],
    [`${'('.repeat(1000)}true${')'.repeat(1000)}`, 'the expression is nested more than 250 levels deep'],
    [`${'!'.repeat(60_000)}true`, 'the expression is nested too deeply'],
    [`${'!'.repeat(2000)}true`, 'the expression is more than 1000 operators deep'],
    [Array(1500).fill('offset == 1').join(' || '), 'the expression is more than 1000 operators deep'],
    [`event_type == "${'x'.repeat(70_000)}"`, 'the expression has 70016 characters; 65536 are allowed'],
  ])('the budget of an expression refuses %.40s…', async (where, reason) => {
    const filter = await compileFilter({ where })
    expect(filter.ok || filter.reason).toContain(reason)
  })

  test('the budget of an expression allows 900 alternatives', async () => {
    expect(await passes(Array(900).fill('offset == 1').join(' || '), {})).toBe(false)
  })
})
