import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EventBusError } from '../../../src/bus/errors.ts'
import type { TopicLog } from '../../../src/bus/topic-log.ts'
import { operationHints } from '../../../src/operations/hints.ts'
import { type OffsetSpec, parsePoint, parseRange } from '../../../src/operations/offsets/offset-grammar.ts'
import { resolveSlices } from '../../../src/operations/offsets/resolve-slices.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')
const HOUR = 3_600_000n
const at = (time: string | bigint): OffsetSpec => ({
  kind: 'time',
  time: typeof time === 'bigint' ? time : BigInt(Date.parse(time)),
})
const ago = (milliseconds: bigint): OffsetSpec => at(BigInt(NOW) - milliseconds)
const offset = (value: bigint): OffsetSpec => ({ kind: 'offset', offset: value })
const start: OffsetSpec = { kind: 'start' }
const end: OffsetSpec = { kind: 'end' }

describe('parsePoint', () => {
  test.each<[string, OffsetSpec]>([
    ['start', start],
    ['oldest', start],
    ['earliest', start],
    ['beginning', start],
    ['end', end],
    ['newest', end],
    ['latest', end],
    ['@end', end],
    ['@start', start],
    ['0', offset(0n)],
    ['47', offset(47n)],
    [' 47 ', offset(47n)],
    ['+10', { kind: 'fromStart', count: 10n }],
    ['-10', { kind: 'beforeEnd', count: 10n }],
    ['@1662059631', at(1662059631000n)],
    ['@1662059631123', at(1662059631123n)],
    ['@1662059631123456789', at(1662059631123n)],
    ['@2026-11-23', at('2026-11-23T00:00:00Z')],
    ['2026-11-23', at('2026-11-23T00:00:00Z')],
    ['@2024-02-29', at('2024-02-29T00:00:00Z')],
    ['@2026-11-23T10:00:00Z', at('2026-11-23T10:00:00Z')],
    ['@2026-11-23T10:00:00.25Z', at('2026-11-23T10:00:00.250Z')],
    ['@2026-11-23T10:00:00+02:00', at('2026-11-23T08:00:00Z')],
    ['@2026-11-23T10:00:00+0530', at('2026-11-23T04:30:00Z')],
    ['@2026-11-23T10:00:00-0800', at('2026-11-23T18:00:00Z')],
    ['@2026-11-23t10:00:00z', at('2026-11-23T10:00:00Z')],
    ['@2026-11-23 10:00:00.123456789z', at('2026-11-23T10:00:00.123Z')],
    ['@2026-11-23T10:00+0530', at('2026-11-23T04:30:00Z')],
    ['@2026-11-23 10:00:00+00', at('2026-11-23T10:00:00Z')],
    ['@2026-11-23T10:00-08', at('2026-11-23T18:00:00Z')],
    ['2026-11-23 10:00:00 +0530', at('2026-11-23T04:30:00Z')],
    ['2026-11-23 10:00:00 z', at('2026-11-23T10:00:00Z')],
    ['@2000-02-29', at('2000-02-29T00:00:00Z')],
    ['@2026-11-23T10:00', at('2026-11-23T10:00:00Z')],
    ['2026-11-23 10:00', at('2026-11-23T10:00:00Z')],
    ['@-1h', ago(HOUR)],
    ['@-1h30m', ago(5_400_000n)],
    ['10m ago', ago(600_000n)],
    ['1h 30m ago', ago(5_400_000n)],
    ['@10m ago', ago(600_000n)],
    ['now', at(BigInt(NOW))],
    ['@now', at(BigInt(NOW))],
    ['today', at('2026-11-23T00:00:00Z')],
    ['yesterday', at('2026-11-22T00:00:00Z')],
    // Kafka takes the times -1 and -2 for end and start.
    ['@-9999w', at(0n)],
  ])('parses the position %j', (text, spec) => {
    expect(parsePoint(text, NOW)).toEqual({ ok: true, spec })
    expect(parseRange(text, NOW)).toEqual({ ok: true, from: spec, to: undefined })
  })

  test.each([
    ['', 'is not a valid position'],
    ['@', 'is not a valid position'],
    ['soon', 'is not a valid position'],
    ['constructor', 'is not a valid position'],
    ['__proto__', 'is not a valid position'],
    ['10:20', 'is not a valid position'],
    ['99999999999999999999', 'is not a valid position'],
    ['@47', 'has 2 digits'],
    ['@2026-02-30', "'@2026-02-30' is not a date: 2026-02 has 28 days"],
    ['@2100-02-29', 'is not a date: 2100-02 has 28 days'],
    ['@2026-13-01', 'is not a date: there is no month 13'],
    ['@2026-00-01', 'is not a date: there is no month 00'],
    ['@2026-01-00', 'is not a date: 2026-01 has 31 days'],
    ['@2026-11-23T25:00:00Z', 'is not a date: hours go to 23, not to 25'],
    ['@2026-11-23T24:00:00Z', 'is not a date: hours go to 23, not to 24'],
    ['@2026-11-23T10:60:00Z', 'is not a date: minutes go to 59, not to 60'],
    ['@2016-12-31T23:59:60Z', 'is not a date: record timestamps have no leap seconds: seconds go to 59'],
    ['@2026-11-23T10:00:61Z', 'is not a date: seconds go to 59, not to 61'],
    ['@2026-11-23T10:00:00+24:00', 'is not a date: +24:00 is not a time zone'],
    ['@2026-11-23T10:00:00+0575', 'is not a date: +0575 is not a time zone'],
    ['@2026-11-23T10:00:00 EST', 'is not a date: write a date as 2026-11-23'],
    ['@-1.5h', 'whole numbers'],
    ['1.5h ago', 'whole numbers'],
    ['@1h', 'is a duration, not a position'],
    ['1h', 'is a duration, not a position'],
  ])('rejects the position %j', (text, reason) => {
    const parsed = parsePoint(text, NOW)
    expect(parsed).toMatchObject({ ok: false, reason: expect.stringContaining(reason) })
  })

  test('suggests the likely correction of an almost valid position', () => {
    expect(parsePoint('1h', NOW)).toMatchObject({ hints: [operationHints.givePosition('@-1h')] })
    expect(parsePoint('@47', NOW)).toMatchObject({ hints: expect.arrayContaining([operationHints.givePosition('47')]) })
  })
})

