import type { FieldSelection } from '../field-selection.ts'
import { isNullable, type Shape } from '../shape.ts'
import type { Sizes } from '../shape-size.ts'
import { compileReader } from './compile-reader.ts'
import { type Cursor, enter, failShort, hasFailed, leave, readOption, readVariant } from './cursor.ts'
import { lengthReader } from './leb128.ts'
import { objectReader } from './object-reader.ts'
import { valueReader } from './read-value.ts'

type Read = (cursor: Cursor) => unknown

/**
 * Compiles a shape to a function that reads a value as {@link valueReader} does, but creates only the selected fields of structs
 * and variants. The other fields are checked and skipped: they are undefined.
 */
export function fieldReader(root: Shape, sizes: Sizes, selected: FieldSelection): Read {
  const skip = skipReader(sizes)
  const reader = (shape: Shape, fields: FieldSelection | undefined): Read => {
    if (fields === undefined) return skip(shape)
    // A shape without bytes counts its values, which the reader of whole values does.
    if (fields === 'all' || sizes.emptyItems(shape) > 0) return valueReader(shape, sizes)
    switch (shape.kind) {
      case 'struct':
        return objectReader(
          shape.fields.map((one) => ({ name: one.name, read: reader(one.shape, fields.get(one.name)) })),
        )
      case 'enum': {
        const reads = shape.variants.map((one): Read => {
          if (one.shape === undefined) return () => one.name
          return objectReader([{ name: one.name, read: reader(one.shape, fields.get(one.name)) }])
        })
        return (cursor) => {
          const variant = readVariant(cursor, reads.length, shape.name)
          return variant < 0 ? undefined : (reads[variant] as Read)(cursor)
        }
      }
      case 'option': {
        if (isNullable(shape.item)) return valueReader(shape, sizes)
        const read = reader(shape.item, fields)
        return (cursor) => (readOption(cursor) ? read(cursor) : null)
      }
      default:
        return valueReader(shape, sizes)
    }
  }
  return reader(root, selected)
}

/** Returns the function that compiles a shape to a reader that checks a value and moves past it. */
function skipReader(sizes: Sizes): (shape: Shape) => Read {
  const compile = (shape: Shape, reader: (shape: Shape) => Read): Read => {
    switch (shape.kind) {
      case 'leaf':
        return shape.skip ?? shape.read
      case 'option': {
        const skip = reader(shape.item)
        return (cursor) => (readOption(cursor) ? skip(cursor) : undefined)
      }
      case 'sequence': {
        const skip = reader(shape.item)
        const size = sizes.size(shape.item)
        const length = lengthReader(shape.name)
        return (cursor) => skipItems(cursor, skip, length(cursor, size, shape.name))
      }
      case 'array': {
        const skip = reader(shape.item)
        const size = sizes.size(shape)
        return (cursor) => {
          if (size <= cursor.end - cursor.position) skipItems(cursor, skip, shape.length)
          else failShort(cursor, size, `[…; ${shape.length}]`)
        }
      }
      case 'map':
        // Its keys must be read to find duplicates.
        return valueReader(shape, sizes)
      case 'tuple':
        return skipAll(shape.items.map(reader))
      case 'struct':
        return skipAll(shape.fields.map((one) => reader(one.shape)))
      case 'enum': {
        const skips = shape.variants.map((one) => (one.shape === undefined ? undefined : reader(one.shape)))
        return (cursor) => {
          const variant = readVariant(cursor, skips.length, shape.name)
          if (variant >= 0) skips[variant]?.(cursor)
        }
      }
      case 'ref': {
        let skip: Read | undefined
        return (cursor) => {
          if (!enter(cursor, shape.height, shape.name)) return
          skip ??= reader(shape.target)
          skip(cursor)
          leave(cursor, shape.height)
        }
      }
    }
  }
  return (shape) => compileReader(shape, sizes, compile, undefined)
}

const skipAll =
  (skips: readonly Read[]): Read =>
  (cursor) => {
    for (const skip of skips) skip(cursor)
  }

function skipItems(cursor: Cursor, skip: Read, length: number): void {
  for (let index = 0; index < length && !hasFailed(cursor); index += 1) skip(cursor)
}
