import { expect, test } from 'vitest'
import { importRust, linesOf, noteLines, typesOf } from './import-rust.ts'

const event = '#[derive(serde::Serialize)] pub enum OrderEvent { A }'
const manifest = '[package]\nname = "shop"'

test.each([
  ['itself', { 'src/lib.rs': `#[path = "lib.rs"] mod again;\n${event}` }, "src/lib.rs:1 module 'again'", 'src/lib.rs'],
  [
    'itself in a macro',
    { 'src/lib.rs': `macro_rules! m { () => { #[path = "lib.rs"] mod again; } }\nm!();\n${event}` },
    "src/lib.rs:2 module 'again'",
    'src/lib.rs',
  ],
  [
    'another file that contains it',
    {
      'src/lib.rs': `mod a;\n${event}`,
      'src/a.rs': '#[path = "b.rs"] mod b;',
      'src/b.rs': '\nmod inner { #[path = "../a.rs"] mod a; }',
    },
    "src/b.rs:2 module 'a'",
    'src/a.rs contains src/b.rs',
    'src/a.rs',
  ],
])('a file that contains %s is read once', (_, files, module, contains, file = 'src/lib.rs') => {
  const imported = importRust({ 'Cargo.toml': manifest, ...files })
  expect(typesOf(imported)).toEqual({ OrderEvent: [{ A: null }] })
  expect(noteLines(imported)).toContain(`${module} is circular and was not read: ${contains} contains ${file}`)
})

test('a file may be two modules that do not contain each other', () => {
  const imported = importRust({
    'Cargo.toml': manifest,
    'src/lib.rs': `#[path = "id.rs"] mod a; #[path = "id.rs"] mod b; #[derive(serde::Serialize)] pub enum OrderEvent { A(a::Id, b::Id) }`,
    'src/id.rs': '#[derive(serde::Serialize)] pub struct Id(u8);',
  })
  expect(typesOf(imported)).toMatchObject({ OrderEvent: [{ A: ['a::Id', 'b::Id'] }] })
})

test('modules may be nested 128 levels deep, and deeper ones are refused', () => {
  const nested = (levels: number) => `${'mod a {'.repeat(levels)}${'}'.repeat(levels)}\n${event}`
  expect(linesOf(importRust(nested(128)))).toEqual([])
  expect(linesOf(importRust(nested(129)))).toEqual(['src/lib.rs:1 a: modules are nested more than 128 levels deep []'])
  const deep = Object.fromEntries(
    Array.from({ length: 300 }, (_, level) => [`src/f${level}.rs`, `#[path = "f${level + 1}.rs"] mod f;`]),
  )
  const lines = linesOf(importRust({ 'Cargo.toml': manifest, 'src/lib.rs': `mod f0;\n${event}`, ...deep }))
  expect(lines).toEqual(['src/f127.rs:1 f: modules are nested more than 128 levels deep []'])
})

test('files that name each other many times are read until a limit', () => {
  const files = Object.fromEntries(
    Array.from({ length: 40 }, (_, level) => {
      const next = `#[path = "f${level + 1}.rs"]`
      return [`src/f${level}.rs`, `${next} mod x; ${next} mod y;`]
    }),
  )
  const imported = importRust({ 'Cargo.toml': manifest, 'src/lib.rs': `mod f0;\n${event}`, ...files })
  expect(linesOf(imported)[0]).toMatch(
    /: the source has more than 20000 files, counting each one as often as it is named \[\]$/,
  )
  expect(imported.notes.length).toBeLessThan(10)
})

test('macros that call themselves more and more often are refused', () => {
  const source = `macro_rules! m { ($($x:tt)*) => { m!($($x)* a); m!($($x)* b); m!($($x)* c); m!($($x)* d); } }\nm!(x);\n${event}`
  expect(linesOf(importRust(source))).toEqual([
    'src/lib.rs:2 m: the source calls macros more than 20000 times, counting calls inside of macros []',
  ])
}, 60_000)

test('macros that repeat their arguments more and more often are not expanded', () => {
  const repeated = '$($x)* '.repeat(20)
  const source = `macro_rules! m { ($($x:tt)*) => { m!(${repeated}); } }\nm!(x);\n${event}`
  expect(typesOf(importRust(source))).toEqual({ OrderEvent: [{ A: null }] })
})