describe('parseRange', () => {
  test.each<[string, OffsetSpec | undefined, OffsetSpec | undefined]>([
    ['47:', offset(47n), undefined],
    [':47', start, offset(47n)],
    ['10:20', offset(10n), offset(20n)],
    ['10-20', offset(10n), offset(20n)],
    ['10:10', offset(10n), offset(10n)],
    ['10:end', offset(10n), end],
    [':end', start, end],
    ['+10:-10', { kind: 'fromStart', count: 10n }, { kind: 'beforeEnd', count: 10n }],
    ['-20:-10', { kind: 'beforeEnd', count: 20n }, { kind: 'beforeEnd', count: 10n }],
    ['@-48h:-24h', ago(48n * HOUR), ago(24n * HOUR)],
    ['@-48h:@-24h', ago(48n * HOUR), ago(24n * HOUR)],
    ['@-48h:', ago(48n * HOUR), undefined],
    ['@:-24h', start, ago(24n * HOUR)],
    ['@-1h:30m', ago(HOUR), ago(-HOUR / 2n)],
    ['@-1m:end', ago(60_000n), end],
    ['@-1m:-5', ago(60_000n), { kind: 'beforeEnd', count: 5n }],
    ['@2022-02-14:1h', at('2022-02-14T00:00:00Z'), at('2022-02-14T01:00:00Z')],
    ['@1662059631:1h', at(1662059631000n), at(1662059631000n + HOUR)],
    ['@1662059631:1662059632', at(1662059631000n), at(1662059632000n)],
    ['@2026-11-23T10:00:00Z:2026-11-23T11:00:00Z', at('2026-11-23T10:00:00Z'), at('2026-11-23T11:00:00Z')],
    ['@2026-11-23t10:00:00z:2026-11-23T10:00:00-0200', at('2026-11-23T10:00:00Z'), at('2026-11-23T12:00:00Z')],
    ['@2026-11-23T10:00:00+0100:30m', at('2026-11-23T09:00:00Z'), at('2026-11-23T09:30:00Z')],
    ['@2026-11-23T10:00:00+01:00:30m', at('2026-11-23T09:00:00Z'), at('2026-11-23T09:30:00Z')],
    ['@2026-11-23T10:00:00Z:now', at('2026-11-23T10:00:00Z'), at(BigInt(NOW))],
    ['@2026-11-23T10:00:2026-11-23T11:00', at('2026-11-23T10:00:00Z'), at('2026-11-23T11:00:00Z')],
    ['@2026-11-23T10:00+01:2026-11-23T11:00 +0100', at('2026-11-23T09:00:00Z'), at('2026-11-23T10:00:00Z')],
    ['10m ago:5m ago', ago(600_000n), ago(300_000n)],
    ['yesterday:today', at('2026-11-22T00:00:00Z'), at('2026-11-23T00:00:00Z')],
    ['yesterday:12h', at('2026-11-22T00:00:00Z'), at('2026-11-22T12:00:00Z')],
    ['start:@-1h', start, ago(HOUR)],
  ])('parses the range %j', (text, from, to) => {
    expect(parseRange(text, NOW)).toEqual({ ok: true, from, to })
  })

  test.each([
    [':', 'has neither a start nor an end'],
    ['@:', 'has neither a start nor an end'],
    ['20:10', 'ends before it begins'],
    ['@-24h:-48h', 'ends before it begins'],
    ['@2022-02-14:-1h', 'ends before it begins'],
    ['-10:-20', 'ends before it begins'],
    ['end:start', 'ends before it begins'],
    ['10:soon', 'is not a valid position'],
    ['soon:10', 'is not a valid position'],
    ['@-1h:1.5h', 'whole numbers'],
    ['toString:valueOf', 'is not a valid position'],
    ['1:2:3', 'is not a valid position'],
  ])('rejects the range %j', (text, reason) => {
    expect(parseRange(text, NOW)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) })
  })
})

