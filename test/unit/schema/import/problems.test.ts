import { describe, expect, test } from 'vitest'
import { libraryTypes } from '../../../../src/schema/library-types.ts'
import { importRust, linesOf, noteLines, noteTexts, typesOf } from './import-rust.ts'
import { uses } from './rust-uses.ts'

describe('problems', () => {
  test.each([
    [
      'mod cold { use rkyv::{Archive, Serialize}; #[derive(Archive, Serialize)] pub struct Item(u8); } #[derive(Serialize)] enum OrderEvent { A(cold::Item) }',
      'src/lib.rs:11 Item: this type does not derive Serialize [--map crate::cold::Item=…, or --assume crate::cold::Item=derived]',
    ],
    [
      'struct Item(u8); #[derive(Serialize)] enum OrderEvent { A(Item) }',
      'src/lib.rs:11 Item: this type does not derive Serialize [--map crate::Item=…, or --assume crate::Item=derived]',
    ],
    [
      '#[derive(Serialize)] enum OrderEvent { A(Nowhere) }',
      'src/lib.rs:11 Nowhere: Nowhere is not in scope [--map Nowhere=…]',
    ],
    [
      'use secrets::*; #[derive(Serialize)] enum OrderEvent { A(Nowhere) }',
      'src/lib.rs:11 Nowhere: Nowhere is not in scope; this name may come from secrets::*, whose source is not among the paths [--map Nowhere=…]',
    ],
    [
      'mod math { pub use secrets::math::*; } use math::Real; #[derive(Serialize)] enum OrderEvent { A(Real) }',
      'src/lib.rs:11 Real: Real is not in scope; this name may come from secrets::math::*, whose source is not among the paths [--map Real=…]',
    ],
    [
      'mod math { pub use secrets::math::*; } #[derive(Serialize)] enum OrderEvent { A(math::Real) }',
      'src/lib.rs:11 math::Real: Real is not in scope; this name may come from secrets::math::*, whose source is not among the paths [--map math::Real=…]',
    ],
    [
      'ids!(OrderId); #[derive(Serialize)] enum OrderEvent { A(OrderId) }',
      'src/lib.rs:11 OrderId: ids! (src/lib.rs:11) probably defines this name, but crbus cannot expand that macro [--map OrderId=…]',
    ],
    [
      '#[derive(Serialize)] struct W<T: Kind> { it: T::Of } #[derive(Serialize)] enum OrderEvent { A(W<u8>) }',
      'src/lib.rs:11 T::Of: cannot resolve this associated type [--map T::Of=…]',
    ],
    [
      'struct A; impl X for A { type Of = u8; } impl Y for A { type Of = u16; } #[derive(Serialize)] struct S<T>(T::Of); #[derive(Serialize)] enum OrderEvent { A(S<A>) }',
      'src/lib.rs:11 T::Of: cannot resolve this associated type [--map T::Of=…]',
    ],
    [
      'struct A; impl X for A { type Of = Self::Of; } #[derive(Serialize)] enum OrderEvent { A(<A as X>::Of) }',
      'src/lib.rs:11 Self::Of: the definition of this type is circular []',
    ],
    [
      'mod abi { sol!(Exchange, "abi.json"); } use abi::Exchange::Traded; #[derive(Serialize)] enum OrderEvent { A(Traded) }',
      'src/lib.rs:11 Traded: sol! (src/lib.rs:11) probably defines this name, but crbus cannot expand that macro [--map Traded=…]',
    ],
    [
      'struct Cents(u64); impl Serialize for Cents { fn serialize<S: Serializer>(&self, s: S) -> R { self.0.serialize(s) } } #[derive(Serialize)] enum OrderEvent { A(Cents) }',
      'src/lib.rs:11 Cents: Serialize is implemented by hand (calls self.0.serialize) [--map crate::Cents=…]',
    ],
    [
      'enum Slot { Free, Of(u8) } impl Serialize for Slot { fn serialize<S: Serializer>(&self, s: S) -> R { match self { Slot::Free => None, Slot::Of(it) => Some(*it) } .serialize(s) } } #[derive(Serialize)] enum OrderEvent { A(Slot) }',
      'src/lib.rs:11 Slot: Serialize is implemented by hand (calls match self {…}.serialize) [--map crate::Slot=…]',
    ],
    [
      'struct Cents(u64); impl Serialize for Cents { fn serialize<S: Serializer>(&self, s: S) -> R { (self.0 as i64).serialize(s) } } #[derive(Serialize)] enum OrderEvent { A(Cents) }',
      'src/lib.rs:11 Cents: Serialize is implemented by hand (calls (self.0 as i64).serialize) [--map crate::Cents=…]',
    ],
    [
      '#[derive(Serialize)] enum OrderEvent { A(Box<dyn Shape>) }',
      "src/lib.rs:11 dyn Shape: cannot import a trait object [--map 'dyn Shape=…']",
    ],
    [
      '#[derive(Serialize)] enum OrderEvent { A(std::time::Instant) }',
      'src/lib.rs:11 std::time::Instant: serde does not serialize this type, or crbus does not know its encoding [--map std::time::Instant=…]',
    ],
    [
      '#[derive(Serialize)] enum OrderEvent { A(DateTime<mars::Sol>) }',
      'src/lib.rs:11 DateTime<mars::Sol>: the time zone is not Utc, FixedOffset, Local or Tz [--map chrono::DateTime=…]',
    ],
    [
      'type Wei = ethers::U256; #[derive(Serialize)] enum OrderEvent { A(Option<Wei>) }',
      'src/lib.rs:11 ethers::U256: the source of crate ethers is not among the paths; Wei is an alias of this type [--map ethers::U256=…]',
    ],
    [
      'struct Order; type It = Order; #[derive(Serialize)] enum OrderEvent { A(It::Body) }',
      'src/lib.rs:11 It::Body: It is an alias, and crbus does not follow a path through an alias [--map It::Body=…]',
    ],
    [
      'type A = B; type B = A; #[derive(Serialize)] enum OrderEvent { A(A) }',
      'src/lib.rs:11 B: the definition of this type is circular; A is an alias of this type []',
    ],
    [
      '#[derive(Serialize)] struct T<X> { it: Vec<T<Option<X>>> } #[derive(Serialize)] enum OrderEvent { A(T<u8>) }',
      'src/lib.rs:11 T: this type contains itself with ever longer type arguments []',
    ],
    [
      '#[cfg(unix)] #[derive(Serialize)] struct S(u8); #[cfg(windows)] #[derive(Serialize)] struct S(u16); #[derive(Serialize)] enum OrderEvent { A(S) }',
      "src/lib.rs:11 S: cfg decides between the definitions in src/lib.rs:11 and src/lib.rs:11 [--assume 'unix=on|off' --assume 'windows=on|off']",
    ],
    [
      '#[derive(Serialize)] struct S { #[cfg_attr(feature = "short", serde(skip))] it: u8 } #[derive(Serialize)] enum OrderEvent { A(S) }',
      "src/lib.rs:11 S.it: whether serde(skip) applies depends on feature:short [--assume 'feature:short=on|off']",
    ],
    [
      '#[derive(Serialize)] enum OrderEvent { A { #[serde_as(as = "Odd<u8>")] it: u8 } }',
      'src/lib.rs:11 OrderEvent::A.it: serde_as(as = "Odd<u8>") uses a custom encoding [--assume \'Odd<u8>=…\']',
    ],
    [
      '#[derive(Serialize)] enum OrderEvent { A { #[serde(serialize_with = "as_cents")] it: u8 } } fn as_cents() { s.serialize_u64(1) }',
      'src/lib.rs:11 OrderEvent::A.it: serialize_with = "as_cents" uses a custom encoding (calls serialize_u64) [--assume crate::as_cents=…]',
    ],
    [
      '#[derive(Serialize)] struct Broken { it: @ } #[derive(Serialize)] enum OrderEvent { A(Broken) }',
      'src/lib.rs:11 Broken: crbus cannot parse this Rust code [--map crate::Broken=…]',
    ],
  ])('reports the problem of: %s', (rust, problem) => {
    expect(linesOf(importRust(`${uses}${rust}`))).toEqual([problem])
  })
})

