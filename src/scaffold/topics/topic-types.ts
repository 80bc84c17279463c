import { type FieldType, fieldTypes } from '../events/field-types.ts'
import type { KnownField } from './topic.ts'

type KnownType = KnownField['type']

/** A type of the notation for events; with `rust`, for another Rust type of the same kind. */
const typeLike = (name: string, rust?: string): KnownType => {
  const type = fieldTypes.get(name) as FieldType
  if (rust === undefined || rust === type.rust) return type
  // A number literal fits any number type.
  if (type.ts === 'number') return { ...type, rust }
  const value = (literal: { readonly ts: string }) => ({ ts: literal.ts, rust: 'Default::default()' })
  return { ...type, rust, example: value(type.example), empty: value(type.empty) }
}

/** A type that crbus has no example values for. Templates only pass its values on. */
const unknownType = (rust: string): KnownType => ({
  name: 'other',
  ts: 'unknown',
  rust,
  example: { ts: 'null', rust: 'Default::default()' },
  empty: { ts: 'null', rust: 'Default::default()' },
})

/** Returns the field type for a TypeScript type. */
export function fromTypeScript(text: string): KnownType {
  if (text === 'string') return typeLike('string')
  // `number` in TypeScript may be an integer or a float. An integer example fits both.
  if (text === 'number') return { ...typeLike('number'), example: typeLike('money').example }
  if (text === 'boolean') return typeLike('bool')
  return unknownType('serde_json::Value')
}

/** Returns the field type for a value of an event on the bus. */
export function fromValue(value: unknown): KnownType {
  if (typeof value === 'string') return typeLike('string')
  if (typeof value === 'number') return typeLike(Number.isInteger(value) ? 'int' : 'number')
  if (typeof value === 'boolean') return typeLike('bool')
  return unknownType('serde_json::Value')
}

/** Rust types whose JSON is a string. */
const textTypes = new Set(['String', 'char', 'bytes', 'Uuid', 'Decimal', 'Url'])
const dateTypes = /^(?:DateTime<.+>|Naive(?:Date|Time|DateTime)|OffsetDateTime|PrimitiveDateTime)$/

/** Returns the field type for a Rust type of a schema. */
export function fromRust(rust: string): KnownType {
  if (rust === 'Uuid') return typeLike('uuid')
  if (textTypes.has(rust) || dateTypes.test(rust)) return typeLike(rust === 'DateTime<Utc>' ? 'time' : 'string', rust)
  if (/^[ui](?:8|16|32|64|size)$/.test(rust)) return typeLike('int', rust)
  if (/^f(?:32|64)$/.test(rust)) return typeLike('number', rust)
  if (rust === 'bool') return typeLike('bool')
  return unknownType(rust)
}
