import type { Shape } from '../shape.ts'
import type { Sizes } from '../shape-size.ts'
import { type Cursor, takeEmptyItems } from './cursor.ts'

type Read<T> = (cursor: Cursor) => T

/**
 * Compiles each shape under a root once. Values that take no bytes are counted, since no length check bounds them; past
 * the limit a reader returns `failed`, and the cursor has the reason.
 */
export function compileReader<T>(
  root: Shape,
  sizes: Sizes,
  compile: (shape: Shape, reader: (shape: Shape) => Read<T>) => Read<T>,
  failed: NoInfer<T>,
): Read<T> {
  const made = new Map<Shape, Read<T>>()
  const counted = (shape: Shape, read: Read<T>): Read<T> => {
    const emptyItems = sizes.emptyItems(shape)
    if (emptyItems === 0) return read
    const what = shape.kind === 'leaf' || shape.kind === 'struct' ? shape.name : shape.kind
    return (cursor) => (takeEmptyItems(cursor, emptyItems, what) ? read(cursor) : failed)
  }
  const reader = (shape: Shape): Read<T> => {
    const known = made.get(shape)
    if (known !== undefined) return known
    const read = counted(shape, compile(shape, reader))
    made.set(shape, read)
    return read
  }
  return reader(root)
}
