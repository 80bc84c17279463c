import { compareNumbers } from '../../../bus/compare.ts'
import { namesLike } from '../../../bus/names/names-like.ts'
import { jsonText, keyStep } from '../../json-text.ts'
import { MAX_SHORT_LENGTH, SHORT_VEC } from '../../library-containers.ts'
import type { Leaf } from '../leaves/leaf.ts'
import { MAX_DEPTH } from '../limits.ts'
import { hasIndexKey, isSortedMap, rememberedOrder } from '../map-order.ts'
import { type Enum, isNullable, isTextKey, type Ref, type Shape, type Struct } from '../shape.ts'
import { putInteger64, putLeb128, putU8, putU32, refuse, refuseValue, type Sink, type Write } from './sink.ts'

/** Returns a function that compiles a shape to a writer of JSON-like values. It compiles each shape only once. */
export function valueWriter(): (shape: Shape) => Write {
  const writers = new Map<Shape, Write>()
  const writer = (shape: Shape): Write => {
    const known = writers.get(shape)
    if (known !== undefined) return known
    const write = compile(shape)
    writers.set(shape, write)
    return write
  }
  const compile = (shape: Shape): Write => {
    switch (shape.kind) {
      case 'leaf':
        return shape.write
      case 'option':
        return isNullable(shape.item) ? writeWrappedOption(writer(shape.item)) : writeOption(writer(shape.item))
      case 'sequence': {
        const write = writer(shape.item)
        const isShort = shape.name === SHORT_VEC
        return (sink, value) => {
          if (!Array.isArray(value)) return refuseValue(sink, 'a list', value)
          if (isShort && value.length > MAX_SHORT_LENGTH)
            return refuse(sink, `expected at most ${MAX_SHORT_LENGTH} items, got ${value.length}`)
          if (isShort) putLeb128(sink, BigInt(value.length))
          else putInteger64(sink, value.length)
          return writeItems(sink, write, value)
        }
      }
      case 'array': {
        const write = writer(shape.item)
        const { length } = shape
        return (sink, value) => {
          if (!Array.isArray(value) || value.length !== length) return refuseValue(sink, `a list of ${length}`, value)
          return writeItems(sink, write, value)
        }
      }
      case 'map':
        return mapWriter(shape, writer(shape.key), writer(shape.value))
      case 'tuple': {
        const writes = shape.items.map(writer)
        return (sink, value) => {
          if (!Array.isArray(value) || value.length !== writes.length) {
            return refuseValue(sink, `a list of ${writes.length}`, value)
          }
          for (const [index, write] of writes.entries()) {
            if (!write(sink, value[index])) return refusedAt(sink, `[${index}]`)
          }
          return true
        }
      }
      case 'struct':
        return structWriter(shape, writer)
      case 'enum':
        return enumWriter(shape, writer)
      case 'ref':
        return refWriter(shape, writer)
    }
  }
  return writer
}

/** Adds a step to the path of a refused value and returns false. */
function refusedAt(sink: Sink, step: string): false {
  sink.steps.push(step)
  return false
}

const writeOption =
  (write: Write): Write =>
  (sink, value) => {
    if (value === null || value === undefined) {
      putU8(sink, 0)
      return true
    }
    putU8(sink, 1)
    return write(sink, value)
  }

/** Writes an Option of a type that may itself be null: Some(x) is `{"Some": x}`. */
const writeWrappedOption =
  (write: Write): Write =>
  (sink, value) => {
    if (value === null || value === undefined) {
      putU8(sink, 0)
      return true
    }
    if (!isObject(value) || onlyKey(value) !== 'Some') return refuseValue(sink, 'null or {"Some": …}', value)
    putU8(sink, 1)
    return write(sink, value.Some) || refusedAt(sink, '.Some')
  }

function writeItems(sink: Sink, write: Write, items: readonly unknown[]): boolean {
  for (let index = 0; index < items.length; index += 1) {
    if (!write(sink, items[index])) return refusedAt(sink, `[${index}]`)
  }
  return true
}

type JsonObject = Readonly<Record<string, unknown>>