describe('attributes that may be macros', () => {
  const problems = (attributes: string, assume = {}) =>
    linesOf(importRust(`${attributes}\nenum OrderEvent { A }`, { root: 'OrderEvent', assume }))

  test.each([
    ['before the derives', '#[event_sourced(1)]\n#[derive(serde::Serialize)]', 'event_sourced'],
    [
      'after the derives',
      '#[derive(Debug, Action, serde::Serialize, serde::Deserialize)]\n#[acme::event_sourced]',
      'acme::event_sourced',
    ],
    [
      'before derives that have helper attributes',
      '#[event_sourced]\n#[derive(serde::Serialize, Queryable)]',
      'event_sourced',
    ],
  ])('attributes that may be macros are reported %s', (_, attributes, path) => {
    const line = attributes.startsWith('#[derive') ? 2 : 1
    expect(problems(attributes)).toEqual([
      `src/lib.rs:${line} OrderEvent: #[${path}] may be a macro that changes the type, which crbus cannot expand [--assume ${path}=unchanged]`,
    ])
    expect(problems(attributes, { event_sourced: 'unchanged' })).toEqual([])
    expect(problems(attributes, { [path]: 'unchanged' })).toEqual([])
    expect(problems(attributes, { [path]: 'yes' })).toHaveLength(1)
  })

  test.each([
    '/// Text\n#[allow(unused)] #[must_use] #[non_exhaustive] #[deprecated] #[repr(u8)] #[derive(serde::Serialize)] #[clippy::x] #[rustfmt::skip]',
    '#[cfg_attr(test, derive(Debug), domain_event)] #[derive(serde::Serialize)]',
    '#[derive(serde::Serialize)] #[serde(rename_all = "snake_case")] #[strum(x)]',
    '#[derive(serde::Serialize, diesel::Queryable)] #[diesel(table_name = x)]',
    '#[diesel(table_name = x)] #[derive(serde::Serialize, diesel::Queryable)]',
    '#[derive(serde::Serialize, thiserror::Error)] #[whatever_that_has]',
    '#[derive(derive_more::Debug, serde::Serialize)] #[debug("of {id}")]',
  ])('attributes that may be macros are not reported: %s', (attributes) => {
    expect(problems(attributes)).toEqual([])
  })

  test('attributes that may be macros are not reported for a type that has an answer', () => {
    const source = '#[made] struct Item(u8); #[derive(serde::Serialize)] enum OrderEvent { A(Item) }'
    expect(linesOf(importRust(source, { assume: { 'crate::Item': 'derived' } }))).toEqual([])
    expect(linesOf(importRust(source, { map: { 'crate::Item': 'u8' } }))).toEqual([])
  })
})

