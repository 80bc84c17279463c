import type { Shape } from '../shape.ts'
import type { Sizes } from '../shape-size.ts'
import { type Cursor, takeEmptyItems } from './cursor.ts'

type Read<T> = (cursor: Cursor) => T

/**
 * Compiles the reader of a root shape. Shapes that are used several times share one reader.
 *
 * Counts values that take no bytes, because the length of the input does not limit how many a sequence may claim. Above the
 * limit of {@link takeEmptyItems}, the reader returns `failed` and the cursor has the reason.
 *
 * `compile` returns the reader of one shape. It gets the readers of inner shapes from its second argument.
 */
export function compileReader<T>(
  root: Shape,
  sizes: Sizes,
  compile: (shape: Shape, reader: (shape: Shape) => Read<T>) => Read<T>,
  failed: NoInfer<T>,
): Read<T> {
  const readers = new Map<Shape, Read<T>>()
  const withCount = (shape: Shape, read: Read<T>): Read<T> => {
    const emptyItems = sizes.emptyItems(shape)
    if (emptyItems === 0) return read
    const what = shape.kind === 'leaf' || shape.kind === 'struct' ? shape.name : shape.kind
    return (cursor) => (takeEmptyItems(cursor, emptyItems, what) ? read(cursor) : failed)
  }
  const reader = (shape: Shape): Read<T> => {
    const known = readers.get(shape)
    if (known !== undefined) return known
    const read = withCount(shape, compile(shape, reader))
    readers.set(shape, read)
    return read
  }
  return reader(root)
}
