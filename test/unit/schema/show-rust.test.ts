import { describe, expect, test } from 'vitest'
import { showSchema } from '../../../src/operations/schemas/show.ts'
import type { Schema } from '../../../src/schema/model.ts'
import { isRust } from '../../support/rust.ts'
import { importRust, typesOf } from './import/import-rust.ts'
import { awkwardSchemas, withRoot } from './support/awkward-types.ts'
import { enumOf, fields, items, nothing, only, orders, schemaOf, struct, t } from './support/build.ts'
import { seededRandom } from './support/random.ts'
import { randomTypes } from './support/random-types.ts'

const rustOf = (schema: Schema, name?: string): string => {
  const shown = showSchema(schema, { as: 'rust', name, writtenBy: '' })
  if (!shown.ok || typeof shown.shown !== 'string') throw new Error('the schema cannot be shown')
  return shown.shown
}

const random = withRoot('random', Object.fromEntries(randomTypes(seededRandom(7), 220).schema.types))
const all = [orders(), random, ...awkwardSchemas().map(({ schema }) => schema)]

describe('schemas as Rust', () => {
  test.each(all.map((schema): [string, Schema] => [schema.topic, schema]))(
    'schemas as Rust are valid Rust, and name every crate that they use: %s',
    (_, schema) => {
      const text = rustOf(schema)
      // The parser does not know `pub (A, B)` in a tuple struct, and accepts fewer names than Rust.
      if (schema.topic !== 'names') expect(isRust(text.replaceAll('pub (', '('))).toBe(true)
      const declared = [...text.matchAll(/^\/\/ ([\w-]+) = /gm)].map(([, name = '']) => name.replaceAll('-', '_'))
      const code = text.replaceAll(/^ *(?:\/\/|#\[serde\(rename).*$/gm, '')
      const used = new Set([...code.matchAll(/(?<![\w:])(?:::)?([a-z_]+)(?:::|"\)\])/g)].map(([, name]) => name))
      expect([...used].filter((name) => name !== 'std' && !declared.includes(name as string))).toEqual([])
      // Only the main function that writes the bytes uses this crate.
      const needed = declared.filter((name) => name !== 'bincode' && !used.has(name))
      expect(needed).toEqual([])
    },
  )

  test('schemas as Rust are imported as the same schema again', () => {
    const again = importRust(rustOf(orders()), { root: 'OrderAction' })
    expect(typesOf(again)).toEqual(typesOf({ ok: true, schema: orders(), notes: [], sources: [] }))
  })

  test('schemas as Rust keep the names of fields and variants that are not identifiers', () => {
    const text = rustOf(
      only(t.named('It'), { It: enumOf({ 'a-b': fields({ type: t.of('u8'), '1"\n': t.of('u8') }) }) }),
    )
    expect(text).toContain(`pub enum It {
    #[serde(rename = "a-b")]
    a_b {
        r#type: u8,
        #[serde(rename = "1\\"\\u{a}")]
        _1__: u8,
    },
}`)
  })

  test('schemas as Rust give the instances of generic types names of their own', () => {
    const page = struct(fields({ items: t.vec(t.named('Item')) }))
    const text = rustOf(only(t.named('Page<Item>'), { 'Page<Item>': page, Item: struct(), PageItem: struct() }))
    expect(text).toContain('pub struct Only(pub PageItem);')
    expect(text).toContain('// Page<Item>\n// src/order.rs:1\n')
    const both = rustOf(
      withRoot('both', { 'Page<Item>': page, Item: struct(), PageItem: struct(items(t.named('Page<Item>'))) }),
    )
    expect(both).toContain('pub struct PageItem(pub PageItem_2);')
  })

  test('schemas as Rust put types that contain themselves into a Box', () => {
    const tree = struct(fields({ left: t.option(t.named('Tree')), all: t.vec(t.named('Tree')) }))
    expect(rustOf(only(t.named('Tree'), { Tree: tree }))).toContain(
      '    pub left: Option<Box<Tree>>,\n    pub all: Vec<Tree>,\n',
    )
  })

  test('schemas as Rust write the types of serde modules with the module, or inside a type of their own', () => {
    const seconds = t.known('i64 as ts_seconds')
    const text = rustOf(only(t.named('It'), { It: struct(fields({ at: seconds, all: t.vec(seconds) })) }))
    const attribute = '#[serde(with = "chrono::serde::ts_seconds")]'
    expect(text).toContain(
      `    ${attribute}\n    pub at: chrono::DateTime<chrono::Utc>,\n    pub all: Vec<I64AsTsSeconds>,\n`,
    )
    expect(text).toContain(`pub struct I64AsTsSeconds(${attribute} pub chrono::DateTime<chrono::Utc>);\n`)
  })

  test('schemas as Rust derive what keys need, and show maps with other keys as lists of pairs', () => {
    const key = struct(items(t.of('u8')))
    const text = rustOf(
      schemaOf('It', {
        It: struct(
          fields({
            byKey: t.map('HashMap', t.named('Key'), t.of('f64')),
            byFloat: t.map('BTreeMap', t.of('f64'), t.of('u8')),
          }),
        ),
        Key: key,
      }),
    )
    expect(text).toContain(
      '#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]\npub struct Key(pub u8);',
    )
    expect(text).toContain('    pub byKey: HashMap<Key, f64>,\n    pub byFloat: Vec<(f64, u8)>,\n')
  })

  test('schemas as Rust mark types that Rust cannot read from bincode', () => {
    const types = [t.known('unreadable'), t.known('serde_json::Map'), t.known('DateTime<Tz>'), t.known('Decimal')]
    const parts = Object.fromEntries(types.map((type, index) => [`f${index}`, type]))
    const text = rustOf(only(t.named('It'), { It: struct(fields(parts)) }))
    expect(text).toContain('    pub f0: Unreadable, // cannot be read from bincode\n')
    expect(text).toContain('    pub f1: serde_json::Map<String, serde_json::Value>, // cannot be read from bincode\n')
    expect(text).toContain('    pub f2: String,\n    pub f3: rust_decimal::Decimal,\n')
    expect(text).toContain('pub enum Unreadable {}\n')
  })

  test('a variant as Rust keeps its number by the names of the variants before it', () => {
    const names = Array.from({ length: 30 }, (_, index) => `Variant${index}`)
    const schema = schemaOf('It', { It: enumOf(Object.fromEntries(names.map((name) => [name, nothing]))) })
    const text = rustOf(schema, 'Variant28')
    expect(text).toMatch(
      /\n {4}\/\/ Without fields here, .*\n {4}Variant0, Variant1, .*\n(?: {4}.*\n)* {4}Variant28,\n {4}\/\/ … and 1 more variant\n}/,
    )
    expect(text.match(/Variant\d+,/g)).toHaveLength(29)
  })
})
