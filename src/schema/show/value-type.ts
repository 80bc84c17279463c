import { type LibraryType, libraryType } from '../library-types.ts'
import type { Fields, Schema, Type } from '../model.ts'

/** Describes the decoded values of a type, as JSON and TypeScript show them. */
export type ValueType = Kind & {
  /** The name of the library type, if the type is one. Its values obey more rules than their kind says. */
  readonly known?: string
}

type Kind =
  | { readonly kind: 'null' | 'bool' | 'char' }
  /** A number, or a string for a float that JSON has no number for. `isSingle`: an f32. */
  | { readonly kind: 'float'; readonly isSingle: boolean }
  | { readonly kind: 'integer'; readonly min: bigint; readonly max: bigint; readonly isNonZero: boolean }
  | { readonly kind: 'text' }
  /** Base64 of `length` bytes, or of any number of bytes. */
  | { readonly kind: 'bytes'; readonly length?: number }
  | { readonly kind: 'option'; readonly item: ValueType }
  /** An Option of a type that may itself be null: null or `{"Some": …}`. */
  | { readonly kind: 'some'; readonly item: ValueType }
  /** `name` is the Rust collection. Only an array has a `length`. */
  | { readonly kind: 'list'; readonly name: string; readonly item: ValueType; readonly length?: number }
  | { readonly kind: 'tuple'; readonly items: readonly ValueType[] }
  | { readonly kind: 'object'; readonly fields: readonly { readonly name: string; readonly value: ValueType }[] }
  /** A map that is a JSON object. `name` is the Rust collection; `key` has no newtypes around it. */
  | { readonly kind: 'record'; readonly name: string; readonly key: ValueType; readonly value: ValueType }
  /** A map that is a list of [key, value], because its keys cannot be keys of a JSON object. */
  | { readonly kind: 'pairs'; readonly name: string; readonly key: ValueType; readonly value: ValueType }
  | { readonly kind: 'variants'; readonly variants: readonly VariantValue[] }
  /** One of the schema's own types, by its key in `types`. */
  | { readonly kind: 'ref'; readonly name: string }
  /** A type without decoded values. `why` is the reason, for people. */
  | { readonly kind: 'never'; readonly why: string }

export interface VariantValue {
  readonly name: string
  /** The contents; absent for a unit variant, whose JSON is its name. */
  readonly value?: ValueType
}

/** Describes the decoded values of the types of one schema. `compileDecoder` documents the JSON. */
export interface ValueTypes {
  readonly ofType: (type: Type) => ValueType
  readonly ofFields: (fields: Fields) => ValueType
  /** Describes one of the schema's own types by its contents, while `ofType` only returns a reference. */
  readonly ofName: (name: string) => ValueType
}

type Types = Schema['types']
type Variants = readonly { readonly name: string; readonly fields: Fields }[]

