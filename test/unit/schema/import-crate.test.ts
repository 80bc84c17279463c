import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceFiles } from '../../../src/schema/import/crates/packages.ts'
import { importSchema } from '../../../src/schema/import/import-schema.ts'
import { writeSchemaFile } from '../../../src/schema/schema-file.ts'
import { importRust, linesOf, typesOf } from './import-rust.ts'

const service: Readonly<Record<string, string>> = {
  'Cargo.toml': `[workspace] # of three
members = ["services/*", "shared"]
[workspace.dependencies]
shared-types = { path = "shared", package = "acme-shared" }
`,
  'services/orders/Cargo.toml': `[package]
name = "order-service"
[dependencies]
shared-types.workspace = true
money = { path = "../../money", features = [
  "serde", # and nothing else
] }
`,
  'services/orders/src/lib.rs': `//! The orders.
pub mod domain;
mod ids { pub use super::domain::ids::*; }
pub mod prelude {
    pub use crate::domain::{events::OrderEvent, ids as identifiers};
    pub use chrono::{DateTime, Utc as Universal};
}
`,
  'services/orders/src/main.rs': `use order_service::prelude::*;
mod domain;
fn main() {}
`,
  'services/orders/src/domain/mod.rs': `pub mod events;
pub mod ids;
#[path = "odd/place.rs"]
mod line;
#[cfg(test)]
mod tests;
pub use self::line::Line as OrderLine;
`,
  'services/orders/src/domain/ids.rs': `use serde::{Deserialize, Serialize};
#[derive(Serialize, Deserialize)]
pub struct OrderId(pub uuid::Uuid);
`,
  'services/orders/src/domain/odd/place.rs': `use super::super::ids::OrderId;
use money::{Amount, self as cash};
#[derive(serde::Serialize)]
pub struct Line {
    pub order: OrderId,
    pub price: Amount,
    pub currency: cash::Currency,
}
`,
  'services/orders/src/domain/events.rs': `use super::*;
use crate::prelude::{identifiers::OrderId, DateTime, Universal};
use shared_types::{customers, Page};

#[derive(serde::Serialize)]
pub enum OrderEvent {
    Placed {
        id: OrderId,
        lines: Page<OrderLine>,
        by: customers::CustomerId,
        at: DateTime<Universal>,
    },
    Status(details::Status),
}

pub mod details;
`,
  'services/orders/src/domain/events/details.rs': `#[derive(serde::Serialize)]
pub enum Status { Open, Closed(crate::domain::events::details::Reason) }
#[derive(serde::Serialize)]
pub struct Reason;
`,
  'shared/Cargo.toml': '[package]\nname = "acme-shared"\n[lib]\npath = "lib.rs"\n',
  'shared/lib.rs': `extern crate self as me;
#[derive(serde::Serialize)]
pub struct Page<T> { pub items: Vec<T>, pub next: Option<u64> }
pub mod customers { #[derive(serde::Serialize)] pub struct CustomerId(String); }
`,
  'money/Cargo.toml': '[package]\nname = "money"\n',
  'money/src/lib.rs': `#[derive(serde::Serialize)]
pub struct Amount(i64);
#[derive(serde::Serialize)]
pub enum Currency { Eur, Usd }
`,
}

