import { type LibraryType, libraryType, type Wire } from '../library-types.ts'
import type { Fields, NamedType, Schema, Type } from '../model.ts'
import { jsonTextLeaf } from './leaves/json-text-leaves.ts'
import { byteArray, byteList, impossible, type Leaf, nonZero, primitives, textLeaf } from './leaves/leaf.ts'
import { textFormat } from './leaves/text-formats.ts'
import { varintLeaf } from './leaves/varint-leaf.ts'

/**
 * A type as the decoder and the encoder use it: names are resolved, newtypes are replaced by their contents, library types
 * by their wire form, and a reference is left only where a type contains itself. Each kind is handled in `shape-size.ts`,
 * `reading/` (`read-value.ts`, `read-json.ts`, `explain.ts`) and `writing/write-value.ts`.
 */
export type Shape =
  | Leaf
  | { readonly kind: 'option'; readonly item: Shape }
  | { readonly kind: 'sequence'; readonly name: string; readonly item: Shape }
  | { readonly kind: 'map'; readonly name: string; readonly key: Shape; readonly value: Shape }
  | { readonly kind: 'array'; readonly item: Shape; readonly length: number }
  | { readonly kind: 'tuple'; readonly name: string; readonly items: readonly Shape[] }
  | Struct
  | Enum
  | Ref

export interface Struct {
  readonly kind: 'struct'
  readonly name: string
  readonly fields: readonly { readonly name: string; readonly shape: Shape }[]
}

export interface Enum {
  readonly kind: 'enum'
  readonly name: string
  /** A variant without a shape is a unit variant, whose JSON is its name. */
  readonly variants: readonly { readonly name: string; readonly shape?: Shape }[]
}

/** A reference to a type from inside that type. */
export interface Ref {
  readonly kind: 'ref'
  readonly name: string
  target: Shape
  /** The most nested function calls that reading or writing the target takes, up to the next `ref`. */
  height: number
}

/** Nesting limit for types that are not recursive; real schemas stay far below it. */
const MAX_NESTING = 128

interface Building {
  readonly types: ReadonlyMap<string, NamedType>
  readonly shapes: Map<string, Shape>
  /** Names of the types whose shape is being built, each with the `ref` to it, if one was needed. */
  readonly unfinished: Map<string, Ref | undefined>
  /** Height of each shape above its leaves, in levels. */
  readonly heights: Map<Shape, number>
  /** Current recursion of {@link typeShape}. */
  depth: number
}

/** Builds the shape of a schema's root. A type that cannot be read becomes a leaf that fails with the reason. */
export function shapeOf(schema: Schema): Shape {
  const building: Building = {
    types: schema.types,
    shapes: new Map(),
    unfinished: new Map(),
    heights: new Map(),
    depth: 0,
  }
  return namedShape(building, schema.root)
}

function namedShape(building: Building, name: string): Shape {
  const finished = building.shapes.get(name)
  if (finished !== undefined) return finished
  if (building.unfinished.has(name)) {
    const ref = building.unfinished.get(name) ?? { kind: 'ref', name, target: primitives.unit, height: 0 }
    building.unfinished.set(name, ref)
    return ref
  }
  const type = building.types.get(name)
  if (type === undefined) return impossible(name, `the schema has no type ${name}`)
  building.unfinished.set(name, undefined)
  const shape =
    type.kind === 'struct' ? fieldsShape(building, name, type.fields) : enumShape(building, name, type.variants)
  const ref = building.unfinished.get(name)
  building.unfinished.delete(name)
  const found = shape === ref ? impossible(name, `${name} contains nothing but itself`) : shape
  building.shapes.set(name, found)
  if (ref !== undefined) {
    ref.target = found
    ref.height = building.heights.get(found) ?? 1
  }
  return found
}

/** The shape of a struct or variant. A newtype has the shape of its item. */
function fieldsShape(building: Building, name: string, fields: Fields): Shape {
  if (fields.kind === 'unit') return primitives.unit
  if (fields.kind === 'fields') {
    const parts = fields.fields.map((field) => ({ name: field.name, shape: typeShape(building, field.type) }))
    return withHeight(building, { kind: 'struct', name, fields: parts })
  }
  const items = fields.items.map((item) => typeShape(building, item))
  return items.length === 1 ? (items[0] as Shape) : withHeight(building, { kind: 'tuple', name, items })
}

type Variants = readonly { readonly name: string; readonly fields: Fields }[]

const enumShape = (building: Building, name: string, variants: Variants): Shape =>
  withHeight(building, {
    kind: 'enum',
    name,
    variants: variants.map((variant) =>
      variant.fields.kind === 'unit'
        ? { name: variant.name }
        : { name: variant.name, shape: fieldsShape(building, variant.name, variant.fields) },
    ),
  })

