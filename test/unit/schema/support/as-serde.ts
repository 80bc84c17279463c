import type { Fields, Schema, Type } from '../../../../src/schema/model.ts'
import { isNullable, isTextKey } from './random-values.ts'

/**
 * Converts the JSON of crbus to what serde_json writes for the same value, by the differences that compileDecoder lists.
 * serde_json fails for a map whose keys are not strings, and such values are not compared.
 */
export function asSerde(schema: Schema, type: Type, value: unknown): unknown {
  const again = (item: Type, inner: unknown) => asSerde(schema, item, inner)
  const each = (item: Type, items: unknown) => (items as unknown[]).map((inner) => again(item, inner))
  const fields = (held: Fields, inner: unknown): unknown => {
    if (held.kind === 'unit') return null
    if (held.kind === 'fields') {
      const object = inner as Record<string, unknown>
      return objectOf(held.fields.map((field) => [field.name, again(field.type, object[field.name])]))
    }
    if (held.items.length === 1) return again(held.items[0] as Type, inner)
    return held.items.map((item, index) => again(item, (inner as unknown[])[index]))
  }
  switch (type.kind) {
    case 'option':
      if (value === null) return null
      return again(type.item, isNullable(schema, type.item) ? (value as { Some: unknown }).Some : value)
    case 'sequence':
      if (type.name === 'Vec' && type.item.kind === 'u8') return bytes(value)
      return each(type.item, value)
    case 'array':
      return type.item.kind === 'u8' ? bytes(value) : each(type.item, value)
    case 'map': {
      const pairs = isTextKey(schema, type.key) ? Object.entries(value as object) : (value as [unknown, unknown][])
      return objectOf(pairs.map(([key, inner]) => [`${key}`, again(type.value, inner)]))
    }
    case 'tuple':
      return type.items.map((item, index) => again(item, (value as unknown[])[index]))
    case 'result': {
      const [[name, inner]] = Object.entries(value as object) as [[string, unknown]]
      return { [name]: again(name === 'Ok' ? type.ok : type.error, inner) }
    }
    case 'named': {
      const named = schema.types.get(type.name)
      if (named?.kind === 'struct') return fields(named.fields, value)
      if (typeof value === 'string') return value
      const [[name, inner]] = Object.entries(value as object) as [[string, unknown]]
      const variant = named?.variants.find((other) => other.name === name)
      return objectOf([[name, fields(variant?.fields ?? { kind: 'unit' }, inner)]])
    }
    case 'known':
      return knownAsSerde(type.name, value)
    case 'bytes':
      return bytes(value)
    case 'String':
    case 'char':
      return value
    case 'f32':
    case 'f64':
      return typeof value === 'string' ? null : value
    default:
      return number(value)
  }
}

function knownAsSerde(name: string, value: unknown): unknown {
  if (name === '[u8; 16] as uuid::compact') return [...Buffer.from((value as string).replaceAll('-', ''), 'hex')]
  if (name === 'OsString') {
    const [[form, inner]] = Object.entries(value as object) as [[string, unknown]]
    return { [form]: bytes(inner) }
  }
  const isInteger = /^(?:NonZero|[ui]\d+ as )/.test(name)
  if (isInteger) return number(value)
  if (name === 'Duration' || name === 'SystemTime') {
    return objectOf(Object.entries(value as object).map(([key, inner]) => [key, number(inner)]))
  }
  return value
}

const bytes = (value: unknown): number[] => [...Buffer.from(value as string, 'base64')]
const number = (value: unknown): unknown => (typeof value === 'string' ? BigInt(value) : value)

const objectOf = (pairs: readonly (readonly [string, unknown])[]): object => {
  const made = {}
  for (const [key, value] of pairs) {
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return made
}
