import type { Shape } from '../shape.ts'
import type { Sizes } from '../shape-size.ts'
import { type Cursor, takeNothings } from './cursor.ts'

type Read<T> = (cursor: Cursor) => T

/**
 * Compiles every shape that a root leads to once. What takes no byte is counted, since nothing else bounds it; past the
 * bound a reader answers with `failed`, and the cursor holds why.
 */
export function compileReader<T>(
  root: Shape,
  sizes: Sizes,
  compile: (shape: Shape, reader: (shape: Shape) => Read<T>) => Read<T>,
  failed: NoInfer<T>,
): Read<T> {
  const made = new Map<Shape, Read<T>>()
  const counted = (shape: Shape, read: Read<T>): Read<T> => {
    const nothings = sizes.nothings(shape)
    if (nothings === 0) return read
    const what = shape.kind === 'leaf' || shape.kind === 'struct' ? shape.name : shape.kind
    return (cursor) => (takeNothings(cursor, nothings, what) ? read(cursor) : failed)
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