function typeShape(building: Building, type: Type): Shape {
  // The recursion reaches the end of a chain of types before their height is known, so it has a limit of its own.
  if (building.depth > MAX_NESTING * 4) return tooDeep
  building.depth += 1
  const shape = shapeOfType(building, type)
  building.depth -= 1
  return shape
}

const isU8 = (type: Type): boolean => type.kind === 'u8'

function shapeOfType(building: Building, type: Type): Shape {
  switch (type.kind) {
    case 'option':
      return withHeight(building, { kind: 'option', item: typeShape(building, type.item) })
    case 'sequence':
      if (type.name === 'Vec' && isU8(type.item)) return byteList('Vec<u8>')
      return withHeight(building, { kind: 'sequence', name: type.name, item: typeShape(building, type.item) })
    case 'map': {
      const key = typeShape(building, type.key)
      return withHeight(building, { kind: 'map', name: type.name, key, value: typeShape(building, type.value) })
    }
    case 'array': {
      const { length } = type
      if (isU8(type.item)) return byteArray(length)
      return withHeight(building, { kind: 'array', item: typeShape(building, type.item), length })
    }
    case 'tuple': {
      const items = type.items.map((item) => typeShape(building, item))
      return withHeight(building, { kind: 'tuple', name: 'a tuple', items })
    }
    case 'result':
      return withHeight(building, {
        kind: 'enum',
        name: 'Result',
        variants: [
          { name: 'Ok', shape: typeShape(building, type.ok) },
          { name: 'Err', shape: typeShape(building, type.error) },
        ],
      })
    case 'known':
      return knownShape(building, type.name)
    case 'named':
      return namedShape(building, type.name)
    default:
      return primitives[type.kind]
  }
}

function knownShape(building: Building, name: string): Shape {
  const known = libraryType(name)
  if (known === undefined) return impossible(name, `crbus does not know ${name}`)
  const { wire } = known
  if (wire === undefined) {
    // An import writes the type name 'unreadable' for a type of the service with one of these serde attributes.
    const what = name === 'unreadable' ? 'a type with serde(flatten), serde(tag) or serde(untagged)' : name
    return impossible(
      name,
      `${what} cannot be read from bincode: ${known.unreadable ?? 'its bytes do not say what they hold'}`,
    )
  }
  // On the wire, a UUID without a length is an array, and one with a length is bytes.
  if (known.json !== 'wire') return jsonTextLeaf(name, known.json, wire.kind === 'array')
  if (wire.kind === 'String') return textLeaf(name, textFormat(name))
  const shape = wireShape(building, known, wire)
  return name.startsWith('NonZero') && shape.kind === 'leaf' ? nonZero(name, shape) : shape
}

function wireShape(building: Building, { name }: LibraryType, wire: Wire): Shape {
  if (wire.kind === 'variants') return enumShape(building, name, wire.variants)
  if (wire.kind === 'fields') return fieldsShape(building, name, wire)
  if (wire.kind === 'varint') return varintLeaf(name, wire)
  return typeShape(building, wire)
}

const tooDeep = impossible('a type', `types nested deeper than ${MAX_NESTING} levels are not supported`)

/** Returns the shape and stores its height above its leaves, or returns {@link tooDeep} above the limit. */
function withHeight(building: Building, shape: Exclude<Shape, Leaf | Ref>): Shape {
  let height = 0
  for (const part of partsOf(shape)) height = Math.max(height, building.heights.get(part) ?? 1)
  if (height >= MAX_NESTING) return tooDeep
  building.heights.set(shape, height + 1)
  return shape
}

function partsOf(shape: Shape): readonly Shape[] {
  switch (shape.kind) {
    case 'option':
    case 'sequence':
    case 'array':
      return [shape.item]
    case 'map':
      return [shape.key, shape.value]
    case 'tuple':
      return shape.items
    case 'struct':
      return shape.fields.map((field) => field.shape)
    case 'enum':
      return shape.variants.flatMap((variant) => (variant.shape === undefined ? [] : [variant.shape]))
    default:
      return []
  }
}

/** The shape that a `ref` stands for; any other shape unchanged. */
export function resolved(shape: Shape): Shape {
  let found = shape
  // The target of a ref can be another ref, for a newtype of a recursive type.
  for (let steps = 0; found.kind === 'ref' && steps < MAX_NESTING; steps += 1) found = found.target
  return found
}

/** Whether null is a value of the shape in JSON, so that an Option of it writes `{"Some": …}`. */
export function isNullable(shape: Shape): boolean {
  const found = resolved(shape)
  return found.kind === 'option' || (found.kind === 'leaf' && found.isNull === true)
}

/** Whether a map with these keys is an object in JSON; otherwise it is a list of pairs. */
export function isTextKey(shape: Shape): boolean {
  if (shape.kind === 'leaf') return shape.key !== undefined
  return shape.kind === 'enum' && shape.variants.every((variant) => variant.shape === undefined)
}
