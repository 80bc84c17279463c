import { textFormat } from '../bincode/leaves/text-formats.ts'
import { MAX_SHORT_LENGTH, SHORT_VEC } from '../library-containers.ts'
import type { EventVariant, Selection } from './select-types.ts'
import { type ValueType, type VariantValue, valueTypesOf } from './value-type.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * Describes the JSON values of the selected types as JSON Schema 2020-12. The schema has only the form that `compileDecoder`
 * returns, not the other forms that the encoder accepts (lists of numbers for bytes, a missing field for None).
 */
export function showJsonSchema({ topic, root, types, events }: Selection): JsonSchema {
  const values = valueTypesOf(types)
  const definitions = [...types].map(([name, type]): [string, JsonSchema] => {
    const value = values.ofName(name)
    const described = type.at === '' ? {} : { description: type.at }
    return [name, { ...described, ...(type.kind === 'enum' ? enumSchema(name, value, events) : schemaOf(value)) }]
  })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `${root} of ${topic}`,
    ...reference(root),
    // `fromEntries` makes an own property even of a type named __proto__.
    $defs: Object.fromEntries(definitions),
  }
}

function enumSchema(name: string, value: ValueType, events: readonly EventVariant[]): JsonSchema {
  if (value.kind !== 'variants') return schemaOf(value)
  return variantsSchema(value.variants, (variant) => {
    const own = events.filter((event) => event.enum === name && event.variant === variant)
    return own.length === 0 ? undefined : `event ${own.map(({ eventType }) => eventType).join(', ')}`
  })
}

function variantsSchema(
  variants: readonly VariantValue[],
  describe: (variant: string) => string | undefined,
): JsonSchema {
  if (variants.length === 0) return never('an enum without variants')
  const names = variants.flatMap(({ name, value }) => (value === undefined ? [name] : []))
  if (names.length === variants.length && names.every((name) => describe(name) === undefined)) return { enum: names }
  return {
    oneOf: variants.map(({ name, value }) => {
      const text = describe(name)
      const described = text === undefined ? {} : { description: text }
      return value === undefined ? { ...described, const: name } : { ...described, ...objectSchema([{ name, value }]) }
    }),
  }
}

function objectSchema(fields: readonly { readonly name: string; readonly value: ValueType }[]): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, value }) => [name, schemaOf(value)])),
    required: fields.map(({ name }) => name),
    additionalProperties: false,
  }
}

function schemaOf(value: ValueType): JsonSchema {
  switch (value.kind) {
    case 'null':
      return { type: 'null' }
    case 'bool':
      return { type: 'boolean' }
    case 'char':
      return { type: 'string', minLength: 1, maxLength: 1 }
    case 'float':
      return { anyOf: [{ type: 'number' }, { type: 'string', pattern: nonFinitePattern(value.isSingle ? 8 : 16) }] }
    case 'integer':
      return withLibraryType(value, integerSchema(value))
    case 'text':
      return withLibraryType(value, { type: 'string', ...formats[value.known ?? ''] })
    case 'bytes':
      return bytesSchema(value.length)
    case 'option':
      return { anyOf: [{ type: 'null' }, schemaOf(value.item)] }
    case 'some':
      return { anyOf: [{ type: 'null' }, objectSchema([{ name: 'Some', value: value.item }])] }
    case 'list': {
      const { length } = value
      const longest = value.name === SHORT_VEC ? { maxItems: MAX_SHORT_LENGTH } : {}
      const sized = length === undefined ? longest : { minItems: length, maxItems: length }
      return { type: 'array', items: schemaOf(value.item), ...sized }
    }
    case 'tuple':
      return tupleSchema(value.items)
    case 'object':
      return withLibraryType(value, objectSchema(value.fields))
    case 'record':
      return { type: 'object', propertyNames: keySchema(value.key), additionalProperties: schemaOf(value.value) }
    case 'pairs':
      return { type: 'array', items: tupleSchema([value.key, value.value]) }
    case 'variants':
      return withLibraryType(
        value,
        variantsSchema(value.variants, () => undefined),
      )
    case 'ref':
      return reference(value.name)
    case 'never':
      return never(value.why)
  }
}

