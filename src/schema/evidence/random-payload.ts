import { libraryType } from '../library-types.ts'
import type { Fields, Primitive, Schema, Type } from '../model.ts'
import { valueTypesOf } from '../show/value-type.ts'
import { libraryExamples } from './library-examples.ts'
import type { SeededRandom } from './seeded-random.ts'

/** Makes a random payload as the decoder returns it, with the variants on `path`; `undefined` if there is no small one. */
export type MakePayload = (random: SeededRandom, path: readonly string[]) => unknown

/** The values of a payload: `usual` ones, or also `unusual` ones that decode as many other types, such as texts of zero bytes. */
export type ValueRange = 'usual' | 'unusual'

/** Limit for the values in one payload. Types with larger arrays are not sampled. */
const MAX_VALUES = 2_000
/** From this many values on, each list is empty and each Option is None. */
const MAX_OPTIONAL_VALUES = 300
/** How deeply the schema's own types may be nested before each Option is None, and before the payload is given up. */
const MAX_OPTIONAL_DEPTH = 6
const MAX_DEPTH = 64

/** Thrown if a payload has too many values. The maker catches it. */
class TooLarge extends Error {}

/**
 * Creates the maker of payloads of a schema. Many numbers are small, and many texts and lists are empty, as in real payloads and
 * because their bytes decode as many other types.
 */
export function payloadMaker(schema: Schema, range: ValueRange): MakePayload {
  const heights = heightsOf(schema)
  const values = valueTypesOf(schema.types)
  return (random, path) => {
    let count = 0
    let depth = 0
    const make = (type: Type, steps: readonly string[] = []): unknown => {
      count += 1
      if (count > MAX_VALUES) throw new TooLarge()
      const mayBeEmpty = (item: Type): boolean =>
        count > MAX_OPTIONAL_VALUES || depth > MAX_OPTIONAL_DEPTH || heights.of(item) === Number.POSITIVE_INFINITY
      const length = (item: Type): number => (mayBeEmpty(item) ? 0 : random.below(4))
      switch (type.kind) {
        case 'option': {
          if (mayBeEmpty(type.item) || random.below(3) === 0) return null
          const item = make(type.item)
          return values.ofType(type).kind === 'some' ? { Some: item } : item
        }
        case 'sequence': {
          if (type.name === 'Vec' && type.item.kind === 'u8') return randomBytes(random, random.below(20))
          const items = list(length(type.item), () => make(type.item))
          return /Set$/.test(type.name) ? unique(items, (item) => item) : items
        }
        case 'array':
          if (type.length > MAX_VALUES) throw new TooLarge()
          if (type.item.kind === 'u8') return randomBytes(random, type.length)
          return list(type.length, () => make(type.item))
        case 'map': {
          const count = Math.min(length(type.key), length(type.value))
          const pairs = unique(
            list(count, () => [make(type.key), make(type.value)] as const),
            ([key]) => key,
          )
          return values.ofType(type).kind === 'record'
            ? objectOf(pairs.map(([key, value]) => [`${key}`, value]))
            : pairs
        }
        case 'tuple':
          return type.items.map((item) => make(item))
        case 'result':
          return heights.of(type.ok) <= heights.of(type.error) && random.below(3) > 0
            ? { Ok: make(type.ok) }
            : { Err: make(type.error) }
        case 'known':
          return makeKnown(type.name)
        case 'named':
          return makeNamed(type.name, steps)
        default:
          return randomPrimitive(type.kind, random, range)
      }
    }
    const makeKnown = (name: string): unknown => {
      const examples = libraryExamples[name]
      if (examples !== undefined) return random.pick(examples)
      const wire = libraryType(name)?.wire
      if (wire === undefined || wire.kind === 'fields' || wire.kind === 'variants') throw new TooLarge()
      const value = make(wire.kind === 'varint' ? { kind: wire.integer } : wire)
      return name.startsWith('NonZero') && value === 0 ? 1 : value
    }
    const makeNamed = (name: string, steps: readonly string[]): unknown => {
      const type = schema.types.get(name)
      depth += 1
      if (type === undefined || depth > MAX_DEPTH) throw new TooLarge()
      const value = type.kind === 'struct' ? makeFields(type.fields, steps) : makeVariant(type.variants, steps)
      depth -= 1
      return value
    }
    const makeVariant = (
      variants: readonly { readonly name: string; readonly fields: Fields }[],
      [step, ...steps]: readonly string[],
    ): unknown => {
      const lowest = Math.min(...variants.map(({ fields }) => heights.ofFields(fields)))
      const mustEnd = count > MAX_OPTIONAL_VALUES || depth > MAX_OPTIONAL_DEPTH
      const possible = variants.filter(({ fields }) => {
        const height = heights.ofFields(fields)
        return mustEnd ? height === lowest : height < Number.POSITIVE_INFINITY
      })
      const chosen = step === undefined ? random.pick(possible) : variants.find((variant) => variant.name === step)
      if (chosen === undefined) throw new TooLarge()
      return chosen.fields.kind === 'unit' ? chosen.name : objectOf([[chosen.name, makeFields(chosen.fields, steps)]])
    }
    const makeFields = (fields: Fields, steps: readonly string[]): unknown => {
      if (fields.kind === 'unit') return null
      if (fields.kind === 'fields') return objectOf(fields.fields.map(({ name, type }) => [name, make(type)]))
      const [only] = fields.items
      return fields.items.length === 1 && only !== undefined
        ? make(only, steps)
        : fields.items.map((item) => make(item))
    }
    try {
      return make({ kind: 'named', name: schema.root }, path)
    } catch (error) {
      if (error instanceof TooLarge) return undefined
      throw error
    }
  }
}

