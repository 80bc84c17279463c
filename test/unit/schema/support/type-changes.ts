import type { NamedType, Schema } from '../../../../src/schema/model.ts'
import { parseType } from '../../../../src/schema/type-text.ts'
import { fields, schemaOf, struct } from './build.ts'

/** The fields of a struct before and after a change, as schema files and Rust write their types. */
export interface TypeChange {
  readonly before: Parts
  readonly after: Parts
}

type Parts = Readonly<Record<string, string>>

const change = (before: Parts, after: Parts): TypeChange => ({ before, after })
/** A type that changes alone, at the end of a payload, and before other fields. */
const retyped = (before: string, after: string): TypeChange[] => [
  change({ it: before }, { it: after }),
  change({ it: before, tail: 'u8' }, { it: after, tail: 'u8' }),
  change({ head: 'String', it: before, text: 'String' }, { head: 'String', it: after, text: 'String' }),
]

/** Changes that are common or that once had a wrong verdict. Rust compiles all types. */
export const typeChanges: readonly TypeChange[] = [
  ...retyped('Option<u8>', 'u8'),
  ...retyped('u8', 'Option<u8>'),
  ...retyped('u32', 'Option<u32>'),
  ...retyped('Option<u32>', 'u32'),
  ...retyped('Vec<u8>', '[u8; 8]'),
  ...retyped('[u8; 8]', 'Vec<u8>'),
  ...retyped('String', '[u8; 8]'),
  ...retyped('String', 'Vec<u8>'),
  ...retyped('String', 'Option<String>'),
  ...retyped('Option<String>', 'String'),
  ...retyped('Result<u8, u8>', 'Option<u8>'),
  ...retyped('Result<u32, String>', 'Result<String, u32>'),
  ...retyped('u64', 'u32'),
  ...retyped('u32', 'u64'),
  ...retyped('u64', 'i64'),
  ...retyped('u64', 'usize'),
  ...retyped('u64', 'f64'),
  ...retyped('u8', 'bool'),
  ...retyped('bool', 'u8'),
  ...retyped('char', 'u32'),
  ...retyped('Vec<u32>', 'Vec<u64>'),
  ...retyped('Vec<u32>', 'Vec<u16>'),
  ...retyped('Vec<u8>', 'Vec<u32>'),
  ...retyped('Vec<Option<u8>>', 'Vec<u8>'),
  ...retyped('(u16, u16)', 'u32'),
  ...retyped('(u32, u64)', '(u64, u32)'),
  ...retyped('[u32; 2]', '[u32; 3]'),
  ...retyped('[u32; 2]', '(u32, u32)'),
  ...retyped('Vec<(String, u32)>', 'Vec<(u32, String)>'),
  ...retyped('Option<Option<u8>>', 'Option<u8>'),
  change({ a: 'u16', b: 'u8', c: 'u8' }, { a: 'u8', b: 'u8', c: 'u16' }),
  change({ a: 'u32', b: 'String', c: 'u64' }, { a: 'u64', b: 'String', c: 'u32' }),
  change({ a: 'u32', b: 'u32' }, { b: 'u32', a: 'u32' }),
  change({ a: 'u32', b: 'u64' }, { b: 'u64', a: 'u32' }),
  change({ a: 'String', b: 'u64' }, { b: 'u64', a: 'String' }),
  change({ a: 'u8', b: 'String' }, { b: 'String', a: 'u8' }),
  change({ a: 'u8', b: 'Option<u16>' }, { b: 'Option<u16>', a: 'u8' }),
  change({ a: 'String' }, { a: 'String', b: 'u64' }),
  change({ a: 'String', b: 'u64' }, { a: 'String' }),
  change({ a: 'String', b: 'Vec<u8>' }, { a: 'String' }),
  change({ b: 'u64', a: 'String' }, { a: 'String' }),
  change({ a: 'String' }, { b: 'u64', a: 'String' }),
  change({ a: 'Vec<u32>', b: 'u64' }, { a: 'Vec<u32>', x: 'u32', b: 'u64' }),
  change({ a: 'u64' }, { a: 'u32', b: 'u32' }),
  change({ a: 'u32', b: 'u32' }, { a: 'u64' }),
  change({ a: 'Option<u8>', b: 'Option<u8>' }, { a: 'Option<u16>' }),
  change({ a: 'Vec<u32>', next: 'Option<u32>' }, { a: 'Vec<u64>', next: 'Option<u64>' }),
  change({ a: 'Vec<String>', b: 'u64' }, { a: 'String', b: 'u64' }),
]

/** A schema whose root is a struct with these fields. */
export const schemaWith = (parts: Parts, types: Readonly<Record<string, NamedType>> = {}): Schema =>
  schemaOf('Root', {
    ...types,
    Root: struct(
      fields(
        Object.fromEntries(
          Object.entries(parts).map(([name, text]) => {
            const parsed = parseType(text)
            if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`)
            return [name, parsed.type]
          }),
        ),
      ),
    ),
  })

/** One line for a change: `{a: u8} → {a: u16}`. */
export const changeTitle = ({ before, after }: TypeChange): string =>
  [before, after]
    .map(
      (parts) =>
        `{${Object.entries(parts)
          .map(([name, type]) => `${name}: ${type}`)
          .join(', ')}}`,
    )
    .join(' → ')