/** Whether a value is an object with fields: not a list, a Map or bytes. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Map) &&
  !(value instanceof Uint8Array)

/** The key of an object that has exactly one key. */
export function onlyKey(value: object): string | undefined {
  const keys = Object.keys(value)
  return keys.length === 1 ? keys[0] : undefined
}

function structWriter(shape: Struct, writer: (shape: Shape) => Write): Write {
  const fields = shape.fields.map((field) => ({
    name: field.name,
    write: writer(field.shape),
    isOptional: field.shape.kind === 'option',
    // A field may have the name of an inherited property: constructor, toString.
    isInherited: field.name in Object.prototype,
    expected: nameOf(field.shape),
  }))
  return (sink, value) => {
    if (!isObject(value)) return refuseValue(sink, `an object (${fieldList(shape)})`, value)
    let present = 0
    for (let index = 0; index < fields.length; index += 1) {
      const field = fields[index] as (typeof fields)[number]
      const { name } = field
      const item = field.isInherited && !Object.hasOwn(value, name) ? undefined : value[name]
      if (item !== undefined) present += 1
      else if (!field.isOptional) {
        // An unknown field is often the misspelled name of the missing one, so it is reported first.
        if (!hasOnlyKnownFields(sink, shape, value)) return false
        refuse(sink, `${field.expected} is missing`)
        return refusedAt(sink, `.${name}`)
      }
      if (!field.write(sink, item)) return refusedAt(sink, `.${name}`)
    }
    return present === countOf(value) || hasOnlyKnownFields(sink, shape, value)
  }
}

/** Counts the keys of an object; `for in` over a plain object is faster than `Object.keys`. */
function countOf(value: object): number {
  let count = 0
  for (const _ in value) count += 1
  return count
}

/** Whether an object has no unknown fields; a field with the value undefined does not count. If not, sets the reason. */
function hasOnlyKnownFields(sink: Sink, { fields }: Struct, value: JsonObject): boolean {
  for (const key of Object.keys(value)) {
    if (value[key] === undefined || fields.some((field) => field.name === key)) continue
    const missing = fields.filter((field) => !Object.hasOwn(value, field.name)).map((field) => field.name)
    return refuse(sink, `unknown field ${jsonText(key)}${hint(key, missing, fields.length)}`)
  }
  return true
}

/** The end of the error for an unknown name: a similar name, or the known names if they are few. */
function hint(key: string, names: readonly string[], total = names.length): string {
  const [similar] = namesLike(key, names)
  if (similar !== undefined) return `: did you mean ${similar}?`
  return names.length > 0 && names.length <= 8 && total <= 8 ? ` (known: ${names.join(', ')})` : ''
}

