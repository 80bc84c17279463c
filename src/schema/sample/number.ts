import type { Faker } from '@faker-js/faker'
import type { TimeUnit } from '../known-types.ts'
import type { Place } from './text.ts'
import { isTimeName, timeMeant } from './time.ts'

type Range = readonly [least: number, most: number]

const word = (words: string): RegExp => new RegExp(`(?:^|_)(?:${words})(?:_|$)`)

/** What numbers of such a name are between. The first that fits. */
const ranges: readonly (readonly [name: RegExp, range: Range])[] = [
  [word('nanos|nanoseconds|subsec_nanos'), [0, 999_999_999]],
  [word('percent|percentage|pct'), [0, 100]],
  [word('quantity|qty'), [1, 5]],
  [
    word(
      'price|amount|total|subtotal|cost|costs|fee|tax|vat|discount|balance|cents?|money|revenue|salary|refund|charge|paid',
    ),
    [199, 49_999],
  ],
  [word('age'), [18, 80]],
  [word('rating|stars'), [1, 5]],
  [word('port'), [1024, 65_535]],
  [word('year'), [2015, 2026]],
  [word('month'), [1, 12]],
  [word('day|days'), [1, 28]],
  [word('hours?'), [0, 23]],
  [word('minutes?|seconds?|secs?'), [0, 59]],
  [word('duration|elapsed|latency|timeout|took|delay|ms|millis|milliseconds'), [5, 5000]],
  [word('size|bytes|length'), [512, 5_000_000]],
  [word('width|height|depth'), [5, 200]],
  [word('version|revision|attempts?|retry|retries|level'), [1, 5]],
  [word('index|position|line|row|slot'), [0, 9]],
  [word('count|stock|units|seats|tickets|nights|available|reserved|capacity'), [1, 20]],
  [word('id|ids|number|no|seq|sequence|offset'), [1, 99_999]],
]

function rangeOf({ names }: Place, fallback: Range): Range {
  for (const name of names) {
    const found = ranges.find(([pattern]) => pattern.test(name))
    if (found !== undefined) return found[1]
  }
  return fallback
}

const statusCodes = [200, 201, 204, 400, 404, 500]
const statusCode = word('status_code|http_status|response_code')

/** A whole number between the two, such as one of that name would be. */
export function sampleInteger(faker: Faker, place: Place, least: bigint, most: bigint, unit?: TimeUnit): bigint {
  const value = integerMeant(faker, place, most, unit)
  if (value >= least && value <= most) return value
  const low = least > 0n ? least : 0n
  return faker.number.bigInt({ min: low, max: most < 100n ? most : low + 100n })
}

function integerMeant(faker: Faker, place: Place, most: bigint, unit: TimeUnit | undefined): bigint {
  const below = (limit: number) => faker.number.int(limit - 1)
  const timed = unit === undefined ? place.names.find(isTimeName) : (place.names[0] ?? '')
  if (timed !== undefined) return inUnit(timeMeant(timed, place.at, below), unit ?? unitNamed(timed, most))
  if (place.names.some((name) => statusCode.test(name))) return BigInt(faker.helpers.arrayElement(statusCodes))
  const [low, high] = rangeOf(place, [0, 100])
  return BigInt(faker.number.int({ min: low, max: high }))
}

/** An integer that is too small for milliseconds counts seconds. */
function unitNamed(name: string, most: bigint): TimeUnit {
  if (word('secs?|seconds').test(name) || most < 2n ** 40n) return 'seconds'
  if (word('us|micros|microseconds').test(name)) return 'microseconds'
  return word('ns|nanos|nanoseconds').test(name) ? 'nanoseconds' : 'milliseconds'
}

function inUnit(milliseconds: number, unit: TimeUnit): bigint {
  const whole = BigInt(Math.floor(milliseconds))
  if (unit === 'seconds') return BigInt(Math.floor(milliseconds / 1000))
  return whole * { milliseconds: 1n, microseconds: 1000n, nanoseconds: 1_000_000n }[unit]
}

/** At most two decimals, which a 32-bit float shows as they are; money is told in whole units. */
export function sampleFloat(faker: Faker, place: Place): number {
  const { names } = place
  const of = (min: number, max: number, fractionDigits = 2) => faker.number.float({ min, max, fractionDigits })
  if (names.some((name) => /lat(?:itude)?$/.test(name))) return of(-60, 70)
  if (names.some((name) => /(?:lon|lng|longitude)$/.test(name))) return of(-180, 180)
  if (names.some((name) => /temp(?:erature)?$/.test(name))) return of(15, 30, 1)
  if (names.some((name) => word('rate|ratio|share|probability|confidence|score').test(name))) return of(0, 1)
  if (names.some((name) => word('weight|kg').test(name))) return of(0.1, 30)
  const [low, high] = rangeOf(place, [0, 10_000])
  return faker.number.int({ min: low, max: high }) / 100 + 0 || 0.5
}

/** Digits with two decimals, as money is written. */
export const sampleDecimal = (faker: Faker, place: Place): string => sampleFloat(faker, place).toFixed(2)