const never = (why: string): JsonSchema => ({ description: `no value: ${why}`, not: {} })

const reference = (name: string): JsonSchema => ({
  $ref: `#/$defs/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`,
})

/** Adds the library type as the description, because the JSON itself does not show it. */
const withLibraryType = ({ known }: ValueType, schema: JsonSchema): JsonSchema => {
  if (known === undefined) return schema
  const example = textFormat(known)?.example
  return { description: example === undefined ? known : `${known}, like ${example}`, ...schema }
}

/** The pattern of floats that JSON has no number for. `digits` is the number of hexadecimal digits of a NaN's bits. */
const nonFinitePattern = (digits: number): string => `^(?:NaN(?:\\(0x[0-9a-f]{${digits}}\\))?|-?inf)$`

const safe = BigInt(Number.MAX_SAFE_INTEGER)
const larger = (one: bigint, other: bigint): bigint => (one > other ? one : other)
const smaller = (one: bigint, other: bigint): bigint => (one < other ? one : other)

type Integer = Extract<ValueType, { kind: 'integer' }>

function integerSchema({ min, max, isNonZero }: Integer): JsonSchema {
  const minimum = Number(larger(min, -safe))
  const number = {
    type: 'integer',
    minimum: minimum === 0 && isNonZero ? 1 : minimum,
    maximum: Number(smaller(max, safe)),
    ...(isNonZero && minimum < 0 ? { not: { const: 0 } } : {}),
  }
  if (max <= safe) return number
  return { anyOf: [number, { type: 'string', pattern: digitsPattern(min, max, 16) }] }
}

/** The pattern of integers with at least `fewest` digits. Integers with fewer digits are always numbers. */
const digitsPattern = (min: bigint, max: bigint, fewest: number): string =>
  `^${min < 0n ? '-?' : ''}[1-9][0-9]{${fewest - 1},${`${max}`.length - 1}}$`

function bytesSchema(length: number | undefined): JsonSchema {
  const text = { type: 'string', contentEncoding: 'base64' }
  if (length === undefined) {
    return { ...text, pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$' }
  }
  const characters = Math.ceil(length / 3) * 4
  return { description: `${length} bytes`, ...text, minLength: characters, maxLength: characters }
}

function tupleSchema(items: readonly ValueType[]): JsonSchema {
  // JSON Schema does not allow an empty prefixItems.
  const prefix = items.length === 0 ? {} : { prefixItems: items.map(schemaOf) }
  return { type: 'array', ...prefix, items: false, minItems: items.length, maxItems: items.length }
}

/** The schema of the keys of a map. Keys are always strings: digits for an integer, 'true' or 'false' for a bool. */
function keySchema(key: ValueType): JsonSchema {
  if (key.kind === 'integer') {
    return { pattern: key.min < 0n ? '^(?:0|-?[1-9][0-9]*)$' : '^(?:0|[1-9][0-9]*)$' }
  }
  if (key.kind === 'bool') return { enum: ['true', 'false'] }
  return schemaOf(key)
}

const uuid = { format: 'uuid' }
const dateTime = { format: 'date-time' }

/** The JSON Schema format of each library type whose strings all conform to it. */
const formats: Readonly<Record<string, JsonSchema>> = {
  Uuid: uuid,
  '[u8; 16] as uuid::compact': uuid,
  'String as uuid::hyphenated': uuid,
  'DateTime<Utc>': dateTime,
  'DateTime<FixedOffset>': dateTime,
  'DateTime<Local>': dateTime,
  'String as rfc3339': dateTime,
  'jiff::Timestamp': dateTime,
  NaiveDate: { format: 'date' },
  'jiff::civil::Date': { format: 'date' },
  Ipv4Addr: { format: 'ipv4' },
  Ipv6Addr: { format: 'ipv6' },
  Url: { format: 'uri' },
}
