import { dateOf } from '../../codecs/cbor/cbor-date.ts'
import { parseDocument } from '../named-file.ts'
import type { RegistrySchema } from './fetch-schema.ts'

/** The part of the package `avsc` that is used. */
export interface Avsc {
  readonly Type: { forSchema(schema: unknown, options: object): AvroType }
  readonly types: {
    readonly ArrayType: new (schema: object, options: object) => { readonly itemsType: AvroType }
    readonly MapType: new (schema: object, options: object) => { readonly valuesType: AvroType }
    readonly LongType: { __with(methods: object): AvroType }
    readonly LogicalType: new (schema: object, options: object) => object
  }
}

interface AvroType {
  fromBuffer(bytes: Buffer): unknown
  /** Reads a value. Internal to avsc, which calls it for the types inside another type. */
  _read(tap: Tap): unknown
}

/** The position of avsc in a value. */
interface Tap {
  readonly buf: Buffer
  readonly pos: number
  readLong(): number
  skipLong(): void
  readString(): string
}

/** An attribute of a schema as its text has it. */
type Attributes = Readonly<Record<string, unknown>>

/**
 * Compiles an Avro schema to a function that decodes a value to its last byte and throws if it does not fit. Integers of 64 bits are
 * bigints, decimals are strings of their digits, timestamps are dates, and dates and times of day are text.
 */
export function compileAvro(avsc: Avsc, { text, references }: RegistrySchema): (bytes: Buffer) => unknown {
  const options = { registry: {}, typeHook: hookFor(avsc), logicalTypes: logicalTypes(avsc) }
  for (const reference of references) avsc.Type.forSchema(parseSchema(reference.text), options)
  const type = avsc.Type.forSchema(parseSchema(text), options)
  return (bytes) => type.fromBuffer(bytes)
}

/** Parses the text of a schema, which is the name of a primitive type with or without quotes, or JSON. */
function parseSchema(text: string): unknown {
  if (/^\s*\w+\s*$/.test(text)) return text.trim()
  const parsed = parseDocument(text)
  if (!parsed.ok) throw new SyntaxError(`it ${parsed.reason}`)
  return parsed.value
}

/**
 * Returns the function by which avsc asks for the type of each part of a schema; `undefined` leaves the type to avsc. Replaces the types
 * of 64-bit integers, which avsc reads as numbers, and of arrays and maps, whose sizes avsc does not compare with the bytes that are left.
 */
function hookFor({ types }: Avsc) {
  const longs = new Map<string, AvroType>()
  const { BoundedArray, BoundedMap } = boundedTypes(types)
  return (schema: unknown, options: object): object | undefined => {
    if (schema === 'long') return longType('', longs, types)
    if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) return undefined
    const { type, logicalType } = schema as Attributes
    if (type === 'long') return longType(typeof logicalType === 'string' ? logicalType : '', longs, types)
    if (type === 'array') return new BoundedArray(schema, options)
    if (type === 'map') return new BoundedMap(schema, options)
    return undefined
  }
}

function longType(logicalType: string, known: Map<string, AvroType>, types: Avsc['types']): AvroType {
  const convert = Object.hasOwn(longConversions, logicalType) ? longConversions[logicalType] : undefined
  const name = convert === undefined ? '' : logicalType
  let found = known.get(name)
  if (found === undefined) {
    found = types.LongType.__with({
      fromBuffer: (bytes: Buffer) => {
        const value = bytes.readBigInt64LE()
        return convert === undefined ? value : convert(value)
      },
      // avsc requires these methods, which decoding does not call.
      toBuffer: String,
      fromJSON: String,
      toJSON: String,
      isValid: () => true,
      compare: () => 0,
    })
    known.set(name, found)
  }
  return found
}

/** An array or map may announce this many items more than bytes are left, because items such as `null` take no bytes. */
const MAX_EMPTY_ITEMS = 1000

/** Returns the classes of arrays and maps, which check each announced size before they read. */
const boundedTypes = ({ ArrayType, MapType }: Avsc['types']) => ({
  BoundedArray: class extends ArrayType {
    _read(tap: Tap): unknown {
      return readItems(tap, () => this.itemsType._read(tap))
    }
  },
  BoundedMap: class extends MapType {
    _read(tap: Tap): unknown {
      return Object.fromEntries(readItems(tap, () => [tap.readString(), this.valuesType._read(tap)] as const))
    }
  },
})

