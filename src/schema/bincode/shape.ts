import { type KnownType, knownType, type Wire } from '../known-types.ts'
import type { Fields, NamedType, Schema, Type } from '../model.ts'
import { byteArray, byteList, impossible, type Leaf, nonZero, primitives, textLeaf } from './leaves/leaf.ts'
import { formLeaf } from './leaves/library-leaves.ts'
import { textForm } from './leaves/text-forms.ts'

/**
 * A schema's types as decoder and encoder want them: names looked up, newtypes gone, known types spelled out, and a
 * name only left where a type holds itself.
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
  /** Without a shape it is a unit variant, in JSON its name alone. */
  readonly variants: readonly { readonly name: string; readonly shape?: Shape }[]
}

/** A type met again inside itself. */
export interface Ref {
  readonly kind: 'ref'
  readonly name: string
  target: Shape
  /** The most calls from here to the next `ref`. */
  height: number
}

/** Types nested deeper than this, of themselves and not by holding themselves, are nobody's. */
const mostHeight = 128

interface Building {
  readonly types: ReadonlyMap<string, NamedType>
  readonly shapes: Map<string, Shape>
  /** Names whose shape is being made, and the `ref` handed out to those that asked meanwhile. */
  readonly open: Map<string, Ref | undefined>
  readonly heights: Map<Shape, number>
  depth: number
}

export function shapeOf(schema: Schema): Shape {
  const building: Building = {
    types: schema.types,
    shapes: new Map(),
    open: new Map(),
    heights: new Map(),
    depth: 0,
  }
  return namedShape(building, schema.root)
}

function namedShape(building: Building, name: string): Shape {
  const made = building.shapes.get(name)
  if (made !== undefined) return made
  if (building.open.has(name)) {
    const ref = building.open.get(name) ?? { kind: 'ref', name, target: primitives.unit, height: 0 }
    building.open.set(name, ref)
    return ref
  }
  const type = building.types.get(name)
  if (type === undefined) return impossible(name, `the schema has no type ${name}`)
  building.open.set(name, undefined)
  const shape =
    type.kind === 'struct' ? fieldsShape(building, name, type.fields) : enumShape(building, name, type.variants)
  const ref = building.open.get(name)
  building.open.delete(name)
  const found = shape === ref ? impossible(name, `${name} holds nothing but itself`) : shape
  building.shapes.set(name, found)
  if (ref !== undefined) {
    ref.target = found
    ref.height = building.heights.get(found) ?? 1
  }
  return found
}

/** A newtype is what it holds. */
function fieldsShape(building: Building, name: string, fields: Fields): Shape {
  if (fields.kind === 'unit') return primitives.unit
  if (fields.kind === 'fields') {
    const parts = fields.fields.map((field) => ({ name: field.name, shape: typeShape(building, field.type) }))
    return measured(building, { kind: 'struct', name, fields: parts })
  }
  const items = fields.items.map((item) => typeShape(building, item))
  return items.length === 1 ? (items[0] as Shape) : measured(building, { kind: 'tuple', name, items })
}

type Variants = readonly { readonly name: string; readonly fields: Fields }[]

const enumShape = (building: Building, name: string, variants: Variants): Shape =>
  measured(building, {
    kind: 'enum',
    name,
    variants: variants.map((variant) =>
      variant.fields.kind === 'unit'
        ? { name: variant.name }
        : { name: variant.name, shape: fieldsShape(building, variant.name, variant.fields) },
    ),
  })

function typeShape(building: Building, type: Type): Shape {
  // A chain of types is gone down call by call before its height is known.
  if (building.depth > mostHeight * 4) return tooDeep
  building.depth += 1
  const shape = shapeOfType(building, type)
  building.depth -= 1
  return shape
}

const isU8 = (type: Type): boolean => type.kind === 'u8'

function shapeOfType(building: Building, type: Type): Shape {
  switch (type.kind) {
    case 'option':
      return measured(building, { kind: 'option', item: typeShape(building, type.item) })
    case 'sequence':
      if (type.name === 'Vec' && isU8(type.item)) return byteList('Vec<u8>')
      return measured(building, { kind: 'sequence', name: type.name, item: typeShape(building, type.item) })
    case 'map': {
      const key = typeShape(building, type.key)
      return measured(building, { kind: 'map', name: type.name, key, value: typeShape(building, type.value) })
    }
    case 'array': {
      const { length } = type
      if (isU8(type.item)) return byteArray(length)
      return measured(building, { kind: 'array', item: typeShape(building, type.item), length })
    }
    case 'tuple': {
      const items = type.items.map((item) => typeShape(building, item))
      return measured(building, { kind: 'tuple', name: 'a tuple', items })
    }
    case 'result':
      return measured(building, {
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
  const known = knownType(name)
  if (known === undefined) return impossible(name, `crbus does not know ${name}`)
  const { wire } = known
  if (wire === undefined) {
    // What an import calls a type of the service whose attributes make it so.
    const what = name === 'unreadable' ? 'what serde writes for flatten, tag or untagged' : name
    return impossible(
      name,
      `nobody can read ${what} from bincode: ${known.unreadable ?? 'it does not say what it wrote'}`,
    )
  }
  if (known.json !== 'wire') return formLeaf(name, known.json, wire.kind === 'array')
  if (wire.kind === 'String') return textLeaf(name, textForm(name))
  const shape = wireShape(building, known, wire)
  return name.startsWith('NonZero') && shape.kind === 'leaf' ? nonZero(name, shape) : shape
}

function wireShape(building: Building, { name }: KnownType, wire: Wire): Shape {
  if (wire.kind === 'variants') return enumShape(building, name, wire.variants)
  if (wire.kind === 'fields') return fieldsShape(building, name, wire)
  return typeShape(building, wire)
}

const tooDeep = impossible('a type', `types nested deeper than ${mostHeight} are more than crbus follows`)

/** Notes how high a shape stands over its leaves; too high and nobody can read it. */
function measured(building: Building, shape: Exclude<Shape, Leaf | Ref>): Shape {
  let height = 0
  for (const part of partsOf(shape)) height = Math.max(height, building.heights.get(part) ?? 1)
  if (height >= mostHeight) return tooDeep
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

/** What a `ref` stands for; any other shape is itself. */
export function resolved(shape: Shape): Shape {
  let found = shape
  // A ref's target can be a ref: a newtype of a type that holds itself.
  for (let steps = 0; found.kind === 'ref' && steps < mostHeight; steps += 1) found = found.target
  return found
}

/** Whether JSON has null for a value of it, so that an Option around it writes `{"Some": …}`. */
export function isNullable(shape: Shape): boolean {
  const found = resolved(shape)
  return found.kind === 'option' || (found.kind === 'leaf' && found.isNull === true)
}

/** Whether a map with such keys is an object in JSON, else it is a list of pairs. */
export function isTextKey(shape: Shape): boolean {
  if (shape.kind === 'leaf') return shape.key !== undefined
  return shape.kind === 'enum' && shape.variants.every((variant) => variant.shape === undefined)
}
