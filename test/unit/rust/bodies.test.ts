import { expect, test } from 'vitest'
import { rangesOutsideBodies } from '../../../src/rust/bodies.ts'
import { readRust, Source } from '../../../src/rust/syntax.ts'

const left = (text: string) =>
  rangesOutsideBodies(text)
    .map(({ from, to }) => text.slice(from, to))
    .join('')

test.each([
  [
    'a function',
    'pub fn f(a: u8) -> u8 { g({ a }) } struct S { it: u8 }',
    'pub fn f(a: u8) -> u8 {} struct S { it: u8 }',
  ],
  [
    'braces that mean nothing',
    `fn f() { '{'; "}{"; r#"}"{"#; b'}'; '\\u{7d}'; /* } */ // }\n } mod m {}`,
    'fn f() {} mod m {}',
  ],
  [
    'lifetimes',
    "impl<'a> S<'a> { fn f(&'a self) -> &'a str { 'x: loop {} } }",
    "impl<'a> S<'a> { fn f(&'a self) -> &'a str {} }",
  ],
  ['values in types', 'fn f(a: [u8; { 1 + 1 }]) -> Key<{ N }> { a }', 'fn f(a: [u8; { 1 + 1 }]) -> Key<{ N }> {}'],
  ['values behind types', 'fn f() -> Key<u8, { N }> { a }', 'fn f() -> Key<u8, { N }> {}'],
  [
    'a list that ends in a comma',
    'fn f<T>() where T: A, U: B, { a } fn g() {}',
    'fn f<T>() where T: A, U: B, {} fn g() {}',
  ],
  ['what has no body', 'trait T { fn f(); fn g(&self) -> fn(u8) -> u8; } struct S {}', undefined],
  ['types that are functions', 'struct S { it: fn(u8) -> u8, other: u8 } enum E { A }', undefined],
  [
    'a macro',
    'macro_rules! m { ($n:ident, $b:block) => { fn $n() { it } } } enum E { A }',
    'macro_rules! m { ($n:ident, $b:block) => { fn $n() {} } } enum E { A }',
  ],
  ['a body without an end', 'fn f() { { enum E { A }', undefined],
])('of %s', (_, text, expected = text) => {
  expect(left(text)).toBe(expected)
})

test('a body is still there for whoever asks, and lines are what they were', () => {
  const scope = readRust(new Source('a.rs', 'fn f() {\n  g({\n })\n}\nstruct After;'))
  expect(scope.items[0]?.place.line).toBe(5)
  const body = scope.functions[0]?.body
  expect(body?.source.textOf(body.node)).toBe('{\n  g({\n })\n}')
})
