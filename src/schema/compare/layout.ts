import { type LibraryType, libraryType, type VarintWire } from '../library-types.ts'
import type { NamedType, Primitive, Type, Variants } from '../model.ts'
import { formatType } from '../type-text.ts'
import { type Part, partsOf } from './parts.ts'

export type Types = ReadonlyMap<string, NamedType>

/** The structure of a type's bytes, without the newtypes and library types around it. */
export type WireNode =
  | { readonly kind: 'leaf'; readonly wire: Primitive }
  | VarintWire
  | Extract<Type, { kind: 'option' | 'sequence' | 'map' | 'array' }>
  /** The parts in a row, without a count or a tag: a struct, a tuple or a unit. */
  | { readonly kind: 'product'; readonly parts: readonly Part[] }
  | { readonly kind: 'enum'; readonly variants: Variants }
  /** A type that cannot be read, or that always contains itself. */
  | { readonly kind: 'opaque'; readonly name: string }

/** A type with the structure of its bytes. */
export interface Resolved {
  readonly type: Type
  readonly node: WireNode
  /** The library type, if the type is one. */
  readonly known: LibraryType | undefined
}

/** Limit for newtypes of newtypes; real schemas stay far below it. */
const MAX_NEWTYPE_STEPS = 128
/** Limit for the fields of a flattened struct; real schemas stay far below it. */
const MAX_SLOTS = 2_000
/** Longer arrays are compared as arrays, not item by item. */
const MAX_FLAT_ITEMS = 64

/** Resolves names, newtypes and library types to the structure of the bytes. */
export function resolveType(types: Types, type: Type): Resolved {
  let found = type
  for (let steps = 0; steps < MAX_NEWTYPE_STEPS; steps += 1) {
    if (found.kind === 'known') {
      const known = libraryType(found.name)
      const wire = known?.wire
      if (wire === undefined) return { type, node: { kind: 'opaque', name: found.name }, known: undefined }
      if (wire.kind === 'variants') return { type, node: { kind: 'enum', variants: wire.variants }, known }
      if (wire.kind === 'varint') return { type, node: wire, known }
      if (wire.kind === 'fields') return { type, node: { kind: 'product', parts: wire.fields }, known }
      return { type, node: resolveType(types, wire).node, known }
    }
    if (found.kind !== 'named') return { type, node: nodeOf(found), known: undefined }
    const named = types.get(found.name)
    if (named === undefined) return { type, node: { kind: 'opaque', name: found.name }, known: undefined }
    if (named.kind === 'enum') return { type, node: { kind: 'enum', variants: named.variants }, known: undefined }
    const parts = partsOf(named.fields)
    const [only] = parts
    if (only === undefined || parts.length > 1 || named.fields.kind === 'fields') {
      return { type, node: { kind: 'product', parts }, known: undefined }
    }
    found = only.type
  }
  return { type, node: { kind: 'opaque', name: formatType(type) }, known: undefined }
}

function nodeOf(type: Exclude<Type, { kind: 'known' | 'named' }>): WireNode {
  switch (type.kind) {
    case 'option':
    case 'sequence':
    case 'map':
    case 'array':
      return type
    case 'tuple':
      return { kind: 'product', parts: type.items.map((item) => ({ type: item })) }
    case 'unit':
      return { kind: 'product', parts: [] }
    case 'result': {
      const variant = (name: string, item: Type) => ({ name, fields: { kind: 'tuple' as const, items: [item] } })
      return { kind: 'enum', variants: [variant('Ok', type.ok), variant('Err', type.error)] }
    }
    default:
      return { kind: 'leaf', wire: type.kind }
  }
}

/**
 * Flattens parts to slots, in the order of the bytes. A nested struct or short array is replaced by its parts, and types without
 * bytes are left out.
 */
export function flatten(types: Types, parts: readonly Part[]): Part[] {
  const slots: Part[] = []
  // `outer` has the names of the types around the part, to detect a type that always contains itself.
  const add = ({ name, type }: Part, outer: readonly string[]): void => {
    const { node, known } = resolveType(types, type)
    const inner = type.kind === 'named' ? [...outer, type.name] : outer
    if (type.kind === 'named' && outer.includes(type.name)) slots.push({ name, type: endless })
    else if (slots.length > MAX_SLOTS || (known !== undefined && known.json !== 'wire')) slots.push({ name, type })
    else if (node.kind === 'product') for (const part of node.parts) add({ ...part, name: part.name ?? name }, inner)
    else if (node.kind === 'array' && node.length <= MAX_FLAT_ITEMS) {
      for (let index = 0; index < node.length; index += 1) add({ name, type: node.item }, inner)
    } else slots.push({ name, type })
  }
  for (const part of parts) add(part, [])
  return slots
}

/** Stands for a struct that always contains itself: it has no value, like a type that cannot be read. */
const endless: Type = { kind: 'known', name: 'unreadable' }

/** Whether the bytes are only those of the parts in a row, without a count or a tag. */
export const isGroup = (node: WireNode): boolean =>
  node.kind === 'product' || (node.kind === 'array' && node.length <= MAX_FLAT_ITEMS)

/** Whether JSON has the type as a string in a format of its own, such as a UUID or an IP address. */
export const hasJsonText = ({ known }: Resolved): boolean => known !== undefined && known.json !== 'wire'

/** Returns the flattened parts of a group (see {@link isGroup}), or the type itself as the only slot. */
export function slotsOf(types: Types, { node, type }: Resolved): Part[] {
  if (node.kind === 'product') return flatten(types, node.parts)
  return node.kind === 'array'
    ? flatten(
        types,
        Array.from({ length: node.length }, () => ({ type: node.item })),
      )
    : [{ type }]
}

/** Whether a value of the type takes no bytes, such as a unit or a struct without fields. */
export const takesNoBytes = (types: Types, type: Type): boolean => flatten(types, [{ type }]).length === 0

/** The size of each primitive in bytes, if all of its values have the same size. */
export const widths: Partial<Record<Primitive, number>> = {
  ...{ bool: 1, u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, f32: 4 },
  ...{ u64: 8, i64: 8, usize: 8, isize: 8, f64: 8, u128: 16, i128: 16 },
}

/** The number of bytes that every value of the type takes; `Infinity` if the number depends on the value. */
export function widthOf(types: Types, type: Type): number {
  const { node } = resolveType(types, type)
  if (node.kind === 'leaf') return widths[node.wire] ?? Number.POSITIVE_INFINITY
  if (node.kind === 'enum' && hasOnlyUnits(node.variants)) return 4
  if (node.kind === 'array') return node.length === 0 ? 0 : node.length * widthOf(types, node.item)
  if (node.kind !== 'product') return Number.POSITIVE_INFINITY
  const slots = flatten(types, node.parts)
  return slots.length > MAX_SLOTS
    ? Number.POSITIVE_INFINITY
    : slots.reduce((sum, slot) => sum + widthOf(types, slot.type), 0)
}

/** Whether no variant has contents, so that the bytes are only the variant number. */
export const hasOnlyUnits = (variants: Variants): boolean =>
  variants.every(({ fields }) => partsOf(fields).length === 0)

/** Whether all bytes of the type's width decode to a value: true for an integer, false for a bool. */
export function acceptsAnyBytes(types: Types, type: Type): boolean {
  const { node, known } = resolveType(types, type)
  if (node.kind === 'array') return known === undefined && acceptsAnyBytes(types, node.item)
  return node.kind === 'leaf' && node.wire !== 'bool' && known === undefined
}
