import { type FieldType, fieldTypes } from '../events/field-types.ts'
import type { KnownField } from './topic.ts'

type KnownType = KnownField['type']

const like = (name: string, rust?: string): KnownType => {
  const type = fieldTypes.get(name) as FieldType
  if (rust === undefined || rust === type.rust) return type
  // A number literal fits any number type.
  if (type.ts === 'number') return { ...type, rust }
  const value = (literal: { readonly ts: string }) => ({ ts: literal.ts, rust: 'Default::default()' })
  return { ...type, rust, example: value(type.example), empty: value(type.empty) }
}

/** A type without example values. Templates only pass its values on. */
const other = (rust: string): KnownType => ({
  name: 'other',
  ts: 'unknown',
  rust,
  example: { ts: 'null', rust: 'Default::default()' },
  empty: { ts: 'null', rust: 'Default::default()' },
})

/** Returns the field type for a TypeScript type. */
export function fromTypeScript(text: string): KnownType {
  if (text === 'string') return like('string')
  // TypeScript does not tell integers from floats; an integer example fits both.
  if (text === 'number') return { ...like('number'), example: like('money').example }
  if (text === 'boolean') return like('bool')
  return other('serde_json::Value')
}

/** Returns the field type for a value of an event on the bus. */
export function fromValue(value: unknown): KnownType {
  if (typeof value === 'string') return like('string')
  if (typeof value === 'number') return like(Number.isInteger(value) ? 'int' : 'number')
  if (typeof value === 'boolean') return like('bool')
  return other('serde_json::Value')
}

const texts = new Set(['String', 'char', 'bytes', 'Uuid', 'Decimal', 'Url'])
const dates = /^(?:DateTime<.+>|Naive(?:Date|Time|DateTime)|OffsetDateTime|PrimitiveDateTime)$/

/** Returns the field type for a Rust type of a schema. */
export function fromRust(rust: string): KnownType {
  if (rust === 'Uuid') return like('uuid')
  if (texts.has(rust) || dates.test(rust)) return like(rust === 'DateTime<Utc>' ? 'time' : 'string', rust)
  if (/^[ui](?:8|16|32|64|size)$/.test(rust)) return like('int', rust)
  if (/^f(?:32|64)$/.test(rust)) return like('number', rust)
  if (rust === 'bool') return like('bool')
  return other(rust)
}