const whyUnreadable = (name: string) => libraryTypes.find((type) => type.name === name)?.unreadable ?? expect.fail(name)

describe('notes', () => {
  test.each([
    [
      'A { #[serde(skip_serializing_if = "Option::is_none")] it: Option<u8> }',
      'OrderEvent::A.it: when skip_serializing_if omits it, neither Rust nor crbus can decode the bytes',
    ],
    [
      'A { #[serde(skip_serializing)] it: u8 }',
      'OrderEvent::A.it: skip_serializing omits it, but Rust expects it when decoding',
    ],
    [
      'A { #[serde(skip_deserializing)] it: u8 }',
      'OrderEvent::A.it: Rust serializes it, but does not expect it when decoding (skip_deserializing)',
    ],
    [
      'A { #[serde(flatten)] it: Inner }',
      'OrderEvent::A.it: bincode cannot serialize OrderEvent::A because of serde(flatten)',
    ],
    [
      '#[serde(skip)] A, B',
      'OrderEvent::B: Rust serializes this variant and later ones with their numbers in the source, but deserializes as if A did not exist, so it cannot decode its own bytes',
    ],
    ['A(Decimal)', `Decimal: Rust cannot decode this type from bincode: ${whyUnreadable('Decimal')}`],
    [
      'A(serde_json::Value)',
      `serde_json::Value: Rust cannot decode this type from bincode: ${whyUnreadable('serde_json::Value')}`,
    ],
  ])('notes warn about the encoding of: %s', (variants, note) => {
    const imported = importRust(`${uses}
#[derive(Serialize)] struct Inner(u8);
#[derive(Serialize, Deserialize)]
enum OrderEvent { ${variants} }`)
    expect(noteTexts(imported)).toContain(note)
  })

  test('notes name types that Rust deserializes and serializes differently', () => {
    const imported = importRust(`use serde::{Deserialize, Serialize};
#[derive(Serialize, Deserialize)] #[serde(try_from = "(u8, u8)")] struct Pair { a: u8, b: u16 }
#[derive(Serialize, Deserialize)] #[serde(into = "String", from = "Vec<u8>")] struct Code { a: u8 }
#[derive(Serialize, Deserialize)] #[serde(into = "String", try_from = "String")] struct Email { a: u8 }
#[derive(Serialize)] enum OrderEvent { A(Pair), B(Code), C(Email) }`)
    expect(noteLines(imported).filter((note) => /deserializes/.test(note))).toEqual([
      'src/lib.rs:3 Code: Rust deserializes Vec<u8> but serializes String',
      'src/lib.rs:2 Pair: Rust deserializes (u8, u8) but serializes its own fields',
    ])
    const at = { file: 'src/lib.rs', code: 'conversion-differs', own: 'fields' }
    expect(imported.notes).toContainEqual({
      ...{ ...at, line: 3, about: 'Code', deserializes: 'Vec<u8>', serializes: 'String' },
    })
    expect(imported.notes).toContainEqual({
      ...{ ...at, line: 2, about: 'Pair', deserializes: '(u8, u8)', serializes: undefined },
    })
  })
})

test('the features in Cargo.toml determine the encoding of Decimal', () => {
  const manifest = (features: string) =>
    `[package]\nname = "orders"\n[dependencies]\nrust_decimal = { version = "1", features = [${features}] }\n`
  const decimal = (features: string) =>
    typesOf(
      importRust({
        'Cargo.toml': manifest(features),
        'src/lib.rs': 'use rust_decimal::Decimal; #[derive(serde::Serialize)] enum OrderEvent { A(Decimal) }',
      }),
    )
  expect(decimal('"serde-float"')).toEqual({ OrderEvent: [{ A: ['f64 as decimal'] }] })
  expect(decimal('"serde-str"')).toEqual({ OrderEvent: [{ A: ['Decimal'] }] })
  expect(decimal('"serde-arbitrary-precision", "serde-float"')).toEqual({ OrderEvent: [{ A: ['unreadable'] }] })
})