// Parses many random texts.
test('no text makes the parser throw, and a parsed time is never before 1970', { timeout: 60_000 }, () => {
  const pieces = [
    '@',
    ':',
    '-',
    '+',
    'end',
    'now',
    'ago',
    ' ',
    '10',
    '1h',
    '2026-11-23',
    'T10:00:00',
    'Z',
    '.',
    '1662059631',
  ]
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...pieces)).map((some) => some.join('')),
  )
  fc.assert(
    fc.property(text, (some) => {
      const range = parseRange(some, NOW)
      const point = parsePoint(some, NOW)
      const specs = [...(range.ok ? [range.from, range.to] : []), ...(point.ok ? [point.spec] : [])]
      for (const spec of specs) if (spec?.kind === 'time') expect(spec.time).toBeGreaterThanOrEqual(0n)
      for (const parsed of [range, point]) if (!parsed.ok) expect(parsed.hints).not.toEqual([])
    }),
    { numRuns: 5000 },
  )
})

describe('resolveSlices', () => {
  /** Partition 0 holds 10 to 20, partition 1 is empty at 5; records are a second apart. */
  const log = {
    ranges: async () => [
      { partition: 0, start: 10n, end: 20n },
      { partition: 1, start: 5n, end: 5n },
    ],
    offsetsAt: async (_: string, time: bigint) =>
      new Map([
        [0, time > 9000n ? 20n : 10n + time / 1000n],
        [1, 5n],
      ]),
  } as unknown as TopicLog
  const resolve = async (from: OffsetSpec, to: OffsetSpec, partitions?: number[]) => {
    const { slices, notes } = await resolveSlices(log, { topics: ['t'], partitions: () => partitions, from, to })
    return { slices: slices.map((slice) => [slice.partition, slice.from, slice.to]), notes }
  }

  test.each<[string, OffsetSpec, OffsetSpec, [bigint, bigint]]>([
    ['the whole partition', start, end, [10n, 20n]],
    ['a range of offsets', offset(12n), offset(15n), [12n, 15n]],
    [
      'a range counted from the start and from the end',
      { kind: 'fromStart', count: 2n },
      { kind: 'beforeEnd', count: 3n },
      [12n, 17n],
    ],
    [
      'counts larger than the partition',
      { kind: 'beforeEnd', count: 99n },
      { kind: 'fromStart', count: 99n },
      [10n, 20n],
    ],
    ['a range of times', at(2000n), at(5000n), [12n, 15n]],
    ['a time past the last record', at(99_000n), end, [20n, 20n]],
    [
      'an empty slice for a range that ends before it begins',
      { kind: 'fromStart', count: 5n },
      { kind: 'beforeEnd', count: 9n },
      [15n, 15n],
    ],
  ])('resolves %s', async (_, from, to, expected) => {
    const { slices, notes } = await resolve(from, to)
    expect(slices).toEqual([
      [0, ...expected],
      [1, 5n, 5n],
    ])
    expect(notes).toEqual([])
  })

  test('notes which offsets are outside the partition', async () => {
    const { slices, notes } = await resolve(offset(3n), offset(47n), [0])
    expect(slices).toEqual([[0, 10n, 20n]])
    expect(notes).toEqual([
      { code: 'offset-replaced', topic: 't', partition: 0, start: 10n, end: 20n, wanted: 3n, offset: 10n },
      { code: 'offset-replaced', topic: 't', partition: 0, start: 10n, end: 20n, wanted: 47n, offset: 20n },
    ])
  })

  test('rejects a partition that does not exist', async () => {
    const error = await resolve(start, end, [0, 7]).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(EventBusError)
    expect(error).toMatchObject({ code: 'REFUSED', message: "topic 't' has no partition 7; it has 2" })
  })
})
