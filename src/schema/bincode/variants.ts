import type { Schema } from '../model.ts'
import { int32 } from './reading/cursor.ts'
import { type Enum, resolved, type Shape, shapeOf } from './shape.ts'

/** An enum and, where its variants hold nothing but another enum, those. */
export interface VariantTree {
  readonly enum: Enum
  readonly variants: readonly Variant[]
}

export interface Variant {
  readonly name: string
  /** From the root: `Inventory.SeatReserved`. */
  readonly path: string
  /** Numbers from the root: the u32s that the payload begins with. */
  readonly indexes: readonly number[]
  readonly shape: Shape | undefined
  readonly inner: VariantTree | undefined
}

/** Enums that wrap enums, deeper than anybody does, and more variants of them than anybody has. */
const mostSteps = 8
const mostVariants = 20_000

/** `undefined` when the payloads are no enum. An enum met again inside itself is not gone into. */
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
        outer.length < mostSteps &&
        count < mostVariants
      const inner = isNested ? tree(held, [...outer, own], here, numbers) : undefined
      return { name: variant.name, path: here, indexes: numbers, shape: variant.shape, inner }
    })
    return { enum: own, variants }
  }
  const found = resolved(root)
  return found.kind === 'enum' ? tree(found, [], '', []) : undefined
}

/** The variants whose payload is no further enum, in the order of the source. */
export function* variantsOf(tree: VariantTree): Generator<Variant> {
  for (const variant of tree.variants) {
    yield variant
    if (variant.inner !== undefined) yield* variantsOf(variant.inner)
  }
}

/** The path of variants that a payload begins with, as far as it has one. */
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

/** `OrderPlaced.v1` → `OrderPlaced`. Debug formatting leaves a value behind the name, which says nothing here. */
const nameIn = (eventType: string): string => eventType.replace(/[\s({].*$/s, '').replace(/\.v\d+$/, '')

/** Names are compared as people mean them: `order_placed` and `Order.Placed` are OrderPlaced. */
const spelling = (name: string): string => name.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase()

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1)

/** Whether an event type means this variant, as far as names tell. */
export function means(eventType: string, path: string): boolean {
  const name = spelling(nameIn(eventType))
  return name === spelling(lastOf(path)) || name === spelling(path)
}

/** A variant and what is inside of it: an event may hold an enum that is no event. */
export const isWithin = (path: string, outer: string): boolean => path === outer || path.startsWith(`${outer}.`)

/** Every path of a schema's variants: asked for on each new event type. */
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
 * Says so when bytes hold another variant than their event type names: the sign of an enum that was reordered, or
 * grew in the middle, after they were written or after the schema was. An event type that names no variant says
 * nothing.
 */
export function checkVariant(schema: Schema, eventType: string, path: string): string | undefined {
  const expected = schema.events.get(eventType)
  if (expected !== undefined ? isWithin(path, expected) : isNamed(eventType, path)) return undefined
  const due = expected ?? allPaths(schema).find((other) => means(eventType, other))
  if (due === undefined) return undefined
  return `the event type ${eventType} is written as ${due}, but the bytes say ${path}: were the variants of ${schema.root} reordered?`
}

/** By its own name or that of a variant it is within. */
function isNamed(eventType: string, path: string): boolean {
  const steps = path.split('.')
  return steps.some((_, index) => means(eventType, steps.slice(0, index + 1).join('.')))
}