const fieldList = ({ fields }: Struct): string => {
  const names = fields.map((field) => field.name)
  return names.length <= 6 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`
}

/** The name of a shape in error messages. */
function nameOf(shape: Shape): string {
  switch (shape.kind) {
    case 'leaf':
      return shape.name
    case 'option':
      return 'Option'
    case 'array':
      return `a list of ${shape.length}`
    default:
      return shape.name
  }
}

function enumWriter({ name, variants }: Enum, writer: (shape: Shape) => Write): Write {
  const writes = new Map(
    variants.map((variant, index) => {
      return [variant.name, { index, write: variant.shape === undefined ? undefined : writer(variant.shape) }]
    }),
  )
  return (sink, value) => {
    const key = typeof value === 'string' ? value : isObject(value) ? onlyKey(value) : undefined
    if (key === undefined) {
      return refuseValue(sink, `a variant of ${name}, "Name" or {"Name": …}`, value)
    }
    const variant = writes.get(key)
    if (variant === undefined) {
      const names = [...writes.keys()]
      return refuse(sink, `${name} has no variant ${jsonText(key.slice(0, 100))}${hint(key, names)}`)
    }
    putU32(sink, variant.index)
    if (typeof value === 'string') {
      return variant.write === undefined || refuse(sink, `variant ${key} has fields: write {"${key}": …}`)
    }
    const contents = (value as JsonObject)[key]
    if (variant.write === undefined) {
      return contents === null || refuse(sink, `variant ${key} has no fields: write "${key}"`)
    }
    return variant.write(sink, contents) || refusedAt(sink, `.${key}`)
  }
}

function refWriter(shape: Ref, writer: (shape: Shape) => Write): Write {
  let write: Write | undefined
  return (sink, value) => {
    if (sink.depth + shape.height > MAX_DEPTH) {
      return refuse(sink, `${shape.name} is nested deeper than crbus supports`)
    }
    write ??= writer(shape.target)
    sink.depth += shape.height
    const isWritten = write(sink, value)
    sink.depth -= shape.height
    return isWritten
  }
}

type MapShape = Extract<Shape, { kind: 'map' }>

/** Compiles a writer that accepts a map as an object, a Map or a list of pairs. */
function mapWriter(shape: MapShape, key: Write, value: Write): Write {
  const isText = isTextKey(shape.key)
  const leaf = shape.key.kind === 'leaf' ? shape.key : undefined
  const expected = isText ? 'an object' : 'a list of [key, value]'
  // Compares keys by the bytes written since `from`, because different values can be written as the same key.
  const isNewKey = (sink: Sink, from: number, seen: Set<string> | undefined, step: string): boolean => {
    if (seen === undefined) return true
    const bytes = sink.bytes.toString('latin1', from, sink.length)
    if (seen.size < seen.add(bytes).size) return true
    refuse(sink, 'duplicate key')
    return refusedAt(sink, step)
  }
  return (sink, given) => {
    const pairs = given instanceof Map ? [...given] : given
    if (Array.isArray(pairs)) {
      putInteger64(sink, pairs.length)
      const seen = isText ? new Set<string>() : undefined
      for (const [index, pair] of pairs.entries()) {
        if (!Array.isArray(pair) || pair.length !== 2) {
          refuseValue(sink, 'a list of [key, value]', pair)
          return refusedAt(sink, `[${index}]`)
        }
        const from = sink.length
        if (!key(sink, pair[0])) return refusedAt(sink, `[${index}][0]`)
        if (!isNewKey(sink, from, seen, `[${index}][0]`)) return false
        if (!value(sink, pair[1])) return refusedAt(sink, `[${index}][1]`)
      }
      return true
    }
    if (!isText || !isObject(given)) return refuseValue(sink, expected, given)
    const names = keysOf(shape, given)
    putInteger64(sink, names.length)
    // The keys of an object are different texts, so only texts for the same key can be duplicates.
    const seen = leaf?.isLoose ? new Set<string>() : undefined
    for (const name of names) {
      const from = sink.length
      const step = keyStep(name)
      if (!key(sink, leaf?.key === undefined ? name : leaf.key(name))) return refusedAt(sink, step)
      if (!isNewKey(sink, from, seen, step)) return false
      if (!value(sink, given[name])) return refusedAt(sink, step)
    }
    return true
  }
}

/** Returns the keys in the order in which Rust would write them, as far as it is known. */
function keysOf({ name, key }: MapShape, given: JsonObject): readonly string[] {
  const keys = Object.keys(given)
  // Without keys that look like array indexes an object keeps the order in which it was built.
  if (keys.length < 2 || !hasIndexKey(keys)) return keys
  const remembered = rememberedOrder(given, keys)
  if (remembered !== undefined) return remembered
  return isSortedMap(name) && key.kind === 'leaf' ? keys.sort(keyOrder(key)) : keys
}

/** Compares the keys of a BTreeMap as Rust does: integers by value, other keys by their UTF-8 bytes. */
const keyOrder = ({ name }: Leaf): ((one: string, other: string) => number) => {
  if (!/^(?:[ui](?:8|16|32|64|128|size)|NonZero)/.test(name)) {
    return (one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))
  }
  // Keys that are not integers compare as equal; writing them fails later.
  const isInteger = (text: string) => /^-?\d{1,40}$/.test(text)
  return (one, other) => (isInteger(one) && isInteger(other) ? compareNumbers(BigInt(one), BigInt(other)) : 0)
}
