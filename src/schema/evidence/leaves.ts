import { libraryType } from '../library-types.ts'
import type { Fields, Schema, Type, Variants } from '../model.ts'

/** A part of a decoded value without parts: a number, a text, the length of a list or the variant of an enum. */
export interface Leaf {
  readonly text: string
  /** The names of the fields around the leaf, from the root, each with its siblings. */
  readonly path: readonly Member[]
  /** The variant, for the leaf that says which variant of an enum the value is. */
  readonly variant?: Member
}

/** A field or variant, and the names of all fields or variants beside it. */
interface Member {
  readonly name: string
  readonly names: ReadonlySet<string>
}

/** Lists the leaves of a decoded value in the order of its bytes. Structs and tuples add no leaf of their own. */
export type LeavesOf = (value: unknown) => Leaf[]

export function leafLister(schema: Schema): LeavesOf {
  const nameSets = new WeakMap<object, ReadonlySet<string>>()
  const namesOf = (members: readonly { readonly name: string }[]): ReadonlySet<string> => {
    const known = nameSets.get(members) ?? new Set(members.map(({ name }) => name))
    nameSets.set(members, known)
    return known
  }
  return (root) => {
    const leaves: Leaf[] = []
    const add = (type: Type, value: unknown, path: readonly Member[]): void => {
      const leaf = (text: string) => leaves.push({ text, path })
      const each = (item: Type, items: unknown) => {
        for (const inner of items as unknown[]) add(item, inner, path)
      }
      switch (type.kind) {
        case 'unit':
          return
        case 'option': {
          leaf(value === null ? 'None' : 'Some')
          if (value !== null) add(type.item, isSome(value) && mayBeNull(schema, type.item) ? value.Some : value, path)
          return
        }
        case 'sequence':
          if (typeof value === 'string') bytes(value, true, path)
          else {
            leaf(lengthText((value as unknown[]).length))
            each(type.item, value)
          }
          return
        case 'bytes':
          bytes(value as string, true, path)
          return
        case 'array':
          if (typeof value === 'string') bytes(value, false, path)
          else each(type.item, value)
          return
        case 'map': {
          const entries = Array.isArray(value) ? (value as [unknown, unknown][]) : Object.entries(value as object)
          leaf(lengthText(entries.length))
          for (const [key, inner] of entries) {
            add(type.key, key, path)
            add(type.value, inner, path)
          }
          return
        }
        case 'tuple':
          for (const [index, item] of type.items.entries()) add(item, (value as unknown[])[index], path)
          return
        case 'result':
          addVariant(resultVariants(type.ok, type.error), value, path)
          return
        case 'known':
          known(type.name, value, path)
          return
        case 'named': {
          const named = schema.types.get(type.name)
          if (named?.kind === 'struct') addFields(named.fields, value, path)
          else if (named !== undefined) addVariant(named.variants, value, path)
          return
        }
        case 'String':
        case 'char':
          leaf(value === '' ? lengthText(0) : JSON.stringify(value))
          return
        default:
          // A map has its keys as text.
          leaf(Object.is(value, -0) ? '-0' : `${value}`)
      }
    }
    const addFields = (fields: Fields, value: unknown, path: readonly Member[]): void => {
      if (fields.kind === 'fields') {
        const names = namesOf(fields.fields)
        for (const { name, type } of fields.fields) {
          add(type, (value as Record<string, unknown>)[name], [...path, { name, names }])
        }
      } else if (fields.kind === 'tuple') {
        for (const [index, item] of fields.items.entries()) {
          add(item, fields.items.length === 1 ? value : (value as unknown[])[index], path)
        }
      }
    }
    const addVariant = (variants: Variants, value: unknown, path: readonly Member[]): void => {
      const [name, contents] =
        typeof value === 'string' ? [value, null] : (Object.entries(value as object)[0] as [string, unknown])
      const index = variants.findIndex((variant) => variant.name === name)
      leaves.push({ text: `variant ${index}`, path, variant: { name, names: namesOf(variants) } })
      addFields(variants[index]?.fields ?? { kind: 'unit' }, contents, path)
    }
    const bytes = (base64: string, hasLength: boolean, path: readonly Member[]): void => {
      const held = Buffer.from(base64, 'base64')
      if (hasLength) leaves.push({ text: lengthText(held.length), path })
      for (const byte of held) leaves.push({ text: `${byte}`, path })
    }
    const known = (name: string, value: unknown, path: readonly Member[]): void => {
      const wire = libraryType(name)?.wire
      const isNumber = wire !== undefined && /^([ui]\d+|varint)$/.test(wire.kind)
      if (typeof value === 'object' && value !== null) {
        for (const inner of Object.values(value)) known('', inner, path)
      } else if (typeof value === 'string' && !isNumber)
        leaves.push({ text: value === '' ? lengthText(0) : JSON.stringify(value), path })
      else leaves.push({ text: `${value}`, path })
    }
    add({ kind: 'named', name: schema.root }, root, [])
    return leaves
  }
}

const lengthText = (length: number): string => `length ${length}`

const isSome = (value: unknown): value is { readonly Some: unknown } =>
  typeof value === 'object' && value !== null && 'Some' in value

function mayBeNull(schema: Schema, type: Type): boolean {
  if (type.kind === 'unit' || type.kind === 'option') return true
  const named = type.kind === 'named' ? schema.types.get(type.name) : undefined
  if (named?.kind !== 'struct') return false
  if (named.fields.kind === 'unit') return true
  const [only, ...more] = named.fields.kind === 'tuple' ? named.fields.items : []
  return only !== undefined && more.length === 0 && mayBeNull(schema, only)
}

const resultVariants = (ok: Type, error: Type): Variants => [
  { name: 'Ok', fields: { kind: 'tuple', items: [ok] } },
  { name: 'Err', fields: { kind: 'tuple', items: [error] } },
]

/**
 * Whether two values are the same. `a` was decoded with the old types and `b` with the new ones. Names are not on the wire, so
 * a field or variant may have a new name; a name that both types have at different positions makes the values differ.
 */
export function haveSameLeaves(a: readonly Leaf[], b: readonly Leaf[]): boolean {
  return a.length === b.length && a.every((leaf, index) => isSameLeaf(leaf, b[index] as Leaf))
}

function isSameLeaf(a: Leaf, b: Leaf): boolean {
  if (a.text !== b.text) return false
  if (a.variant !== undefined && b.variant !== undefined && !mayBeRenamed(a.variant, b.variant)) return false
  // Fields of a struct that was put around others, or taken away, are compared by their own names only.
  const isSameDepth = a.path.length === b.path.length
  const [members, others] = isSameDepth ? [a.path, b.path] : [a.path.slice(-1), b.path.slice(-1)]
  return members.every((member, index) => {
    const other = others[index]
    return other === undefined || mayBeRenamed(member, other)
  })
}

const mayBeRenamed = (a: Member, b: Member): boolean =>
  a.name === b.name || (!a.names.has(b.name) && !b.names.has(a.name))
