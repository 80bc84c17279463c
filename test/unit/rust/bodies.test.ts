import { expect, test } from 'vitest'
import { rangesOutsideBodies } from '../../../src/rust/bodies.ts'
import { readRust } from '../../../src/rust/read-rust.ts'
import { Source } from '../../../src/rust/source.ts'

const textOutsideBodies = (text: string) =>
  rangesOutsideBodies(text)
    .map(({ from, to }) => text.slice(from, to))
    .join('')

test.each([
  [
    'a function with a body',
    'pub fn f(a: u8) -> u8 { g({ a }) } struct S { it: u8 }',
    'pub fn f(a: u8) -> u8 {} struct S { it: u8 }',
  ],
  [
    'braces in strings, characters and comments',
    `fn f() { '{'; "}{"; r#"}"{"#; b'}'; '\\u{7d}'; /* } */ // }\n } mod m {}`,
    'fn f() {} mod m {}',
  ],
  [
    'lifetimes',
    "impl<'a> S<'a> { fn f(&'a self) -> &'a str { 'x: loop {} } }",
    "impl<'a> S<'a> { fn f(&'a self) -> &'a str {} }",
  ],
  ['const arguments', 'fn f(a: [u8; { 1 + 1 }]) -> Key<{ N }> { a }', 'fn f(a: [u8; { 1 + 1 }]) -> Key<{ N }> {}'],
  ['const arguments after type arguments', 'fn f() -> Key<u8, { N }> { a }', 'fn f() -> Key<u8, { N }> {}'],
  [
    'a where clause that ends with a comma',
    'fn f<T>() where T: A, U: B, { a } fn g() {}',
    'fn f<T>() where T: A, U: B, {} fn g() {}',
  ],
  ['functions without a body', 'trait T { fn f(); fn g(&self) -> fn(u8) -> u8; } struct S {}', undefined],
  ['function pointer types', 'struct S { it: fn(u8) -> u8, other: u8 } enum E { A }', undefined],
  [
    'a macro that defines a function',
    'macro_rules! m { ($n:ident, $b:block) => { fn $n() { it } } } enum E { A }',
    'macro_rules! m { ($n:ident, $b:block) => { fn $n() {} } } enum E { A }',
  ],
  ['an unclosed body', 'fn f() { { enum E { A }', undefined],
])('rangesOutsideBodies handles %s', (_, text, expected = text) => {
  expect(textOutsideBodies(text)).toBe(expected)
})

test('readRust parses bodies on demand and keeps the line numbers of the file', () => {
  const scope = readRust(new Source('a.rs', 'fn f() {\n  g({\n })\n}\nstruct After;'))
  expect(scope.items[0]?.location.line).toBe(5)
  const body = scope.functions[0]?.body
  expect(body?.source.textOf(body.node)).toBe('{\n  g({\n })\n}')
})
