import { importedWith } from '../cfg-answers.ts'
import type { Schema } from '../model.ts'
import { int32 } from './reading/cursor.ts'
import { type Enum, resolved, type Shape, shapeOf } from './shape.ts'

/** An enum with its variants, including the variants of enums that its newtype variants wrap. */
export interface VariantTree {
  readonly enum: Enum
  readonly variants: readonly Variant[]
}

export interface Variant {
  readonly name: string
  /** The dotted path from the root, such as `Inventory.SeatReserved`. */
  readonly path: string
  /** The variant numbers from the root: the u32s at the start of the payload. */
  readonly indexes: readonly number[]
  /** The contents; `undefined` for a unit variant. */
  readonly shape: Shape | undefined
  /** The enum that the variant wraps, if any. */
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
      const contents = variant.shape === undefined ? undefined : resolved(variant.shape)
      const isNested =
        contents?.kind === 'enum' &&
        contents !== own &&
        !outer.includes(contents) &&
        outer.length < MAX_NESTED_ENUMS &&
        count < MAX_VARIANTS
      const inner = isNested ? tree(contents, [...outer, own], here, numbers) : undefined
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

/** The path of the variants at the start of a payload, up to the first unknown one; empty if the first one is unknown. */
export function variantPath(tree: VariantTree, bytes: Uint8Array): string {
  let offset = 0
  let level: VariantTree | undefined = tree
  let path = ''
  while (level !== undefined && offset + 4 <= bytes.length) {
    const variant: Variant | undefined = level.variants[int32(bytes, offset) >>> 0]
    if (variant === undefined) return path
    path = variant.path
    level = variant.inner
    offset += 4
  }
  return path
}

/** `OrderPlaced.v1` → `OrderPlaced`. Rust's Debug format may append fields to the name, which are cut off. */
const withoutVersion = (eventType: string): string => eventType.replace(/[\s({].*$/s, '').replace(/\.v\d+$/, '')

/** Normalizes a name for comparison: `order_placed` and `Order.Placed` equal `OrderPlaced`. */
const normalized = (name: string): string => name.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase()

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1)

/** Whether the name of an event type is the path or the last name of a variant, ignoring case, separators and the version. */
export function namesVariant(eventType: string, path: string): boolean {
  const name = normalized(withoutVersion(eventType))
  return name === normalized(lastOf(path)) || name === normalized(path)
}

/** Whether a path is `outer` or lies inside it: an event may contain an enum whose variants are not events of their own. */
export const isWithin = (path: string, outer: string): boolean => path === outer || path.startsWith(`${outer}.`)

/** The paths of all variants of each schema, cached because every unknown event type needs them. */
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
 * Returns a warning if the bytes hold another variant than the event type names: the service was built with another `cfg` than
 * the schema was imported with, or the variants of the enum were probably reordered, or one was inserted in the middle, after the
 * bytes or the schema were written. Returns `undefined` if both agree, and for an event type that does not name a variant.
 */
export function checkVariant(schema: Schema, eventType: string, path: string): string | undefined {
  const expected = schema.events.get(eventType)
  if (expected !== undefined ? isWithin(path, expected) : namesPathOrOuter(eventType, path)) return undefined
  const named = expected ?? allPaths(schema).find((other) => namesVariant(eventType, other))
  const options = importedWith(schema)
  if (named === undefined) {
    // The variant of the event type may be one that the answers of the import exclude, so that another has its number.
    const isOther = options !== undefined && [...schema.events.values()].some((other) => isWithin(path, other))
    return isOther
      ? `${schema.root} has no variant for event type ${eventType}, but the bytes are variant ${path}: ${options}`
      : undefined
  }
  const cause = options ?? `were the variants of ${schema.root} reordered?`
  return `event type ${eventType} is variant ${named}, but the bytes are variant ${path}: ${cause}`
}

/** Whether an event type names a variant or one of the variants around the variant. */
function namesPathOrOuter(eventType: string, path: string): boolean {
  const steps = path.split('.')
  return steps.some((_, index) => namesVariant(eventType, steps.slice(0, index + 1).join('.')))
}
