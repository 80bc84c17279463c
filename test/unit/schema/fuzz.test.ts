import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { compileDecoder, compileFieldDecoder } from '../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../src/schema/bincode/compile-encoder.ts'
import type { FieldSelection } from '../../../src/schema/bincode/field-selection.ts'
import { explain } from '../../../src/schema/bincode/reading/explain.ts'
import { shapeOf } from '../../../src/schema/bincode/shape.ts'
import { sizesOf } from '../../../src/schema/bincode/shape-size.ts'
import { listOf, type Random, seededRandom } from './support/random.ts'
import { randomTypes } from './support/random-types.ts'
import { randomValue } from './support/random-values.ts'

/** Payloads to try; each goes through both decoders. */
const payloads = 2_000_000
const worlds = 5
/** JSON characters that items without bytes may add: 65,536 items of a few characters each. */
const emptyItemsLength = 65_536 * 16

const codecs = listOf(worlds, (seed) => {
  const { schema, roots } = randomTypes(seededRandom(seed), 100)
  return roots.map(({ name }) => {
    const own = { ...schema, root: name }
    const shape = shapeOf(own)
    const sizes = sizesOf(shape)
    const walk = (bytes: Uint8Array) => explain(shape, sizes, bytes)
    return { name, schema: own, decoder: compileDecoder(own), encoder: compileEncoder(own), walk }
  })
}).flat()

function mutated(bytes: Buffer, random: Random): Buffer {
  const form = random.below(6)
  if (form === 0) return bytes.subarray(0, random.below(bytes.length + 1))
  if (form === 1) return Buffer.concat([bytes, Buffer.from([random.below(256)])])
  const other = Buffer.from(bytes)
  for (let count = 1 + random.below(4); count > 0 && other.length > 0; count -= 1) {
    const at = random.below(other.length)
    if (form === 2) other[at] = random.below(256)
    else if (form === 3) other[at] = random.pick([0, 1, 2, 0x7f, 0x80, 0xff])
    else if (form === 4) other[at] = (other[at] as number) ^ (1 << random.below(8))
    else other.copyWithin(at, random.below(other.length), other.length)
  }
  return other
}

