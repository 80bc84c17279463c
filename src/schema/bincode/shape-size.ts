import { SHORT_VEC } from '../library-containers.ts'
import type { Leaf } from './leaves/leaf.ts'
import type { Ref, Shape } from './shape.ts'

/** How many bytes and values the shapes of a schema need at least. */
export interface Sizes {
  /** The fewest bytes a value takes. With this size, the length of a list is checked before anything is allocated. */
  readonly size: (shape: Shape) => number
  /** How many values a shape without bytes creates, including itself; 0 for a leaf, and for a shape that takes bytes. */
  readonly emptyItems: (shape: Shape) => number
}

/** Computes the sizes of all shapes under a root. A type that always contains itself has the size `Infinity`. */
export function sizesOf(root: Shape): Sizes {
  const refs = new Map<Ref, number>()
  let memo = new Map<Shape, number>()
  const size = (shape: Shape): number => {
    if (shape.kind === 'leaf') return shape.size
    if (shape.kind === 'ref') {
      const known = refs.get(shape)
      if (known === undefined) refs.set(shape, Number.POSITIVE_INFINITY)
      return known ?? Number.POSITIVE_INFINITY
    }
    const known = memo.get(shape)
    if (known !== undefined) return known
    const found = ownSize(shape, size)
    memo.set(shape, found)
    return found
  }
  // Each recursive type starts at Infinity. Each round lowers the sizes of those that can end.
  for (let changed = true; changed; ) {
    changed = false
    memo = new Map()
    size(root)
    for (const [ref, before] of refs) {
      const now = size(ref.target)
      if (now < before) {
        refs.set(ref, now)
        changed = true
      }
    }
  }
  return { size, emptyItems: emptyItemsOf(size) }
}

/**
 * The size of a shape, by the sizes of its parts. Calls `size` for every part, even where the result does not matter, so that
 * every `ref` below is found.
 */
function ownSize(shape: Exclude<Shape, Leaf | Ref>, size: (shape: Shape) => number): number {
  switch (shape.kind) {
    case 'option':
      size(shape.item)
      return 1
    case 'sequence':
      size(shape.item)
      return shape.name === SHORT_VEC ? 1 : 8
    case 'map':
      size(shape.key)
      size(shape.value)
      return 8
    case 'array':
      return shape.length === 0 ? 0 : shape.length * size(shape.item)
    case 'tuple':
      return shape.items.reduce((sum, item) => sum + size(item), 0)
    case 'struct':
      return shape.fields.reduce((sum, field) => sum + size(field.shape), 0)
    case 'enum':
      return 4 + Math.min(...shape.variants.map((variant) => (variant.shape === undefined ? 0 : size(variant.shape))))
  }
}

function emptyItemsOf(size: (shape: Shape) => number): (shape: Shape) => number {
  const memo = new Map<Shape, number>()
  const count = (shape: Shape): number => {
    if (shape.kind === 'leaf') return 1
    if (size(shape) !== 0) return 0
    const known = memo.get(shape)
    if (known !== undefined) return known
    let found = 1
    if (shape.kind === 'array') found += shape.length === 0 ? 0 : shape.length * count(shape.item)
    if (shape.kind === 'tuple') for (const item of shape.items) found += count(item)
    if (shape.kind === 'struct') for (const field of shape.fields) found += count(field.shape)
    memo.set(shape, found)
    return found
  }
  return (shape) => (shape.kind === 'leaf' ? 0 : count(shape))
}
