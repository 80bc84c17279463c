import type { Faker } from '@faker-js/faker'
import type { TimeUnit } from '../library-types.ts'
import { type FieldContext, hasWord } from './field-names.ts'
import { isTimeName, plausibleTime } from './sample-time.ts'

type Range = readonly [min: number, max: number]

/** Ranges of plausible numbers by the name of the field. The first match counts. Amounts of money are in cents. */
const ranges: readonly (readonly [name: RegExp, range: Range])[] = [
  [hasWord('nanos|nanoseconds|subsec_nanos'), [0, 999_999_999]],
  [hasWord('percent|percentage|pct'), [0, 100]],
  [hasWord('quantity|qty'), [1, 5]],
  [
    hasWord(
      'price|amount|total|subtotal|cost|costs|fee|tax|vat|discount|balance|cents?|money|revenue|salary|refund|charge|paid',
    ),
    [199, 49_999],
  ],
  [hasWord('age'), [18, 80]],
  [hasWord('rating|stars'), [1, 5]],
  [hasWord('port'), [1024, 65_535]],
  [hasWord('year'), [2015, 2026]],
  [hasWord('month'), [1, 12]],
  [hasWord('day|days'), [1, 28]],
  [hasWord('hours?'), [0, 23]],
  [hasWord('minutes?|seconds?|secs?'), [0, 59]],
  [hasWord('duration|elapsed|latency|timeout|took|delay|ms|millis|milliseconds'), [5, 5000]],
  [hasWord('size|bytes|length'), [512, 5_000_000]],
  [hasWord('width|height|depth'), [5, 200]],
  [hasWord('version|revision|attempts?|retry|retries|level'), [1, 5]],
  [hasWord('index|position|line|row|slot'), [0, 9]],
  [hasWord('count|stock|units|seats|tickets|nights|available|reserved|capacity'), [1, 20]],
  [hasWord('id|ids|number|no|seq|sequence|offset'), [1, 99_999]],
]

function rangeOf({ names }: FieldContext, fallback: Range): Range {
  for (const name of names) {
    const found = ranges.find(([pattern]) => pattern.test(name))
    if (found !== undefined) return found[1]
  }
  return fallback
}

const statusCodes = [200, 201, 204, 400, 404, 500]
const statusCode = hasWord('status_code|http_status|response_code')

/** Returns a random integer from `min` to `max` that is plausible for the field. `unit` is the unit of a library type for times. */
export function sampleInteger(faker: Faker, context: FieldContext, min: bigint, max: bigint, unit?: TimeUnit): bigint {
  const value = plausibleInteger(faker, context, max, unit)
  if (value >= min && value <= max) return value
  // The type is too small for a plausible value, such as a u8 for a price.
  const low = min > 0n ? min : 0n
  return faker.number.bigInt({ min: low, max: max < 100n ? max : low + 100n })
}

function plausibleInteger(faker: Faker, context: FieldContext, max: bigint, unit: TimeUnit | undefined): bigint {
  const below = (limit: number) => faker.number.int(limit - 1)
  const timeName = unit === undefined ? context.names.find(isTimeName) : (context.names[0] ?? '')
  if (timeName !== undefined) {
    return inUnit(plausibleTime(timeName, context.at, below), unit ?? unitOfName(timeName, max))
  }
  if (context.names.some((name) => statusCode.test(name))) return BigInt(faker.helpers.arrayElement(statusCodes))
  const [low, high] = rangeOf(context, [0, 100])
  return BigInt(faker.number.int({ min: low, max: high }))
}

/** The time unit in a name; by default milliseconds, or seconds for a type that is too small for milliseconds since 1970. */
function unitOfName(name: string, max: bigint): TimeUnit {
  if (hasWord('secs?|seconds').test(name) || max < 2n ** 40n) return 'seconds'
  if (hasWord('us|micros|microseconds').test(name)) return 'microseconds'
  return hasWord('ns|nanos|nanoseconds').test(name) ? 'nanoseconds' : 'milliseconds'
}

function inUnit(milliseconds: number, unit: TimeUnit): bigint {
  const whole = BigInt(Math.floor(milliseconds))
  if (unit === 'seconds') return BigInt(Math.floor(milliseconds / 1000))
  return whole * { milliseconds: 1n, microseconds: 1000n, nanoseconds: 1_000_000n }[unit]
}

/** Returns a plausible float with at most two decimals, so that an f32 shows the same digits. Amounts of money are in whole units. */
export function sampleFloat(faker: Faker, context: FieldContext): number {
  const { names } = context
  const randomFloat = (min: number, max: number, fractionDigits = 2) => faker.number.float({ min, max, fractionDigits })
  if (names.some((name) => /lat(?:itude)?$/.test(name))) return randomFloat(-60, 70)
  if (names.some((name) => /(?:lon|lng|longitude)$/.test(name))) return randomFloat(-180, 180)
  if (names.some((name) => /temp(?:erature)?$/.test(name))) return randomFloat(15, 30, 1)
  if (names.some((name) => hasWord('rate|ratio|share|probability|confidence|score').test(name)))
    return randomFloat(0, 1)
  if (names.some((name) => hasWord('weight|kg').test(name))) return randomFloat(0.1, 30)
  const [low, high] = rangeOf(context, [0, 10_000])
  // Zero is implausible for most fields.
  return faker.number.int({ min: low, max: high }) / 100 || 0.5
}

/** Returns a plausible decimal number as a string with two decimals. */
export const sampleDecimal = (faker: Faker, context: FieldContext): string => sampleFloat(faker, context).toFixed(2)