/** Reads the blocks of an array or a map. */
function readItems<T>(tap: Tap, read: () => T): T[] {
  const items: T[] = []
  for (let count = blockSize(tap); count > 0; count = blockSize(tap)) {
    for (let left = count; left > 0; left -= 1) items.push(read())
  }
  return items
}

/** Reads the number of items in the next block of an array or map. A negative number is followed by the size of the block. */
function blockSize(tap: Tap): number {
  const count = tap.readLong()
  if (count < 0) tap.skipLong()
  const items = Math.abs(count)
  const left = Math.max(0, tap.buf.length - tap.pos)
  if (items > left + MAX_EMPTY_ITEMS) throw new RangeError(`${items} items are announced, but ${left} bytes are left`)
  return items
}

/** Conversions of 64-bit integers by their logical type (https://avro.apache.org/docs/1.12.0/specification/#logical-types). */
const longConversions: Readonly<Record<string, (value: bigint) => unknown>> = {
  'timestamp-millis': (value) => momentOf(value, 3),
  'timestamp-micros': (value) => momentOf(value, 6),
  'timestamp-nanos': (value) => momentOf(value, 9),
  'local-timestamp-millis': (value) => localTime(value, 3),
  'local-timestamp-micros': (value) => localTime(value, 6),
  'local-timestamp-nanos': (value) => localTime(value, 9),
  'time-micros': (value) => timeOfDay(value, 6),
}

/** Returns RFC 3339 text for a count of units since 1970, of which a second has 10^digits; `undefined` beyond the range of dates. */
function rfc3339(value: bigint, digits: number): string | undefined {
  const unit = 10n ** BigInt(digits)
  // Division truncates, so dates before 1970 need the seconds below.
  const fraction = ((value % unit) + unit) % unit
  const date = new Date(Number((value - fraction) / unit) * 1000)
  if (Number.isNaN(date.getTime())) return undefined
  return date.toISOString().replace('.000Z', `.${String(fraction).padStart(digits, '0')}Z`)
}

const momentOf = (value: bigint, digits: number): unknown => {
  const text = rfc3339(value, digits)
  return text === undefined ? value : (dateOf(text, 0) ?? text)
}

const localTime = (value: bigint, digits: number): unknown => rfc3339(value, digits)?.slice(0, -1) ?? value

const timeOfDay = (value: bigint, digits: number): unknown =>
  rfc3339(value, digits)?.slice('1970-01-01T'.length, -1) ?? value

const DAY_MS = 86_400_000

/** Returns the classes of logical types of 32-bit integers and bytes. */
function logicalTypes({ types }: Avsc) {
  const logical = (convert: (value: never, attributes: Attributes) => unknown) =>
    class extends types.LogicalType {
      readonly #attributes: Attributes

      constructor(schema: object, options: object) {
        super(schema, options)
        this.#attributes = schema as Attributes
      }

      _fromValue(value: never): unknown {
        return convert(value, this.#attributes)
      }
    }
  return {
    decimal: logical((bytes: Buffer, { scale }) => decimalText(bytes, Number(scale ?? 0))),
    date: logical((days: number) => {
      const date = new Date(days * DAY_MS)
      return Number.isNaN(date.getTime()) ? days : date.toISOString().replace(/T.*$/, '')
    }),
    'time-millis': logical((value: number) => timeOfDay(BigInt(value), 3)),
  }
}

/** The most digits after the point. Databases have at most some hundred; more would make long texts of short records. */
const MAX_SCALE = 1000

/** Returns the digits of a decimal, whose bytes are an unscaled integer in two's complement, big-endian. */
function decimalText(bytes: Buffer, scale: number): unknown {
  if (!Number.isInteger(scale) || scale < 0 || scale > MAX_SCALE) return bytes
  const unscaled = bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`))
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const point = digits.length - scale
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`
  return unscaled < 0n ? `-${text}` : text
}
