import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceFiles } from '../../../../src/schema/import/crates/packages.ts'
import { importSchema } from '../../../../src/schema/import/import-schema.ts'
import { writeSchemaFile } from '../../../../src/schema/write-schema-file.ts'
import { importRust, linesOf } from './import-rust.ts'

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

describe('a service in a workspace on disk', () => {
  const imported = (...paths: string[]) => importSchema({ paths: paths.map((path) => join(folder, path)), files })
  const text = (...paths: string[]) => {
    const result = imported(...paths)
    return result.ok ? writeSchemaFile(result.schema) : linesOf(result)
  }

  test.each([
    ['the folder of its crate', 'services/orders'],
    ['its manifest', 'services/orders/Cargo.toml'],
    ['its src folder', 'services/orders/src/'],
    ['the file of its events', 'services/orders/src/domain/events.rs'],
  ])('a service in a workspace on disk is imported by %s', (_, path) => {
    expect(text(path)).toBe(orders)
  })

  test('a service in a workspace on disk is imported by its workspace, with locations relative to the workspace', () => {
    const whole = text('.')
    expect(whole).toContain('"at": "services/orders/src/domain/events.rs:6"')
    expect(whole).toContain('"at": "shared/lib.rs:3"')
  })

  test('a service in a workspace on disk lists the files that were read, including those of dependencies', () => {
    const result = imported('services/orders')
    expect(result.ok && result.sources).toContain(join(folder, 'shared/lib.rs'))
  })
})

test('names the members of a workspace with source if its root package has none', () => {
  const member = (name: string) => `[package]\nname = "${name}"`
  const texts = {
    'Cargo.toml': '[package]\nname = "shop"\n[workspace]\nmembers = ["services/*", "shared", "."]',
    'services/orders/Cargo.toml': member('orders'),
    'services/orders/src/main.rs': 'fn main() {}',
    'services/docs/Cargo.toml': member('docs'),
    'shared/Cargo.toml': member('shared'),
    'shared/src/lib.rs': '',
  }
  const missing = 'no library or program found, such as src/lib.rs or src/main.rs'
  expect(linesOf(importRust(texts))).toEqual([
    `.:0 .: ${missing}; members of this workspace with source are services/orders, shared [crbus schema import services/orders]`,
  ])
  expect(linesOf(importRust(texts, { paths: ['services/docs'] }))).toEqual([
    `services/docs:0 services/docs: ${missing} []`,
  ])
})

describe('the version of a library', () => {
  const locked = (...packages: string[]) =>
    packages.map((one) => `[[package]]\nname = "${one.replace(' ', '"\nversion = "')}"\n`).join('\n')
  const reasons = (requirement: string, lock?: string) => {
    const texts = {
      'Cargo.toml': `[package]\nname = "orders"\n[dependencies]\n${requirement}`,
      'src/lib.rs': '#[derive(serde::Serialize)] pub struct Root(time::OffsetDateTime);',
      ...(lock === undefined ? {} : { 'Cargo.lock': lock }),
    }
    const imported = importRust(texts, { root: 'Root' })
    return imported.ok ? 'known' : imported.problems.map(({ reason }) => reason.replace(/^.* and later, /, '')).join()
  }

  test.each([
    ['time = "0.3"', locked('time 0.2.27'), 'known'],
    ['time = "=0.3.36"', undefined, 'known'],
    ['time = "0.2"', locked('time 0.3.36'), 'and the service requires 0.2'],
    ['time = "*"', locked('time 0.3.36'), 'known'],
    ['time = "*"', locked('time 0.2.27'), 'and Cargo.lock has 0.2'],
    ['time = "*"', undefined, 'and the service requires 0.0'],
    ['time = "0"', locked('time 0.3.36'), 'known'],
    ['time = ">=0.2, <0.4"', locked('time 0.3.36'), 'known'],
    ['time = ">=0.2, <0.4"', undefined, 'and the service requires 0.2'],
    ['time = "<0.4, >=0.3"', undefined, 'known'],
    ['time = { git = "https://example.com/time" }', locked('time 0.2.0'), 'and Cargo.lock has 0.2'],
    ['time = { git = "https://example.com/time" }', undefined, 'known'],
    ['sqlx = "0.8"', locked('time 0.2.27', 'time 0.3.36'), 'and Cargo.lock has 0.2'],
    [
      'time = "*"',
      locked('time 0.1.45', 'time 0.3.36', 'orders 0.1.0"\ndependencies = [\n "serde",\n "time 0.3.36",\n]\n#'),
      'known',
    ],
  ])('is that of Cargo.toml, or of Cargo.lock if Cargo.toml accepts several: %s', (requirement, lock, expected) => {
    expect(reasons(requirement, lock)).toBe(expected)
  })

  test('is that of the Cargo.lock of the workspace', () => {
    const texts = {
      'Cargo.toml': '[workspace]\nmembers = ["orders"]\n[workspace.dependencies]\ntime = ">=0.2"',
      'Cargo.lock': locked('time 0.2.27'),
      'orders/Cargo.toml': '[package]\nname = "orders"\n[dependencies]\ntime = { workspace = true }',
      'orders/src/lib.rs': '#[derive(serde::Serialize)] pub struct Root(time::Date);',
    }
    expect(linesOf(importRust(texts, { root: 'Root', paths: ['orders'] }))).toEqual([
      'orders/src/lib.rs:1 time::Date: crbus knows the encoding of time 0.3 and later, and Cargo.lock has 0.2 [--map time::Date=…]',
    ])
  })
})

describe('calls that configure the integers of bincode', () => {
  const variable =
    'this may write integers with variable sizes, where bincode::serialize of bincode 1 writes fixed ones'
  const bigEndian = 'this may write integers in big-endian order, which crbus does not read'

  test.each([
    ['DefaultOptions::new().with_fixint_encoding()', undefined],
    ['DefaultOptions::new().with_varint_encoding()', `with_varint_encoding(): ${variable}`],
    ['bincode::options()', `bincode::options(): ${variable}`],
    ['bincode::DefaultOptions::new().with_fixint_encoding().with_big_endian()', `with_big_endian(): ${bigEndian}`],
    ['bincode::config().big_endian()', `big_endian(): ${bigEndian}`],
    ['bincode::config::legacy().with_variable_int_encoding()', `with_variable_int_encoding(): ${variable}`],
    [
      'DefaultOptions::new().with_fixint_encoding();\n\n\n\n DefaultOptions::new()',
      `DefaultOptions::new(): ${variable}`,
    ],
  ])('%s', (call, asked) => {
    const imported = importRust({
      'Cargo.toml': '[package]\nname = "orders"\n[dependencies]\nbincode = "1.3"',
      'src/lib.rs': `#[derive(serde::Serialize)] pub enum OrderEvent { A(u8) } fn options() { ${call} }`,
    })
    const fix = "[--assume 'integers=fixed|variable']"
    expect(linesOf(imported).map((line) => line.replace(/^src\/lib.rs:\d+ /, ''))).toEqual(
      asked === undefined ? [] : [`${asked} ${fix}`],
    )
  })
})
