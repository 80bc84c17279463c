import { describe, expect, test } from 'vitest'
import { importHints } from '../../../../src/schema/import/hints.ts'
import { fixesOf } from '../../../../src/schema/import/import-report.ts'
import { parseType } from '../../../../src/schema/type-text.ts'
import { importRust, linesOf, noteTexts, typesOf } from './import-rust.ts'

describe('--map and --assume', () => {
  const rust = `use serde::Serialize;
use ethers::types::U256;
mod money { use serde::*; pub struct Money { it: Box<dyn std::any::Any> } impl Serialize for Money { fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_i64(1) } } }
mod cents { pub fn serialize() { serializer.serialize_str("x") } }
#[derive(Serialize)] pub enum OrderEvent {
  A(money::Money),
  B { #[serde(with = "cents")] it: u8, wei: U256 },
  #[cfg(feature = "beta")] C,
  D(fancy::NonEmpty<u8>),
  E([u8; unknown()]),
}`
  const answers = {
    map: { 'crate::money::Money': 'i64', 'ethers::types::U256': '[u64; 4]', 'NonEmpty<T>': 'Vec<T>' },
    assume: { 'crate::cents': 'String', 'feature:beta': 'on', 'unknown()': '3' },
  }

  test('--map and --assume resolve every problem without being reported as unused', () => {
    const imported = importRust(rust, answers)
    expect(typesOf(imported)).toEqual({
      OrderEvent: [
        { A: ['i64'] },
        { B: { it: 'String', wei: '[u64; 4]' } },
        { C: null },
        { D: ['Vec<u8>'] },
        { E: ['[u8; 3]'] },
      ],
    })
    expect(noteTexts(imported)).toEqual([
      'OrderEvent has no event_type(), so its event types are assumed to be {Variant}.v1',
    ])
  })

  test('--map and --assume are suggested for all problems at once, each with its location', () => {
    expect(linesOf(importRust(rust))).toEqual([
      'src/lib.rs:3 Money: Serialize is implemented by hand (calls serialize_i64) [--map crate::money::Money=…]',
      'src/lib.rs:7 OrderEvent::B.it: with = "cents" uses a custom encoding (calls serialize_str) [--assume crate::cents=…]',
      'src/lib.rs:7 U256: the source of crate ethers is not among the paths [--map ethers::types::U256=…]',
      "src/lib.rs:8 OrderEvent::C: whether this declaration is compiled depends on feature:beta [--assume 'feature:beta=on|off']",
      'src/lib.rs:9 fancy::NonEmpty<u8>: the source of crate fancy is not among the paths [--map fancy::NonEmpty=…]',
      "src/lib.rs:10 [u8; unknown()]: cannot evaluate the length unknown() [--assume 'unknown()=…']",
    ])
  })

  test('a module that encodes fields of different types is asked about for each field', () => {
    const curve = '#[serde(with = "curve")]'
    const source = (types: readonly string[]) =>
      `mod curve { pub fn serialize<C: Curve, S: Serializer>(it: &C, to: S) -> Result<S::Ok, S::Error> { it.write(to) } }
#[derive(serde::Serialize)] pub struct Key(${curve} G1);
#[derive(serde::Serialize)] pub enum OrderEvent { A(Key), ${types.map((type, at) => `V${at}(${curve} ${type})`).join(', ')} }`
    const fixes = (types: readonly string[], assume = {}) =>
      linesOf(importRust(source(types), { assume })).map((line) => line.replace(/.*\[/, '['))
    expect(fixes(['G1'])).toEqual(['[--assume crate::curve=…]', '[--assume crate::curve=…]'])
    expect(fixes(['G1', 'G2'])).toEqual([
      '[--assume Key.0=…]',
      '[--assume OrderEvent::V0.0=…]',
      '[--assume OrderEvent::V1.0=…]',
    ])
    const assume = { 'Key.0': '[u8; 2]', 'OrderEvent::V0.0': '[u8; 2]', 'OrderEvent::V1.0': '[u8; 4]' }
    expect(typesOf(importRust(source(['G1', 'G2']), { assume }))).toEqual({
      Key: ['[u8; 2]'],
      OrderEvent: [{ A: ['Key'] }, { V0: ['[u8; 2]'] }, { V1: ['[u8; 4]'] }],
    })
  })

  test('constants of the same name without a known value are asked about by their paths', () => {
    const source = `mod a { use key::LEN; #[derive(serde::Serialize)] pub struct Key([u8; LEN]); }
mod b { const LEN: usize = size(); const TWICE: usize = LEN * 2;
  #[derive(serde::Serialize)] pub struct Key([u8; LEN], [u8; TWICE], [u8; LEN + key::TAG + key::LEN]); }
#[derive(serde::Serialize)] pub enum OrderEvent { A(a::Key), B(b::Key) }`
    expect(linesOf(importRust(source))).toEqual([
      'src/lib.rs:1 [u8; LEN]: cannot evaluate the length LEN: the source of crate key is not among the paths [--assume key::LEN=…]',
      'src/lib.rs:3 [u8; LEN]: cannot evaluate the length LEN [--assume crate::b::LEN=…]',
      'src/lib.rs:3 [u8; TWICE]: cannot evaluate the length TWICE [--assume crate::b::LEN=…]',
      'src/lib.rs:3 [u8; LEN + key::TAG + key::LEN]: cannot evaluate the length LEN + key::TAG + key::LEN [--assume crate::b::LEN=…]',
      'src/lib.rs:3 [u8; LEN + key::TAG + key::LEN]: cannot evaluate the length LEN + key::TAG + key::LEN: the source of crate key is not among the paths [--assume key::TAG=…]',
      'src/lib.rs:3 [u8; LEN + key::TAG + key::LEN]: cannot evaluate the length LEN + key::TAG + key::LEN: the source of crate key is not among the paths [--assume key::LEN=…]',
    ])
    const assume = { 'key::LEN': '32', 'key::TAG': '1', 'crate::b::LEN': '4' }
    const types = typesOf(importRust(source, { assume }))
    expect(types).toMatchObject({ 'a::Key': ['[u8; 32]'], 'b::Key': ['[u8; 4]', '[u8; 8]', '[u8; 37]'] })
  })

  test('are fixes with a code and fields, in words that name no flag', () => {
    const imported = importRust(rust)
    if (imported.ok) expect.fail('it was imported')
    const { mapType, giveEncoding, turnOn, giveLength } = importHints
    expect(fixesOf([...imported.problems, ...imported.problems])).toEqual([
      mapType('crate::money::Money'),
      giveEncoding('crate::cents'),
      mapType('ethers::types::U256'),
      turnOn(['feature:beta']),
      mapType('fancy::NonEmpty'),
      giveLength('unknown()'),
    ])
    expect(JSON.stringify(imported)).not.toContain('--')
  })

  test('--map and --assume may refer to types of the service', () => {
    const source = `#[derive(serde::Serialize)] struct Item(u8);
      #[derive(serde::Serialize)] enum OrderEvent { A(other::Items) }`
    expect(typesOf(importRust(source, { map: { 'other::Items': 'HashMap<Uuid, Item>' } }))).toEqual({
      Item: ['u8'],
      OrderEvent: [{ A: ['HashMap<Uuid, Item>'] }],
    })
  })

  test.each([
    ['Weight', 'crate::parcels::Weight', { OrderEvent: [{ A: ['Weight'] }], Weight: ['u32'] }],
    [
      'crate::parcels::Weight',
      'Vec<crate::parcels::Weight>',
      { OrderEvent: [{ A: ['Vec<Weight>'] }], Weight: ['u32'] },
    ],
    ['Weight', 'crate::Heavy', { OrderEvent: [{ A: ['Weight'] }], Weight: ['u32'] }],
    [
      'Weight',
      'crate::Boxed',
      { OrderEvent: [{ A: ['Boxed<Weight>'] }], 'Boxed<Weight>': ['Weight'], Weight: ['u32'] },
    ],
    ['Weight', 'Weight', [{ about: 'Weight', reason: 'Weight is not in scope', fix: importHints.mapType('Weight') }]],
  ])('--map and --assume may contain the type that they replace: %s=%s', (from, to, expected) => {
    const source = `mod parcels { #[derive(serde::Serialize)] pub struct Weight(u32); }
      type Heavy = parcels::Weight;
      #[derive(serde::Serialize)] struct Boxed<T = parcels::Weight>(T);
      #[derive(serde::Serialize)] enum OrderEvent { A(parcels::Weight) }`
    expect(typesOf(importRust(source, { map: { [from]: to } }))).toMatchObject(expected)
  })

  test('--map and --assume may refer to each other in a circle without an endless import', () => {
    const source = `type A = B; type B = W<A>; #[derive(serde::Serialize)] struct W<T>(T);
      #[derive(serde::Serialize)] enum OrderEvent { A(A) }`
    for (const map of [
      {},
      { B: 'A' },
      { A: 'B', B: 'A' },
      { A: 'other::B', 'other::B': 'other::A' },
      { 'W<T>': 'W<W<T>>' },
    ]) {
      const imported = importRust(source, { map })
      expect(imported.ok || imported.problems.length > 0, JSON.stringify(map)).toBe(true)
    }
  })

  test('--map and --assume must be whole numbers for the length of an array', () => {
    const source = '#[derive(serde::Serialize)] enum OrderEvent { A([u8; LEN]), B([u8; next( 1 )]) }'
    const imported = (LEN: string) => importRust(source, { assume: { LEN, 'next(1)': '2' } })
    expect(typesOf(imported('1_6'))).toEqual({ OrderEvent: [{ A: ['[u8; 16]'] }, { B: ['[u8; 2]'] }] })
    for (const answer of ['abc', '1.5', '-1', '']) {
      expect(linesOf(imported(answer))).toEqual([
        `src/lib.rs:1 [u8; LEN]: the answer for the length LEN is not a whole number: ${answer} [--assume LEN=…]`,
      ])
    }
    expect(linesOf(imported('4294967296'))).toEqual([
      'src/lib.rs:1 [u8; LEN]: the length LEN is 4294967296, which is not between 0 and 4294967295 [--assume LEN=…]',
    ])
  })

  test('give the encoding of serde_as by its text or by its field', () => {
    const source = `use serde_with::DisplayFromStr; type Pair = (u64, u8);
      #[serde_with::serde_as] #[derive(serde::Serialize)] enum OrderEvent { A { #[serde_as(as = "Vec<(DisplayFromStr, _)>")] it: Vec<Pair>, #[serde_as(as = "Odd<u8>")] odd: u8 } }`
    expect(linesOf(importRust(source))).toEqual([
      `src/lib.rs:2 OrderEvent::A.it: serde_as(as = "(DisplayFromStr, _)") uses a custom encoding [--assume '(DisplayFromStr, _)=…']`,
      `src/lib.rs:2 OrderEvent::A.odd: serde_as(as = "Odd<u8>") uses a custom encoding [--assume 'Odd<u8>=…']`,
    ])
    const expected = { OrderEvent: [{ A: { it: 'Vec<(String, u8)>', odd: 'u16' } }] }
    const byText = importRust(source, { assume: { '(DisplayFromStr, _)': '(String, u8)', 'Odd<u8>': 'u16' } })
    expect(typesOf(byText)).toEqual(expected)
    const assume = { 'OrderEvent::A.it': 'Vec<(String, u8)>', 'OrderEvent::A.odd': 'u16' }
    const byField = importRust(source, { assume })
    expect(typesOf(byField)).toEqual(expected)
    expect([byText.notes.length, byField.notes.length]).toEqual([1, 1])
  })

  test('--map and --assume match types regardless of whitespace', () => {
    const source = `#[derive(serde::Serialize)] enum OrderEvent { A(< Km as Unit > :: Raw), B(Box<dyn  Shape<u8,u16>>) }`
    expect(linesOf(importRust(source))).toEqual([
      "src/lib.rs:1 <Km as Unit>::Raw: cannot resolve this associated type [--map '<Km as Unit>::Raw=…']",
      "src/lib.rs:1 dyn Shape<u8, u16>: cannot import a trait object [--map 'dyn Shape<u8, u16>=…']",
    ])
    const map = { '<Km as Unit> ::Raw': 'u32', 'dyn Shape<u8,u16>': 'u8' }
    const imported = importRust(source, { map })
    expect(typesOf(imported)).toEqual({ OrderEvent: [{ A: ['u32'] }, { B: ['u8'] }] })
    expect(imported.notes).toHaveLength(1)
  })

  test('--map and --assume are reported if they are not valid types or unused', () => {
    const parsed = parseType('Vec<')
    expect(linesOf(importRust(rust, { ...answers, map: { ...answers.map, 'crate::money::Money': 'Vec<' } }))).toEqual([
      `src/lib.rs:6 Vec<: invalid type: ${parsed.ok ? '' : parsed.reason} []`,
    ])
    const imported = importRust(rust, { ...answers, map: { ...answers.map, 'crate::Monye': 'i64' } })
    expect(imported.notes).toContainEqual({
      ...{ file: 'src/lib.rs', line: 5 },
      code: 'answer-unused',
      question: 'crate::Monye',
    })
    expect(noteTexts(imported)).toContain('unused answer: the source has no crate::Monye')
  })
})
