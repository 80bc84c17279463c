import { hasIndexKey, isSortedMap, losesOrder, rememberOrder } from '../map-order.ts'
import { type Enum, isNullable, isTextKey, type Shape } from '../shape.ts'
import type { Sizes } from '../shape-size.ts'
import { compileReader } from './compile-reader.ts'
import {
  type Cursor,
  enter,
  failDuplicate,
  failShort,
  hasFailed,
  leave,
  readLength,
  readOption,
  readVariant,
} from './cursor.ts'
import { lengthReader } from './leb128.ts'
import { objectReader } from './object-reader.ts'

type Read = (cursor: Cursor) => unknown

/**
 * Compiles a shape to a function that reads a value. The function may be called after the cursor has failed; its result has no
 * meaning then.
 */
export function valueReader(root: Shape, sizes: Sizes): Read {
  const compile = (shape: Shape, reader: (shape: Shape) => Read): Read => {
    switch (shape.kind) {
      case 'leaf':
        return shape.read
      case 'option': {
        const read = reader(shape.item)
        if (!isNullable(shape.item)) return (cursor) => (readOption(cursor) ? read(cursor) : null)
        return (cursor) => (readOption(cursor) ? { Some: read(cursor) } : null)
      }
      case 'sequence': {
        const read = reader(shape.item)
        const size = sizes.size(shape.item)
        const length = lengthReader(shape.name)
        return (cursor) => readItems(cursor, read, length(cursor, size, shape.name))
      }
      case 'array': {
        const read = reader(shape.item)
        const size = sizes.size(shape)
        return (cursor) => {
          if (size <= cursor.end - cursor.position) return readItems(cursor, read, shape.length)
          failShort(cursor, size, `[…; ${shape.length}]`)
        }
      }
      case 'map': {
        const key = reader(shape.key)
        const value = reader(shape.value)
        const size = sizes.size(shape.key) + sizes.size(shape.value)
        if (!isTextKey(shape.key)) {
          return (cursor) => readPairs(cursor, key, value, readLength(cursor, size, shape.name))
        }
        const mustRemember = isSortedMap(shape.name) ? hasIndexKey : losesOrder
        return (cursor) => readObject(cursor, key, value, readLength(cursor, size, shape.name), mustRemember)
      }
      case 'tuple': {
        const reads = shape.items.map(reader)
        return (cursor) => (hasFailed(cursor) ? undefined : reads.map((read) => read(cursor)))
      }
      case 'struct':
        return objectReader(shape.fields.map((field) => ({ name: field.name, read: reader(field.shape) })))
      case 'enum':
        return enumReader(shape, reader)
      case 'ref': {
        let read: Read | undefined
        return (cursor) => {
          if (!enter(cursor, shape.height, shape.name)) return undefined
          read ??= reader(shape.target)
          const value = read(cursor)
          leave(cursor, shape.height)
          return value
        }
      }
    }
  }
  return compileReader(root, sizes, compile, undefined)
}

function enumReader({ name, variants }: Enum, reader: (shape: Shape) => Read): Read {
  const reads = variants.map((variant): Read => {
    if (variant.shape === undefined) return () => variant.name
    return objectReader([{ name: variant.name, read: reader(variant.shape) }])
  })
  return (cursor) => {
    const variant = readVariant(cursor, reads.length, name)
    return variant < 0 ? undefined : (reads[variant] as Read)(cursor)
  }
}

function readItems(cursor: Cursor, read: Read, length: number): unknown[] {
  const items: unknown[] = []
  for (let index = 0; index < length && !hasFailed(cursor); index += 1) items.push(read(cursor))
  return items
}

function readPairs(cursor: Cursor, key: Read, value: Read, length: number): unknown[] {
  const pairs: unknown[] = []
  for (let index = 0; index < length && !hasFailed(cursor); index += 1) pairs.push([key(cursor), value(cursor)])
  return pairs
}

/** Whether the order of these keys must be remembered to encode the map to the same bytes. */
type MustRemember = (keys: readonly string[]) => boolean

function readObject(cursor: Cursor, key: Read, value: Read, length: number, mustRemember: MustRemember): object {
  const map: Record<string, unknown> = {}
  const keys: string[] = []
  for (let index = 0; index < length && !hasFailed(cursor); index += 1) {
    const { position } = cursor
    const name = `${key(cursor)}`
    if (Object.hasOwn(map, name)) failDuplicate(cursor, name, position)
    keys.push(name)
    // Assigning to __proto__ would set the prototype.
    if (name === '__proto__') Object.defineProperty(map, name, ownProperty(value(cursor)))
    else map[name] = value(cursor)
  }
  if (keys.length > 1 && mustRemember(keys)) rememberOrder(map, keys)
  return map
}

const ownProperty = (value: unknown) => ({ value, enumerable: true, configurable: true, writable: true })