const list = <T>(length: number, make: () => T): T[] => Array.from({ length }, make)

/** Creates an object that may have a field called `__proto__`. */
const objectOf = (entries: readonly (readonly [string, unknown])[]): object => Object.fromEntries(entries)

function unique<T>(items: readonly T[], keyOf: (item: T) => unknown): T[] {
  const seen = new Set<string>()
  return items.filter((item) => seen.size < seen.add(JSON.stringify(keyOf(item))).size)
}

const randomBytes = (random: SeededRandom, length: number): string =>
  Buffer.from(list(length, () => (random.below(2) === 0 ? 0 : random.below(256)))).toString('base64')

const texts = ['', '', 'a', 'o-1', 'EUR', 'Grüße', 'customer-4711', 'anna@example.com', 'x'.repeat(40)]
const chars = ['A', 'z', '0', 'é', '語', '🦀']
const floats = [0, 0, 1, -2.5, 0.25]
/** The smallest float with one byte that is not zero, of 32 and of 64 bits, and 256 times that. */
const smallFloats = { f32: [2 ** -149, 2 ** -141], f64: [2 ** -1074, 2 ** -1066] }

function randomPrimitive(kind: Primitive, random: SeededRandom, range: ValueRange): unknown {
  const isUnusual = range === 'unusual' && random.below(2) === 0
  switch (kind) {
    case 'unit':
      return null
    case 'bool':
      return random.below(2) === 0
    case 'char':
      return isUnusual ? random.pick(['\0', '\u0001']) : random.pick(chars)
    case 'String':
      return isUnusual ? '\0'.repeat(random.below(20)) : random.pick(texts)
    case 'bytes':
      return randomBytes(random, random.below(20))
    case 'f32':
    case 'f64':
      return random.pick(isUnusual ? smallFloats[kind] : floats)
    default:
      return isUnusual ? singleByte(kind, random) : randomInteger(kind, random)
  }
}

const bitsOf = (kind: string): number => (kind.endsWith('size') ? 64 : Number(kind.slice(1)))

/** Returns a random integer: a small one, or any one of the type. */
function randomInteger(kind: string, random: SeededRandom): number | string {
  const form = random.below(4)
  if (form < 2) return random.below(3)
  if (form === 2) return random.below(100)
  let value = 0n
  for (let width = 0; width < bitsOf(kind); width += 32) value = (value << 32n) | BigInt(random.below(2 ** 32))
  return jsonInteger(kind, value)
}

/** Returns an integer of which one byte is not zero, such as 256. Other types read its bytes as several small numbers. */
const singleByte = (kind: string, random: SeededRandom): number | string =>
  jsonInteger(kind, BigInt(1 + random.below(3)) << BigInt(8 * random.below(bitsOf(kind) / 8)))

/** Reduces an integer to the bits of its type. Returns a string of digits beyond 2^53, as the decoder does. */
function jsonInteger(kind: string, value: bigint): number | string {
  const integer = kind.startsWith('i') ? BigInt.asIntN(bitsOf(kind), value) : BigInt.asUintN(bitsOf(kind), value)
  return Number.isSafeInteger(Number(integer)) ? Number(integer) : `${integer}`
}

/** The fewest levels of the schema's own types in a value; `Infinity` for a type without values. */
interface Heights {
  readonly of: (type: Type) => number
  readonly ofFields: (fields: Fields) => number
}

function heightsOf({ types }: Schema): Heights {
  const known = new Map<string, number>()
  const of = (type: Type): number => {
    switch (type.kind) {
      case 'array':
        return type.length === 0 ? 0 : of(type.item)
      case 'tuple':
        return Math.max(0, ...type.items.map(of))
      case 'result':
        return Math.min(of(type.ok), of(type.error))
      case 'named':
        return (known.get(type.name) ?? Number.POSITIVE_INFINITY) + 1
      default:
        return 0
    }
  }
  const ofFields = (fields: Fields): number => {
    if (fields.kind === 'unit') return 0
    return Math.max(0, ...(fields.kind === 'tuple' ? fields.items : fields.fields.map(({ type }) => type)).map(of))
  }
  // Each round finds the types that are one level higher. Types above the depth limit are not sampled.
  for (let round = 0; round < MAX_DEPTH; round += 1) {
    for (const [name, type] of types) {
      const height =
        type.kind === 'struct'
          ? ofFields(type.fields)
          : Math.min(Number.POSITIVE_INFINITY, ...type.variants.map(({ fields }) => ofFields(fields)))
      if (height < (known.get(name) ?? Number.POSITIVE_INFINITY)) known.set(name, height)
    }
  }
  return { of, ofFields }
}
