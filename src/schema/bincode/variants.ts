import type { Schema } from '../model.ts'
import { int32 } from './reading/cursor.ts'
import { type Enum, resolved, type Shape, shapeOf } from './shape.ts'

/** An enum with its variants, and the enums that its newtype variants wrap. */
export interface VariantTree {
  readonly enum: Enum
  readonly variants: readonly Variant[]
}

export interface Variant {
  readonly name: string
  /** The path from the root: `Inventory.SeatReserved`. */
  readonly path: string
  /** The variant numbers from the root: the u32s at the start of the payload. */
  readonly indexes: readonly number[]
  readonly shape: Shape | undefined
  readonly inner: VariantTree | undefined
}

/** Limits for enums that wrap enums; real schemas stay far below them. */
const MAX_NESTED_ENUMS = 8
const MAX_VARIANTS = 20_000

/** Builds the variant tree of a root; `undefined` if the root is not an enum. An enum inside itself is not expanded. */
export function variantTree(root: Shape): VariantTree | undefined {
  let count = 0
  const tree = (shape: Shape, outer: readonly Enum[], path: string, indexes: readonly number[]): VariantTree => {
    const own = shape as Enum
    count += own.variants.length
    const variants = own.variants.map((variant, index): Variant => {
      const here = path === '' ? variant.name : `${path}.${variant.name}`
      const numbers = [...indexes, index]
      const held = variant.shape === undefined ? undefined : resolved(variant.shape)
      const isNested =
        held?.kind === 'enum' &&
        held !== own &&
        !outer.includes(held) &&
        outer.length < MAX_NESTED_ENUMS &&
        count < MAX_VARIANTS
      const inner = isNested ? tree(held, [...outer, own], here, numbers) : undefined
      return { name: variant.name, path: here, indexes: numbers, shape: variant.shape, inner }
    })
    return { enum: own, variants }
  }
  const found = resolved(root)
  return found.kind === 'enum' ? tree(found, [], '', []) : undefined
}

/** All variants of a tree, each followed by the variants of the enum it wraps, in the order of the source. */
export function* variantsOf(tree: VariantTree): Generator<Variant> {
  for (const variant of tree.variants) {
    yield variant
    if (variant.inner !== undefined) yield* variantsOf(variant.inner)
  }
}

/** The path of the variants at the start of a payload; empty if it starts with an unknown variant. */
export function variantPath(tree: VariantTree, bytes: Uint8Array): string {
  let offset = 0
  let at: VariantTree | undefined = tree
  let path = ''
  while (at !== undefined && offset + 4 <= bytes.length) {
    const variant: Variant | undefined = at.variants[int32(bytes, offset) >>> 0]
    if (variant === undefined) return path
    path = variant.path
    at = variant.inner
    offset += 4
  }
  return path
}

/** `OrderPlaced.v1` → `OrderPlaced`. Rust's Debug format may append fields to the name, which are cut off. */
const withoutVersion = (eventType: string): string => eventType.replace(/[\s({].*$/s, '').replace(/\.v\d+$/, '')

/** Normalizes a name for comparison: `order_placed` and `Order.Placed` equal `OrderPlaced`. */
const normalized = (name: string): string => name.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase()

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1)

/** Whether the name of an event type is that of a variant. */
export function namesVariant(eventType: string, path: string): boolean {
  const name = normalized(withoutVersion(eventType))
  return name === normalized(lastOf(path)) || name === normalized(path)
}

/** Whether a path is that of a variant or of one inside it, since an event may contain an enum whose variants are not events. */
export const isWithin = (path: string, outer: string): boolean => path === outer || path.startsWith(`${outer}.`)

/** The paths of all variants of each schema, cached since they are needed for each new event type. */
const pathsOf = new WeakMap<Schema, readonly string[]>()

function allPaths(schema: Schema): readonly string[] {
  const known = pathsOf.get(schema)
  if (known !== undefined) return known
  const tree = variantTree(shapeOf(schema))
  const paths = tree === undefined ? [] : [...variantsOf(tree)].map(({ path }) => path)
  pathsOf.set(schema, paths)
  return paths
}

/**
 * Returns a warning when the bytes hold another variant than the event type names. This is the sign of an enum whose
 * variants were reordered, or inserted in the middle, after the bytes or the schema were written. `undefined` when they
 * agree, and for an event type that does not name a variant.
 */
export function checkVariant(schema: Schema, eventType: string, path: string): string | undefined {
  const expected = schema.events.get(eventType)
  if (expected !== undefined ? isWithin(path, expected) : isNamed(eventType, path)) return undefined
  const named = expected ?? allPaths(schema).find((other) => namesVariant(eventType, other))
  if (named === undefined) return undefined
  return `event type ${eventType} is variant ${named}, but the bytes are variant ${path}: were the variants of ${schema.root} reordered?`
}

/** Whether an event type names a variant or one of the variants around it. */
function isNamed(eventType: string, path: string): boolean {
  const steps = path.split('.')
  return steps.some((_, index) => namesVariant(eventType, steps.slice(0, index + 1).join('.')))
}