export function valueTypesOf(types: Types): ValueTypes {
  const ofType = (type: Type): ValueType => {
    switch (type.kind) {
      case 'option':
        return { kind: mayBeNull(types, type.item) ? 'some' : 'option', item: ofType(type.item) }
      case 'sequence':
        if (type.name === 'Vec' && type.item.kind === 'u8') return { kind: 'bytes' }
        return { kind: 'list', name: type.name, item: ofType(type.item) }
      case 'array':
        if (type.item.kind === 'u8') return { kind: 'bytes', length: type.length }
        return { kind: 'list', name: 'array', item: ofType(type.item), length: type.length }
      case 'map': {
        const { name } = type
        const value = ofType(type.value)
        if (!isTextKey(types, type.key)) return { kind: 'pairs', name, key: ofType(type.key), value }
        return { kind: 'record', name, key: ofType(unwrapNewtype(types, type.key) ?? type.key), value }
      }
      case 'tuple':
        return { kind: 'tuple', items: type.items.map(ofType) }
      case 'result': {
        const variants = [
          { name: 'Ok', value: ofType(type.ok) },
          { name: 'Err', value: ofType(type.error) },
        ]
        return { kind: 'variants', variants }
      }
      case 'known':
        return ofKnown(type.name, libraryType(type.name))
      case 'named':
        return { kind: 'ref', name: type.name }
      default:
        return ofPrimitive(type.kind)
    }
  }
  const ofFields = (fields: Fields): ValueType => {
    if (fields.kind === 'unit') return { kind: 'null' }
    if (fields.kind === 'fields') {
      return { kind: 'object', fields: fields.fields.map(({ name, type }) => ({ name, value: ofType(type) })) }
    }
    const [first, ...more] = fields.items.map(ofType)
    return first !== undefined && more.length === 0
      ? first
      : { kind: 'tuple', items: first === undefined ? [] : [first, ...more] }
  }
  const ofVariants = (variants: Variants): ValueType => ({
    kind: 'variants',
    variants: variants.map(({ name, fields }) =>
      fields.kind === 'unit' ? { name } : { name, value: ofFields(fields) },
    ),
  })
  const ofKnown = (name: string, known: LibraryType | undefined): ValueType => {
    if (known?.wire === undefined) return { kind: 'never', why: known?.unreadable ?? `crbus does not know ${name}` }
    const { wire, json } = known
    if (json !== 'wire' || wire.kind === 'String') return { kind: 'text', known: name }
    if (wire.kind === 'variants') return { ...ofVariants(wire.variants), known: name }
    if (wire.kind === 'varint') return { ...ofPrimitive(wire.integer), known: name }
    const value = wire.kind === 'fields' ? ofFields(wire) : ofType(wire)
    if (value.kind === 'integer' && name.startsWith('NonZero')) return { ...value, isNonZero: true, known: name }
    return { ...value, known: name }
  }
  const ofName = (name: string): ValueType => {
    const type = types.get(name)
    if (type === undefined) return { kind: 'never', why: `the schema has no type ${name}` }
    if (type.kind === 'enum') return ofVariants(type.variants)
    if (unwrapNewtype(types, { kind: 'named', name }) === undefined)
      return { kind: 'never', why: `${name} contains nothing but itself` }
    return ofFields(type.fields)
  }
  return { ofType, ofFields, ofName }
}

type Primitive = Exclude<Type['kind'], 'option' | 'sequence' | 'array' | 'map' | 'tuple' | 'result' | 'known' | 'named'>

function ofPrimitive(kind: Primitive): ValueType {
  if (kind === 'unit') return { kind: 'null' }
  if (kind === 'bool' || kind === 'char' || kind === 'bytes') return { kind }
  if (kind === 'f32' || kind === 'f64') return { kind: 'float', isSingle: kind === 'f32' }
  if (kind === 'String') return { kind: 'text' }
  const bits = kind.endsWith('size') ? 64n : BigInt(kind.slice(1))
  const signed = kind.startsWith('i')
  const min = signed ? -(2n ** (bits - 1n)) : 0n
  return { kind: 'integer', min, max: 2n ** (signed ? bits - 1n : bits) - 1n, isNonZero: false }
}

/** Follows newtypes to the type they hold; `undefined` for a newtype that contains nothing but itself. */
export function unwrapNewtype(types: Types, type: Type): Type | undefined {
  const seen = new Set<string>()
  let found = type
  while (found.kind === 'named') {
    const named = types.get(found.name)
    if (named?.kind !== 'struct') return found
    if (named.fields.kind === 'unit') return { kind: 'unit' }
    const [item, ...more] = named.fields.kind === 'tuple' ? named.fields.items : []
    if (item === undefined || more.length > 0) return found
    if (seen.has(found.name)) return undefined
    seen.add(found.name)
    found = item
  }
  return found
}

/** Whether null is one of the type's decoded values. */
function mayBeNull(types: Types, type: Type): boolean {
  const kind = unwrapNewtype(types, type)?.kind
  return kind === 'unit' || kind === 'option'
}

/** Whether a map with such keys is a JSON object. */
function isTextKey(types: Types, type: Type): boolean {
  const key = unwrapNewtype(types, type)
  if (key === undefined) return false
  if (key.kind === 'named') {
    const named = types.get(key.name)
    return named?.kind === 'enum' && named.variants.every(({ fields }) => fields.kind === 'unit')
  }
  if (key.kind === 'known') {
    const known = libraryType(key.name)
    return known?.wire !== undefined && (known.json !== 'wire' || isKeyPrimitive(known.wire.kind))
  }
  return isKeyPrimitive(key.kind)
}

const isKeyPrimitive = (kind: string): boolean => /^(?:bool|char|String|[ui](?:\d+|size))$/.test(kind)