const noise = (random: Random): Buffer => {
  const most = random.pick([2, 4, 256])
  return Buffer.from(listOf(random.below(80), () => random.below(most)))
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that must not appear
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

describe('random bytes', () => {
  test('random bytes decode to a value that encodes to the same bytes, or fail with a reason, a path and an offset', () => {
    const random = seededRandom(1)
    let good = 0
    // In microseconds of processor time, because other programs may use the machine.
    let slowest = 0
    let longest = 0
    for (let index = 0; index < payloads; ) {
      const { name, schema, decoder, encoder, walk } = random.pick(codecs)
      const seedValue = encoder.encode(randomValue(schema, { kind: 'named', name }, random))
      if (!seedValue.ok) return expect.fail(`${name}: ${seedValue.path}: ${seedValue.reason}`)
      // Making a value costs more than decoding it, so each value is mutated many times.
      for (let spoilt = 0; spoilt < 40; spoilt += 1, index += 1) {
        const bytes = random.chance(0.1) ? noise(random) : mutated(Buffer.from(seedValue.bytes), random)
        const begun = process.cpuUsage().user
        const value = decoder.decode(bytes)
        const json = decoder.decodeToJson(bytes)
        slowest = Math.max(slowest, process.cpuUsage().user - begun)
        if (value.ok !== json.ok) return expect.fail(`${name} ${bytes.toString('hex')}`)
        if (value.ok && json.ok) {
          good += 1
          longest = Math.max(longest, (json.json.length - emptyItemsLength) / (bytes.length + 100))
          const again = encoder.encode(value.value)
          const isSame = again.ok && Buffer.from(again.bytes).equals(bytes) && !unsafe.test(json.json)
          if (!isSame || (good % 16 === 0 && !sameAsJson(value.value, json.json))) {
            return expect.fail(`${name} ${bytes.toString('hex')} ${json.json} ${again.ok ? '' : again.reason}`)
          }
        } else if (!value.ok && !json.ok) {
          const isExplained = value.reason !== '' && value.offset <= bytes.length && value.offset >= 0
          const isAgreed = value.reason === json.reason && value.path === json.path && value.offset === json.offset
          if (!isExplained || !isAgreed || (index % 64 === 0 && walk(bytes) === undefined)) {
            return expect.fail(`${name} ${bytes.toString('hex')} ${value.path} ${value.reason}`)
          }
        }
      }
    }
    expect(good).toBeGreaterThan(payloads / 50)
    expect(slowest).toBeLessThan(1_000_000)
    expect(longest).toBeLessThan(500)
  }, 180_000)

  test('random bytes of another schema encode to the same bytes if they decode', () => {
    const random = seededRandom(2)
    for (let index = 0; index < 100_000; index += 1) {
      const { name, schema, encoder } = random.pick(codecs)
      const encoded = encoder.encode(randomValue(schema, { kind: 'named', name }, random))
      const other = random.pick(codecs)
      if (!encoded.ok) return expect.fail(encoded.reason)
      const decoded = other.decoder.decode(encoded.bytes)
      if (!decoded.ok) continue
      const again = other.encoder.encode(decoded.value)
      if (!again.ok || !Buffer.from(again.bytes).equals(encoded.bytes))
        expect.fail(`${other.name} ${Buffer.from(encoded.bytes).toString('hex')}`)
    }
  }, 120_000)
})

/** Whether the JSON text is what JSON.stringify writes for the value, except for the sign of -0. */
const sameAsJson = (value: unknown, json: string): boolean =>
  isDeepStrictEqual(JSON.parse(JSON.stringify(value)), withoutSign(JSON.parse(json)))

function withoutSign(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSign)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value
  for (const [key, inner] of Object.entries(value)) {
    Object.defineProperty(value, key, {
      value: withoutSign(inner),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return value
}

describe('random values', () => {
  const scraps: unknown[] = [
    ...[undefined, null, true, 0, -0, 1.5, 2 ** 60, Number.NaN, 10n ** 50n, -1n, '', '7', 'AQI=', '\ud800', 'NaN'],
    ...[[], {}, [[]], [1, 2], { Some: 1 }, { V1: [] }, new Map([[1, 2]]), Uint8Array.of(1), Symbol('x'), () => 1],
    ...[Object.create(null), new Date(0), new Array(3), { __proto__: null, a: 1 }],
  ]
  const spoil = (value: unknown, random: Random): unknown => {
    if (random.chance(0.15)) return random.pick(scraps)
    if (Array.isArray(value)) return value.map((item) => spoil(item, random))
    if (typeof value !== 'object' || value === null) return value
    const pairs = Object.entries(value).map(([key, item]) => [random.chance(0.03) ? 'x' : key, spoil(item, random)])
    return Object.fromEntries(random.chance(0.05) ? pairs.slice(1) : pairs)
  }

  test('random values encode to bytes that decode, or fail with a reason', () => {
    const random = seededRandom(3)
    let good = 0
    for (let index = 0; index < 200_000; index += 1) {
      const { name, schema, decoder, encoder } = random.pick(codecs)
      const value = spoil(randomValue(schema, { kind: 'named', name }, random), random)
      const encoded = encoder.encode(
        value,
        random.chance(0.3) ? random.pick(['V0', 'V1.v1', 'Open0', '', 'x']) : undefined,
      )
      if (!encoded.ok) {
        expect(encoded.reason).not.toBe('')
        continue
      }
      good += 1
      const decoded = decoder.decode(encoded.bytes)
      if (!decoded.ok) return expect.fail(`${name} ${decoded.reason} ${Buffer.from(encoded.bytes).toString('hex')}`)
      const again = encoder.encode(decoded.value)
      if (!again.ok || !Buffer.from(again.bytes).equals(encoded.bytes))
        expect.fail(`${name} ${Buffer.from(encoded.bytes).toString('hex')}`)
    }
    expect(good).toBeGreaterThan(20_000)
  }, 120_000)
})

/** Payloads to try with the decoder of selected fields. */
const selectedPayloads = 200_000

/** A selection of some fields of a decoded value, at any depth. */
function selectionOf(value: unknown, random: Random): FieldSelection {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || random.chance(0.2)) return 'all'
  const fields = Object.entries(value).filter(() => random.chance(0.5))
  return new Map(fields.map(([name, inside]) => [name, selectionOf(inside, random)]))
}

/** Whether two decoded values have the same selected fields. */
function agree(left: unknown, right: unknown, selected: FieldSelection): boolean {
  if (selected === 'all') return isDeepStrictEqual(left, right)
  if (left === null || typeof left !== 'object' || Array.isArray(left)) return isDeepStrictEqual(left, right)
  return [...selected].every(([name, inside]) =>
    agree((left as Record<string, unknown>)[name], (right as Record<string, unknown>)?.[name], inside),
  )
}

test('the decoder of selected fields refuses the same bytes as the decoder of all, and gives the same fields', () => {
  const random = seededRandom(7)
  let good = 0
  let bad = 0
  while (good + bad < selectedPayloads) {
    const { name, schema, decoder, encoder } = random.pick(codecs)
    const seedValue = encoder.encode(randomValue(schema, { kind: 'named', name }, random))
    if (!seedValue.ok) return expect.fail(`${name}: ${seedValue.path}: ${seedValue.reason}`)
    const original = Buffer.from(seedValue.bytes)
    const whole = decoder.decode(original)
    const selected = selectionOf(whole.ok && whole.value, random)
    const decodeFields = compileFieldDecoder(schema, selected)
    for (let spoilt = 0; spoilt < 40; spoilt += 1) {
      const bytes = spoilt === 0 ? original : mutated(original, random)
      const all = decoder.decode(bytes)
      const some = decodeFields(bytes)
      if (all.ok) good += 1
      else bad += 1
      const isSame = all.ok ? agree(all.value, some, selected) : some === undefined
      if (!isSame) return expect.fail(`${name} ${bytes.toString('hex')}`)
    }
  }
  expect(Math.min(good, bad)).toBeGreaterThan(selectedPayloads / 50)
}, 60_000)
