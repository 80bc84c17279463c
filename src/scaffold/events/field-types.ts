import type { Type } from '../../schema/model.ts'
import type { Scope } from '../template/scope.ts'

/** A type for a field of an event, and its notation in each language. */
export interface FieldType {
  readonly name: string
  readonly ts: string
  readonly rust: string
  readonly schema: Type
  /** Expressions in each language: a typical value, and an empty value. */
  readonly example: { readonly ts: string; readonly rust: string }
  readonly empty: { readonly ts: string; readonly rust: string }
}

const known = (name: string): Type => ({ kind: 'known', name })

const list: readonly FieldType[] = [
  {
    name: 'string',
    ts: 'string',
    rust: 'String',
    schema: { kind: 'String' },
    example: { ts: "'example'", rust: '"example".to_string()' },
    empty: { ts: "''", rust: 'String::new()' },
  },
  {
    name: 'uuid',
    ts: 'string',
    rust: 'Uuid',
    schema: known('Uuid'),
    example: { ts: "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", rust: 'Uuid::from_u128(7)' },
    empty: { ts: "'00000000-0000-0000-0000-000000000000'", rust: 'Uuid::nil()' },
  },
  {
    name: 'int',
    ts: 'number',
    rust: 'i64',
    schema: { kind: 'i64' },
    example: { ts: '3', rust: '3' },
    empty: { ts: '0', rust: '0' },
  },
  {
    name: 'number',
    ts: 'number',
    rust: 'f64',
    schema: { kind: 'f64' },
    example: { ts: '1.5', rust: '1.5' },
    empty: { ts: '0', rust: '0.0' },
  },
  {
    // In cents, because a float cannot hold an amount exactly.
    name: 'money',
    ts: 'number',
    rust: 'i64',
    schema: { kind: 'i64' },
    example: { ts: '1250', rust: '1250' },
    empty: { ts: '0', rust: '0' },
  },
  {
    name: 'bool',
    ts: 'boolean',
    rust: 'bool',
    schema: { kind: 'bool' },
    example: { ts: 'true', rust: 'true' },
    empty: { ts: 'false', rust: 'false' },
  },
  {
    name: 'time',
    ts: 'string',
    rust: 'DateTime<Utc>',
    schema: known('DateTime<Utc>'),
    example: { ts: "'2026-01-15T10:00:00Z'", rust: 'DateTime::UNIX_EPOCH' },
    empty: { ts: "'1970-01-01T00:00:00Z'", rust: 'Default::default()' },
  },
]

/** The field types by their name in the notation of events. */
export const fieldTypes: ReadonlyMap<string, FieldType> = new Map(list.map((type) => [type.name, type]))

export const fieldTypeNames: readonly string[] = list.map(({ name }) => name)

/** Returns what templates can name about the type of a field. */
export const typeScope = ({ name, ts, rust, example, empty }: Omit<FieldType, 'schema'>): Scope => ({
  type: name,
  ts,
  rust,
  example_ts: example.ts,
  example_rust: example.rust,
  empty_ts: empty.ts,
  empty_rust: empty.rust,
})
