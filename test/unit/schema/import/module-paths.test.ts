import { describe, expect, test } from 'vitest'
import { importRust, linesOf, noteLines, noteTexts, typesOf } from './import-rust.ts'

describe('paths of an import', () => {
  const event = (type: string) => `#[derive(serde::Serialize)] pub enum OrderEvent { A(${type}) }`

  test('paths of an import may be files without a package', () => {
    const imported = importRust(
      {
        'a/order.rs': `use crate::money::Money;\n${event('Money')}`,
        'b/money.rs': '#[derive(serde::Serialize)] pub struct Money(i64);',
      },
      { paths: ['a/order.rs', 'b/money.rs'] },
    )
    expect(typesOf(imported)).toEqual({ Money: ['i64'], OrderEvent: [{ A: ['Money'] }] })
  })

  test('paths of an import may be files without a package whose paths do not resolve, if the name is unique', () => {
    const order = `use crate::domain::money::Money;\n${event('Money')}`
    const imported = importRust(
      { 'order.rs': order, 'money.rs': '#[derive(serde::Serialize)] pub struct Money(i64);' },
      { paths: ['order.rs', 'money.rs'] },
    )
    expect(typesOf(imported)).toEqual({ Money: ['i64'], OrderEvent: [{ A: ['Money'] }] })
    expect(noteTexts(imported)).toContain('Money is assumed to be the Money in money.rs:1')
  })

  test('paths of an import may be a file that is not a module of its crate, such as an example', () => {
    const imported = importRust(
      {
        'Cargo.toml': '[package]\nname = "my-orders"',
        'src/lib.rs':
          '#[derive(serde::Serialize)] pub struct Money(i64);\n#[derive(serde::Serialize)] pub enum UserEvent { A }',
        'examples/demo.rs': `use my_orders::Money;\n${event('Money')}`,
      },
      { paths: ['examples/demo.rs'] },
    )
    expect(typesOf(imported)).toEqual({ Money: ['i64'], OrderEvent: [{ A: ['Money'] }] })
  })

  test('paths of an import may be folders of files, with or without lib.rs', () => {
    const money = '#[derive(serde::Serialize)] pub struct Money(i64);'
    const expected = { Money: ['i64'], OrderEvent: [{ A: ['Money'] }] }
    const rooted = { 'src/lib.rs': `mod money; use money::Money; ${event('Money')}`, 'src/money.rs': money }
    expect(typesOf(importRust(rooted, { paths: ['src'] }))).toEqual(expected)
    const flat = { 'types/order.rs': `use super::money::Money; ${event('Money')}`, 'types/money.rs': money }
    expect(typesOf(importRust(flat, { paths: ['types'] }))).toEqual(expected)
  })

  test('paths of an import are reported if they do not exist or have no source', () => {
    const texts = { 'Cargo.toml': '[package]\nname = "a"', 'docs/a.md': '' }
    expect(linesOf(importRust(texts, { paths: ['nowhere', 'docs'] }))).toEqual([
      'nowhere:0 nowhere: there is no such file or folder []',
      'docs:0 docs: the folder has no .rs files []',
    ])
    expect(linesOf(importRust(texts))).toEqual([
      '.:0 .: no library or program found, such as src/lib.rs or src/main.rs []',
    ])
  })

  test('paths of an import get notes about missing module files and invalid Rust', () => {
    expect(noteLines(importRust(`mod missing;\nstruct ;;; @\n${event('u8')}`))).toEqual([
      'src/lib.rs:2 crbus cannot parse this Rust code',
      "src/lib.rs:1 module 'missing' has no file: tried src/missing.rs and src/missing/mod.rs",
      'src/lib.rs:3 OrderEvent has no event_type(), so its event types are assumed to be {Variant}.v1',
    ])
  })

  test('paths of an import may include the source of a crate from a registry, as may a patch in Cargo.toml', () => {
    const crates = {
      'a/src/lib.rs': event('billing_types::Invoice'),
      'b/Cargo.toml': '[package]\nname = "billing-types"',
      'b/src/lib.rs': '#[derive(serde::Serialize)] pub struct Invoice(u8);',
    }
    const manifest = '[package]\nname = "a"\n[dependencies]\nbilling-types = "1"\n'
    const expected = { Invoice: ['u8'], OrderEvent: [{ A: ['Invoice'] }] }
    expect(typesOf(importRust({ ...crates, 'a/Cargo.toml': manifest }, { paths: ['a', 'b'] }))).toEqual(expected)
    const patched = `${manifest}[patch.crates-io]\nbilling-types = { path = "../b" }\n`
    expect(typesOf(importRust({ ...crates, 'a/Cargo.toml': patched }, { paths: ['a'] }))).toEqual(expected)
  })

  describe('names that depend on cfg', () => {
    const id = (type: string) => `#[derive(serde::Serialize)] pub struct Id(${type});`
    const texts = {
      'Cargo.toml': '[package]\nname = "a"',
      'src/new.rs': id('u64'),
      'src/old.rs': id('u32'),
    }
    const event = '#[derive(serde::Serialize)] pub enum OrderEvent { A(Id) }'
    test.each([
      [
        'different uses',
        'mod new; mod old;\n#[cfg(feature = "v2")] use new::Id;\n#[cfg(not(feature = "v2"))] use old::Id;',
      ],
      [
        'glob imports of different modules',
        'mod new; mod old;\n#[cfg(feature = "v2")] use new::*;\n#[cfg(not(feature = "v2"))] use old::*;',
      ],
      ['a use that shadows a glob import', 'mod new; mod old;\n#[cfg(feature = "v2")] use new::Id;\nuse old::*;'],
      [
        'modules of the same name',
        '#[cfg(feature = "v2")] #[path = "new.rs"] mod ids;\n#[cfg(not(feature = "v2"))] #[path = "old.rs"] mod ids; use ids::Id;',
      ],
      ['a module with several possible files', '#[cfg_attr(feature = "v2", path = "new.rs")]\nmod old; use old::Id;'],
    ])('names that depend on cfg are reported as ambiguous: %s', (_, uses) => {
      const rust = { ...texts, 'src/lib.rs': `${uses}\n${event}` }
      const line = uses.split('\n').length + 1
      expect(linesOf(importRust(rust))).toEqual([
        `src/lib.rs:${line} Id: cfg decides whether this name refers to src/new.rs:1 or src/old.rs:1 [--assume 'feature:v2=on|off']`,
      ])
      const as = (answer: string) => typesOf(importRust(rust, { assume: { 'feature:v2': answer } }))
      expect(as('on')).toMatchObject({ Id: ['u64'] })
      expect(as('off')).toMatchObject({ Id: ['u32'] })
    })

    test.each([
      [
        'branches of cfg_if',
        'cfg_if::cfg_if! { if #[cfg(feature = "v2")] { mod new; pub use new::Id; } else { mod old; pub use old::Id; } }',
      ],
      [
        'calls of a macro',
        `macro_rules! id { ($it:ty) => { #[derive(serde::Serialize)] pub struct Id($it); } }
        #[cfg(feature = "v2")] id!(u64); #[cfg(not(feature = "v2"))] id!(u32);`,
      ],
    ])('names that depend on cfg include the cfg of %s', (_, source) => {
      const rust = { ...texts, 'src/lib.rs': `${source}\n${event}` }
      expect(linesOf(importRust(rust))[0]).toMatch(
        / Id: cfg decides (whether this name refers to|between the definitions in) .* \[--assume 'feature:v2=on\|off'\]$/,
      )
      const as = (answer: string) => typesOf(importRust(rust, { assume: { 'feature:v2': answer } }))
      expect(as('on')).toMatchObject({ Id: ['u64'] })
      expect(as('off')).toMatchObject({ Id: ['u32'] })
    })

    test('names that depend on cfg may come from macros that depend on cfg', () => {
      const id = (type: string) =>
        `macro_rules! id { ($it:ident) => { #[derive(serde::Serialize)] pub struct $it(${type}); } }`
      const rust = `#[cfg(unix)] ${id('u8')}\n#[cfg(not(unix))] ${id('u16')}\nid!(Id);\n${event}`
      expect(linesOf(importRust(rust))).toEqual([
        "src/lib.rs:4 Id: cfg decides between the definitions in src/lib.rs:3 and src/lib.rs:3 [--assume 'unix=on|off']",
      ])
      expect(typesOf(importRust(rust, { assume: { unix: 'off' } }))).toMatchObject({ Id: ['u16'] })
    })

    test('names that depend on cfg are not ambiguous if every cfg leads to the same type', () => {
      const uses =
        '#[cfg(feature = "v2")] mod new;\n#[cfg(feature = "v2")] use new::Id;\n#[cfg(unix)] use crate::new::*;'
      expect(typesOf(importRust({ ...texts, 'src/lib.rs': `${uses}\n${event}` }))).toMatchObject({ Id: ['u64'] })
    })

    test('names that depend on cfg are resolved in linear time even if many imports lead to the same module', () => {
      const modules = Array.from({ length: 40 }, (_, level) => {
        const next = `pub use super::m${level + 1}::*;`
        return `pub mod m${level} { #[cfg(unix)] ${next} #[cfg(feature = "b")] ${next} use super::*; }`
      })
      const last = 'pub mod m40 { #[derive(serde::Serialize)] pub struct Id(u8); }'
      expect(typesOf(importRust(`${modules.join('\n')}\n${last}\nuse m0::*;\n${event}`))).toMatchObject({ Id: ['u8'] })
    })

    test('names that depend on cfg may be constants for the length of an array', () => {
      const consts = '#[cfg(feature = "big")] const N: usize = 64;\n#[cfg(not(feature = "big"))] const N: usize = 32;'
      const rust = `${consts}\n#[derive(serde::Serialize)] pub enum OrderEvent { A([u8; N]) }`
      expect(linesOf(importRust(rust))).toEqual([
        "src/lib.rs:3 [u8; N]: the length N depends on feature:big [--assume 'feature:big=on|off']",
      ])
      expect(typesOf(importRust(rust, { assume: { 'feature:big': 'off' } }))).toEqual({
        OrderEvent: [{ A: ['[u8; 32]'] }],
      })
    })
  })

  test.each([
    [
      'an associated constant',
      'struct Key; impl Key { #[cfg(unix)] const LEN: usize = 8; #[cfg(not(unix))] const LEN: usize = 4; }',
      '[u8; Key::LEN]',
      'the length Key::LEN depends on unix',
    ],
    [
      'the argument of a generic type',
      '#[cfg(unix)] const N: usize = 8; #[cfg(not(unix))] const N: usize = 4; #[derive(serde::Serialize)] struct Key<const L: usize>([u8; L]);',
      'Key<N>',
      'the length L depends on unix',
    ],
    [
      'a constant that another one refers to',
      'mod a { #[cfg(unix)] pub const N: usize = 4; #[cfg(not(unix))] pub const N: usize = 2; } const M: usize = a::N * 2;',
      '[u8; M]',
      'the length M depends on unix',
    ],
  ])('the length of an array names the cfg of %s', (_, source, type, reason) => {
    const rust = `${source}\n${event(type)}`
    expect(linesOf(importRust(rust))[0]).toContain(`: ${reason} [--assume 'unix=on|off']`)
    const as = (unix: string) => JSON.stringify(typesOf(importRust(rust, { assume: { unix } })))
    expect(as('on')).not.toBe(as('off'))
  })

  test('an associated type names the cfg that decides it', () => {
    const rust = `struct Order; impl Aggregate for Order { #[cfg(unix)] type Id = u64; #[cfg(not(unix))] type Id = u32; }
${event('<Order as Aggregate>::Id')}`
    expect(linesOf(importRust(rust))).toEqual([
      "src/lib.rs:2 <Order as Aggregate>::Id: this associated type depends on unix [--assume 'unix=on|off']",
    ])
    expect(typesOf(importRust(rust, { assume: { unix: 'on' } }))).toEqual({ OrderEvent: [{ A: ['u64'] }] })
    expect(typesOf(importRust(rust, { assume: { unix: 'off' } }))).toEqual({ OrderEvent: [{ A: ['u32'] }] })
  })

  test.each([
    ['use time::macros::time;', 'time::Date', 'time::Date'],
    ['use time::macros::{date, time};', 'time::OffsetDateTime', 'time::OffsetDateTime'],
    ['use time_macros::time;', 'time::Month', 'time::Month'],
    ['use uuid::uuid;', 'uuid::Uuid', 'Uuid'],
    ['use tokio::time;', 'time::Duration', 'Duration'],
    ['use time::{macros::time, OffsetDateTime};', 'OffsetDateTime', 'time::OffsetDateTime'],
    ['use uuid::{uuid, Uuid as Id};', 'Id', 'Uuid'],
    ['use uuid::uuid; mod inner { pub use uuid::Uuid; }', 'inner::Uuid', 'Uuid'],
  ])('a macro does not hide the crate of its name: %s', (use, type, expected) => {
    expect(typesOf(importRust(`${use}\n${event(type)}`))).toEqual({ OrderEvent: [{ A: [expected] }] })
  })

  test('a module of another crate hides the crate of its name', () => {
    expect(linesOf(importRust(`use clock::time;\n${event('time::Date')}`))).toEqual([
      'src/lib.rs:2 time::Date: the source of crate clock is not among the paths [--map clock::time::Date=…]',
    ])
  })

  test('paths of nested modules with a path attribute begin in the folder of the outer module', () => {
    const imported = importRust({
      'Cargo.toml': '[package]\nname = "a"',
      'src/lib.rs': `mod ids { #[path = "it.rs"] pub mod order; }\n${event('ids::order::Id')}`,
      'src/it.rs': '#[derive(serde::Serialize)] pub struct Id(u8);',
      'src/ids/it.rs': '#[derive(serde::Serialize)] pub struct Id(u64);',
    })
    expect(typesOf(imported)).toMatchObject({ Id: ['u64'] })
  })

  test('paths of an import may lead to files that include! adds', () => {
    const imported = importRust({
      'Cargo.toml': '[package]\nname = "a"',
      'src/lib.rs': `mod ids { include!("ids/made.rs"); }\n${event('ids::Id')}`,
      'src/ids/made.rs': '#[derive(serde::Serialize)] pub struct Id(Raw);\ninclude!("raw.rs");',
      'src/ids/raw.rs': 'include!("made.rs");\n#[derive(serde::Serialize)] pub struct Raw(u8);',
    })
    expect(typesOf(imported)).toEqual({ Id: ['Raw'], OrderEvent: [{ A: ['Id'] }], Raw: ['u8'] })
  })

  test('paths of an import may lead to generated code, which is reported', () => {
    const made = 'mod proto { include!(concat!(env!("OUT_DIR"), "/orders.rs")); }'
    expect(linesOf(importRust(`${made}\n${event('proto::Order')}`))).toEqual([
      'src/lib.rs:2 proto::Order: proto::Order is not in scope; include! (src/lib.rs:1) may define this name, but crbus does not read code that the build generates [--map proto::Order=…]',
    ])
  })

  test('paths of an import may pass the same module twice without an endless loop', () => {
    const imported = importRust({
      'Cargo.toml': '[package]\nname = "a"',
      'src/lib.rs': `mod ids;\nmod order;\n${event('order::Order')}`,
      'src/ids.rs': 'mod order_id;\npub use crate::ids::{order_id::OrderId, order_id::*};',
      'src/ids/order_id.rs': 'use super::*;\n#[derive(serde::Serialize)]\npub struct OrderId(u8);',
      'src/order.rs': 'use crate::{ids::OrderId, order::*};\n#[derive(serde::Serialize)]\npub struct Order(OrderId);',
    })
    expect(typesOf(imported)).toEqual({ Order: ['OrderId'], OrderEvent: [{ A: ['Order'] }], OrderId: ['u8'] })
  })

  describe('macros that define types', () => {
    const id = (name: string, type: string) =>
      `macro_rules! ${name} { ($it:ident) => { #[derive(serde::Serialize)] pub struct $it(${type}); } }`

    test('macros that define types prefer the definition in the same module', () => {
      const imported = importRust({
        'Cargo.toml': '[package]\nname = "a"',
        'src/lib.rs': `mod old; mod new;\n${event('(old::Old, new::inner::New)')}`,
        'src/old.rs': `${id('id', 'u32')}\nid!(Old);`,
        'src/new.rs': `${id('id', 'u64')}\npub mod inner { id!(New); }`,
      })
      expect(typesOf(imported)).toEqual({ New: ['u64'], Old: ['u32'], OrderEvent: [{ A: ['(Old, New)'] }] })
    })

    test('macros that define types are not expanded if several other modules define them', () => {
      const rust = `mod a { ${id('id', 'u32')} }\nmod b { ${id('id', 'u64')} }\nid!(Id);\n${event('Id')}`
      expect(linesOf(importRust(rust))).toEqual([
        'src/lib.rs:4 Id: id! (src/lib.rs:3) probably defines this name, but crbus cannot expand that macro [--map Id=…]',
      ])
    })

    test('macros that define types may be defined in another crate', () => {
      const texts = {
        'a/Cargo.toml': '[package]\nname = "a"\n[dependencies]\nshared = { path = "../shared" }',
        'shared/Cargo.toml': '[package]\nname = "shared"',
        'shared/src/lib.rs': 'mod macros;\n#[derive(serde::Serialize)] pub struct Raw(u8);',
        'shared/src/macros.rs': `#[macro_export] ${id('define_id', '$crate::Raw')}`,
      }
      for (const call of [
        'shared::define_id!(Id);',
        'use shared::define_id; define_id!(Id);',
        'use shared::*; define_id!(Id);',
      ]) {
        const imported = importRust({ ...texts, 'a/src/lib.rs': `${call}\n${event('Id')}` }, { paths: ['a'] })
        expect(typesOf(imported)).toEqual({ Id: ['Raw'], OrderEvent: [{ A: ['Id'] }], Raw: ['u8'] })
      }
    })
  })

  test('paths of an import report problems at the location of the type', () => {
    const imported = importRust({
      'Cargo.toml': '[package]\nname = "a"\n[dependencies]\nbilling = { git = "https://example.com/billing" }',
      'src/lib.rs': `mod order;\n\n${event('order::Order')}`,
      'src/order.rs': `use billing::Invoice;
use crate::nowhere::Gone;

#[derive(serde::Serialize)]
pub struct Order {
    /// One.
    pub invoice: Invoice,
    pub invoices: Vec<Invoice>,
    pub gone: Option<Gone>,
}
`,
    })
    expect(linesOf(imported)).toEqual([
      'src/order.rs:7 Invoice: the source of crate billing is not among the paths [--map billing::Invoice=…]',
      'src/order.rs:9 Gone: Gone is not in scope [--map Gone=…]',
    ])
  })
})