const files: SourceFiles = {
  read: (path) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return undefined
    }
  },
  list: (path) => {
    try {
      return readdirSync(path)
    } catch {
      return undefined
    }
  },
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-schema-'))
  for (const [path, text] of Object.entries(service)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const orders = `{
  "crbus_schema": 1,
  "topic": "order-events",
  "root": "OrderEvent",
  "events": {
    "Placed.v1": "Placed",
    "Status.v1": "Status"
  },
  "types": {
    "Amount": { "at": "../../money/src/lib.rs:2", "struct": ["i64"] },
    "Currency": {
      "at": "../../money/src/lib.rs:4",
      "enum": [
        { "Eur": null },
        { "Usd": null }
      ]
    },
    "CustomerId": { "at": "../../shared/lib.rs:4", "struct": ["String"] },
    "Line": {
      "at": "src/domain/odd/place.rs:4",
      "struct": { "order": "OrderId", "price": "Amount", "currency": "Currency" }
    },
    "OrderEvent": {
      "at": "src/domain/events.rs:6",
      "enum": [
        {
          "Placed": {
            "id": "OrderId",
            "lines": "Page<Line>",
            "by": "CustomerId",
            "at": "DateTime<Utc>"
          }
        },
        { "Status": ["Status"] }
      ]
    },
    "OrderId": { "at": "src/domain/ids.rs:3", "struct": ["Uuid"] },
    "Page<Line>": {
      "at": "../../shared/lib.rs:3",
      "struct": { "items": "Vec<Line>", "next": "Option<u64>" }
    },
    "Reason": { "at": "src/domain/events/details.rs:4", "struct": null },
    "Status": {
      "at": "src/domain/events/details.rs:2",
      "enum": [
        { "Open": null },
        { "Closed": ["Reason"] }
      ]
    }
  }
}
`

describe('a service on disk', () => {
  const imported = (...paths: string[]) => importSchema({ paths: paths.map((path) => join(folder, path)), files })
  const text = (...paths: string[]) => {
    const result = imported(...paths)
    return result.ok ? writeSchemaFile(result.schema) : linesOf(result)
  }

  test.each([
    ['its crate', 'services/orders'],
    ['its manifest', 'services/orders/Cargo.toml'],
    ['its folder of source', 'services/orders/src/'],
    ['the file of its events', 'services/orders/src/domain/events.rs'],
  ])('by %s', (_, path) => {
    expect(text(path)).toBe(orders)
  })

  test('by its workspace, where places are those of the workspace', () => {
    const whole = text('.')
    expect(whole).toContain('"at": "services/orders/src/domain/events.rs:6"')
    expect(whole).toContain('"at": "shared/lib.rs:3"')
  })

  test('says which files it read', () => {
    const result = imported('services/orders')
    expect(result.ok && result.sources).toContain(join(folder, 'shared/lib.rs'))
  })
})

describe('paths', () => {
  const event = (type: string) => `#[derive(serde::Serialize)] pub enum OrderEvent { A(${type}) }`

  test('may be files that no crate holds', () => {
    const imported = importRust(
      {
        'a/order.rs': `use crate::money::Money;\n${event('Money')}`,
        'b/money.rs': '#[derive(serde::Serialize)] pub struct Money(i64);',
      },
      { paths: ['a/order.rs', 'b/money.rs'] },
    )
    expect(typesOf(imported)).toEqual({ Money: ['i64'], OrderEvent: [{ A: ['Money'] }] })
  })

  test('of such files may not fit, and a name is enough if it is the only one', () => {
    const order = `use crate::domain::money::Money;\n${event('Money')}`
    const imported = importRust(
      { 'order.rs': order, 'money.rs': '#[derive(serde::Serialize)] pub struct Money(i64);' },
      { paths: ['order.rs', 'money.rs'] },
    )
    expect(typesOf(imported)).toEqual({ Money: ['i64'], OrderEvent: [{ A: ['Money'] }] })
    expect(imported.notes.map(({ text }) => text)).toContain('Money is taken for the Money of money.rs:1')
  })

  test('may be a file that its crate does not declare, such as an example', () => {
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

  test('may be folders of files, with or without a root', () => {
    const money = '#[derive(serde::Serialize)] pub struct Money(i64);'
    const expected = { Money: ['i64'], OrderEvent: [{ A: ['Money'] }] }
    const rooted = { 'src/lib.rs': `mod money; use money::Money; ${event('Money')}`, 'src/money.rs': money }
    expect(typesOf(importRust(rooted, { paths: ['src'] }))).toEqual(expected)
    const flat = { 'types/order.rs': `use super::money::Money; ${event('Money')}`, 'types/money.rs': money }
    expect(typesOf(importRust(flat, { paths: ['types'] }))).toEqual(expected)
  })

  test('that hold nothing are problems', () => {
    const texts = { 'Cargo.toml': '[package]\nname = "a"', 'docs/a.md': '' }
    expect(linesOf(importRust(texts, { paths: ['nowhere', 'docs'] }))).toEqual([
      'nowhere:0 nowhere: there is no such file or folder []',
      'docs:0 docs: there is no Rust in it []',
    ])
    expect(linesOf(importRust(texts))).toEqual(['.:0 .: it has neither src/lib.rs nor src/main.rs []'])
  })

  test('lead to modules that are in no file, and to text that is no Rust', () => {
    const { notes } = importRust(`mod missing;\nstruct ;;; @\n${event('u8')}`)
    expect(notes.map(({ file, line, text }) => `${file}:${line} ${text}`)).toEqual([
      'src/lib.rs:2 this is not Rust that crbus understands',
      "src/lib.rs:1 module 'missing' is in no file: neither src/missing.rs nor src/missing/mod.rs",
      'src/lib.rs:3 OrderEvent has no event_type(): its event types are taken to be {Variant}.v1',
    ])
  })

  test('may give the source of a crate from elsewhere, and a patch may', () => {
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

  describe('that features decide', () => {
    const id = (type: string) => `#[derive(serde::Serialize)] pub struct Id(${type});`
    const texts = {
      'Cargo.toml': '[package]\nname = "a"',
      'src/new.rs': id('u64'),
      'src/old.rs': id('u32'),
    }
    const event = '#[derive(serde::Serialize)] pub enum OrderEvent { A(Id) }'
    test.each([
      ['uses', 'mod new; mod old;\n#[cfg(feature = "v2")] use new::Id;\n#[cfg(not(feature = "v2"))] use old::Id;'],
      [
        'all of a module',
        'mod new; mod old;\n#[cfg(feature = "v2")] use new::*;\n#[cfg(not(feature = "v2"))] use old::*;',
      ],
      ['a use before all of a module', 'mod new; mod old;\n#[cfg(feature = "v2")] use new::Id;\nuse old::*;'],
      [
        'modules of one name',
        '#[cfg(feature = "v2")] #[path = "new.rs"] mod ids;\n#[cfg(not(feature = "v2"))] #[path = "old.rs"] mod ids; use ids::Id;',
      ],
      ['the file of a module', '#[cfg_attr(feature = "v2", path = "new.rs")]\nmod old; use old::Id;'],
    ])('are asked about: %s', (_, uses) => {
      const rust = { ...texts, 'src/lib.rs': `${uses}\n${event}` }
      const line = uses.split('\n').length + 1
      expect(linesOf(importRust(rust))).toEqual([
        `src/lib.rs:${line} Id: it is one of several: src/new.rs:1 or src/old.rs:1 [--assume feature:v2=on]`,
      ])
      const as = (answer: string) => typesOf(importRust(rust, { assume: { 'feature:v2': answer } }))
      expect(as('on')).toMatchObject({ Id: ['u64'] })
      expect(as('off')).toMatchObject({ Id: ['u32'] })
    })

    test.each([
      [
        'in cfg_if',
        'cfg_if::cfg_if! { if #[cfg(feature = "v2")] { mod new; pub use new::Id; } else { mod old; pub use old::Id; } }',
      ],
      [
        'of what a macro makes',
        `macro_rules! id { ($it:ty) => { #[derive(serde::Serialize)] pub struct Id($it); } }
        #[cfg(feature = "v2")] id!(u64); #[cfg(not(feature = "v2"))] id!(u32);`,
      ],
    ])('are known: %s', (_, source) => {
      const rust = { ...texts, 'src/lib.rs': `${source}\n${event}` }
      expect(linesOf(importRust(rust))[0]).toMatch(
        / Id: it is (one of several|defined more than once): .* \[--assume feature:v2=on\]$/,
      )
      const as = (answer: string) => typesOf(importRust(rust, { assume: { 'feature:v2': answer } }))
      expect(as('on')).toMatchObject({ Id: ['u64'] })
      expect(as('off')).toMatchObject({ Id: ['u32'] })
    })

    test('choose between macros of one name, and then neither is expanded', () => {
      const id = (type: string) =>
        `macro_rules! id { ($it:ident) => { #[derive(serde::Serialize)] pub struct $it(${type}); } }`
      const rust = `#[cfg(unix)] ${id('u8')}\n#[cfg(not(unix))] ${id('u16')}\nid!(Id);\n${event}`
      expect(linesOf(importRust(rust))).toEqual([
        'src/lib.rs:4 Id: it seems to be made by id! (src/lib.rs:3), which is not expanded here [--map Id=…]',
      ])
    })

    test('do not matter where there is one answer', () => {
      const uses =
        '#[cfg(feature = "v2")] mod new;\n#[cfg(feature = "v2")] use new::Id;\n#[cfg(unix)] use crate::new::*;'
      expect(typesOf(importRust({ ...texts, 'src/lib.rs': `${uses}\n${event}` }))).toMatchObject({ Id: ['u64'] })
    })

    test('are looked through once, however many ways there are', () => {
      const modules = Array.from({ length: 40 }, (_, level) => {
        const next = `pub use super::m${level + 1}::*;`
        return `pub mod m${level} { #[cfg(unix)] ${next} #[cfg(feature = "b")] ${next} use super::*; }`
      })
      const last = 'pub mod m40 { #[derive(serde::Serialize)] pub struct Id(u8); }'
      expect(typesOf(importRust(`${modules.join('\n')}\n${last}\nuse m0::*;\n${event}`))).toMatchObject({ Id: ['u8'] })
    })

    test('may be the length of an array', () => {
      const consts = '#[cfg(feature = "big")] const N: usize = 64;\n#[cfg(not(feature = "big"))] const N: usize = 32;'
      const rust = `${consts}\n#[derive(serde::Serialize)] pub enum OrderEvent { A([u8; N]) }`
      expect(linesOf(importRust(rust))[0]).toMatch(/^src\/lib.rs:3 \[u8; N\]: its length, N, is not a number/)
      expect(typesOf(importRust(rust, { assume: { 'feature:big': 'off' } }))).toEqual({
        OrderEvent: [{ A: ['[u8; 32]'] }],
      })
    })
  })

  test('of modules within others begin in a folder of theirs', () => {
    const imported = importRust({
      'Cargo.toml': '[package]\nname = "a"',
      'src/lib.rs': `mod ids { #[path = "it.rs"] pub mod order; }\n${event('ids::order::Id')}`,
      'src/it.rs': '#[derive(serde::Serialize)] pub struct Id(u8);',
      'src/ids/it.rs': '#[derive(serde::Serialize)] pub struct Id(u64);',
    })
    expect(typesOf(imported)).toMatchObject({ Id: ['u64'] })
  })

  test('may be those of files that another includes', () => {
    const imported = importRust({
      'Cargo.toml': '[package]\nname = "a"',
      'src/lib.rs': `mod ids { include!("ids/made.rs"); }\n${event('ids::Id')}`,
      'src/ids/made.rs': '#[derive(serde::Serialize)] pub struct Id(Raw);\ninclude!("raw.rs");',
      'src/ids/raw.rs': 'include!("made.rs");\n#[derive(serde::Serialize)] pub struct Raw(u8);',
    })
    expect(typesOf(imported)).toEqual({ Id: ['Raw'], OrderEvent: [{ A: ['Id'] }], Raw: ['u8'] })
  })

  test('may lead to what a build makes', () => {
    const made = 'mod proto { include!(concat!(env!("OUT_DIR"), "/orders.rs")); }'
    expect(linesOf(importRust(`${made}\n${event('proto::Order')}`))).toEqual([
      'src/lib.rs:2 proto::Order: no proto::Order is in scope, unless include! (src/lib.rs:1) brings it: what a build makes is not seen here [--map proto::Order=…]',
    ])
  })

  test('may pass the same module twice', () => {
    const imported = importRust({
      'Cargo.toml': '[package]\nname = "a"',
      'src/lib.rs': `mod ids;\nmod order;\n${event('order::Order')}`,
      'src/ids.rs': 'mod order_id;\npub use crate::ids::{order_id::OrderId, order_id::*};',
      'src/ids/order_id.rs': 'use super::*;\n#[derive(serde::Serialize)]\npub struct OrderId(u8);',
      'src/order.rs': 'use crate::{ids::OrderId, order::*};\n#[derive(serde::Serialize)]\npub struct Order(OrderId);',
    })
    expect(typesOf(imported)).toEqual({ Order: ['OrderId'], OrderEvent: [{ A: ['Order'] }], OrderId: ['u8'] })
  })

  describe('through macros', () => {
    const id = (name: string, type: string) =>
      `macro_rules! ${name} { ($it:ident) => { #[derive(serde::Serialize)] pub struct $it(${type}); } }`

    test('take that of the module before another of its name', () => {
      const imported = importRust({
        'Cargo.toml': '[package]\nname = "a"',
        'src/lib.rs': `mod old; mod new;\n${event('(old::Old, new::inner::New)')}`,
        'src/old.rs': `${id('id', 'u32')}\nid!(Old);`,
        'src/new.rs': `${id('id', 'u64')}\npub mod inner { id!(New); }`,
      })
      expect(typesOf(imported)).toEqual({ New: ['u64'], Old: ['u32'], OrderEvent: [{ A: ['(Old, New)'] }] })
    })

    test('do not choose among those of other modules', () => {
      const rust = `mod a { ${id('id', 'u32')} }\nmod b { ${id('id', 'u64')} }\nid!(Id);\n${event('Id')}`
      expect(linesOf(importRust(rust))).toEqual([
        'src/lib.rs:4 Id: it seems to be made by id! (src/lib.rs:3), which is not expanded here [--map Id=…]',
      ])
    })

    test('may be of another crate', () => {
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

  test('problems stand where the type does', () => {
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
      'src/order.rs:7 Invoice: crate billing is not among the paths [--map billing::Invoice=…]',
      'src/order.rs:9 Gone: no Gone is in scope [--map Gone=…]',
    ])
  })
})
