import { describe, expect, test } from 'vitest'
import { importRust, linesOf, typesOf } from './import-rust.ts'

const uses = `
use serde::{Serialize, Deserialize};
use std::collections::*;
use std::sync::{Arc, Mutex};
use std::rc::Rc;
use std::borrow::Cow;
use std::marker::PhantomData;
use chrono::{DateTime, Utc, NaiveDate};
use uuid::Uuid;
use rust_decimal::Decimal;
`

/** The type of one field, with whatever else the source declares. */
function fieldType(type: string, more = '', attribute = ''): unknown {
  const types = typesOf(
    importRust(`${uses}${more}
#[serde_with::serde_as]
#[derive(Serialize, Deserialize)]
pub enum OrderEvent { Held { ${attribute} it: ${type} } }`),
  )
  return (types as { OrderEvent?: [{ Held: { it: string } }] }).OrderEvent?.[0].Held.it ?? types
}

describe('a type of Rust is one of the schema', () => {
  test.each([
    ['bool', 'bool'],
    ['i128', 'i128'],
    ['usize', 'usize'],
    ['f32', 'f32'],
    ['char', 'char'],
    ['String', 'String'],
    ["&'static str", 'String'],
    ['std::string::String', 'String'],
    ['()', '()'],
    ['(u8, (u16,))', '(u8, (u16,))'],
    ['(u8)', 'u8'],
    ['[u8; 32]', '[u8; 32]'],
    ['[u8; 4 * 8]', '[u8; 32]'],
    ['[u8; SIZE]', '[u8; 16]'],
    ['[u8; inner::HALF + 1]', '[u8; 9]'],
    ['[[u8; 2]; 0x03_usize]', '[[u8; 2]; 3]'],
    ['Option<Vec<u8>>', 'Option<Vec<u8>>'],
    ['Option<Option<()>>', 'Option<Option<()>>'],
    ['VecDeque<u8>', 'VecDeque<u8>'],
    ['HashMap<String, BTreeMap<u8, i64>>', 'HashMap<String, BTreeMap<u8, i64>>'],
    ['hash_map::HashMap<u8, u8>', 'HashMap<u8, u8>'],
    ['std::collections::HashMap<u8, u8, rustc_hash::FxBuildHasher>', 'HashMap<u8, u8>'],
    ['rustc_hash::FxHashMap<u8, u8>', 'HashMap<u8, u8>'],
    ['HashSet<u8>', 'HashSet<u8>'],
    ['BinaryHeap<std::cmp::Reverse<u8>>', 'BinaryHeap<u8>'],
    ['indexmap::IndexMap<u8, u8>', 'IndexMap<u8, u8>'],
    ['smallvec::SmallVec<[u8; 4]>', 'SmallVec<u8>'],
    ['Box<str>', 'String'],
    ['Arc<[u16]>', 'Vec<u16>'],
    ['Box<Rc<Arc<Mutex<u8>>>>', 'u8'],
    ["Cow<'static, str>", 'String'],
    ["Cow<'a, [u8]>", 'Vec<u8>'],
    ['std::cell::RefCell<u8>', 'u8'],
    ['std::num::Wrapping<u8>', 'u8'],
    ['core::num::NonZeroU32', 'NonZeroU32'],
    ['std::num::NonZero<i64>', 'NonZeroI64'],
    ['std::sync::atomic::AtomicU64', 'u64'],
    ['PhantomData<fn() -> u8>', '()'],
    ['Result<u8, String>', 'Result<u8, String>'],
    ['Uuid', 'Uuid'],
    ['DateTime<Utc>', 'DateTime<Utc>'],
    ['chrono::DateTime<chrono::FixedOffset>', 'DateTime<FixedOffset>'],
    ['chrono::prelude::DateTime<chrono::offset::Local>', 'DateTime<Local>'],
    ['chrono::naive::NaiveDateTime', 'NaiveDateTime'],
    ['NaiveDate', 'NaiveDate'],
    ['chrono::Duration', 'TimeDelta'],
    ['time::OffsetDateTime', 'time::OffsetDateTime'],
    ['std::time::Duration', 'Duration'],
    ['tokio::time::Duration', 'Duration'],
    ['std::time::SystemTime', 'SystemTime'],
    ['Decimal', 'Decimal'],
    ['rust_decimal::prelude::Decimal', 'Decimal'],
    ['::prost::alloc::vec::Vec<u8>', 'Vec<u8>'],
    ['serde_json::Value', 'serde_json::Value'],
    ['serde_json::Map<String, serde_json::Value>', 'serde_json::Map'],
    ['url::Url', 'Url'],
    ['bytes::Bytes', 'bytes'],
    ['serde_bytes::ByteBuf', 'bytes'],
    ['std::net::IpAddr', 'IpAddr'],
    ['std::path::PathBuf', 'PathBuf'],
    ['Short', 'Vec<u8>'],
    ['Pair<u8>', '(u8, String)'],
    ['Fallible<u8>', 'Result<u8, String>'],
  ])('%s is %s', (rust, expected) => {
    const more = `
const SIZE: usize = 2 * inner::HALF;
mod inner { pub const HALF: usize = 8; }
type Short = Vec<u8>;
type Pair<T> = (T, String);
type Fallible<T, E = String> = std::result::Result<T, E>;`
    expect(fieldType(rust, more)).toBe(expected)
  })
})

describe('serde attributes that change what is written', () => {
  test.each([
    ['with = "chrono::serde::ts_milliseconds"', 'DateTime<Utc>', 'i64 as ts_milliseconds'],
    ['with = "chrono::serde::ts_seconds_option"', 'Option<DateTime<Utc>>', 'Option<i64 as ts_seconds>'],
    ['with = "chrono::naive::serde::ts_microseconds"', 'chrono::NaiveDateTime', 'i64 as ts_microseconds'],
    ['with = "ts_nanoseconds"', 'DateTime<Utc>', 'i64 as ts_nanoseconds'],
    ['serialize_with = "chrono::serde::ts_seconds::serialize"', 'DateTime<Utc>', 'i64 as ts_seconds'],
    ['with = "rust_decimal::serde::str"', 'Decimal', 'String as decimal'],
    ['with = "rust_decimal::serde::str_option"', 'Option<Decimal>', 'Option<String as decimal>'],
    ['with = "rust_decimal::serde::float"', 'Decimal', 'f64 as decimal'],
    ['with = "rust_decimal::serde::float_option"', 'Option<Decimal>', 'unreadable'],
    ['with = "serde_bytes"', 'Vec<u8>', 'bytes'],
    ['with = "serde_bytes"', 'Option<Vec<u8>>', 'Option<bytes>'],
    ['with = "serde_bytes"', '[u8; 4]', 'bytes'],
    ['with = "time::serde::rfc3339"', 'time::OffsetDateTime', 'String as rfc3339'],
    ['with = "time::serde::rfc3339::option"', 'Option<time::OffsetDateTime>', 'Option<String as rfc3339>'],
    ['with = "time::serde::timestamp::milliseconds"', 'time::OffsetDateTime', 'i128 as timestamp::milliseconds'],
    ['with = "uuid::serde::compact"', 'Uuid', '[u8; 16] as uuid::compact'],
    ['with = "uuid::serde::simple"', 'Uuid', 'String as uuid::simple'],
    ['with = "humantime_serde"', 'Option<std::time::Duration>', 'Option<String as humantime>'],
    ['with = "indexmap::map::serde_seq"', 'indexmap::IndexMap<u8, Uuid>', 'Vec<(u8, Uuid)>'],
    ['with = "BigArray"', '[u8; 64]', '[u8; 64]'],
    ['with = "serde_with::As::<serde_with::DisplayFromStr>"', 'u64', 'String'],
    ['with = "day"', 'time::Date', 'String'],
    ['with = "PointDef"', 'geo::Point', 'PointDef'],
    ['rename = "other", default, alias = "o"', 'u8', 'u8'],
    ['borrow', "&'a str", 'String'],
  ])('serde(%s) on %s', (attribute, rust, expected) => {
    const more = `
use chrono::serde::ts_nanoseconds;
time::serde::format_description!(day, Date, "[year]-[month]-[day]");
#[derive(Serialize, Deserialize)] #[serde(remote = "geo::Point")] struct PointDef { x: i32 }`
    expect(fieldType(rust, more, `#[serde(${attribute})]`)).toBe(expected)
  })

  test.each([
    ['DisplayFromStr', 'u64', 'String'],
    ['Option<DisplayFromStr>', 'Option<u64>', 'Option<String>'],
    ['Vec<(_, serde_with::DisplayFromStr)>', 'Vec<(u8, u64)>', 'Vec<(u8, String)>'],
    ['HashMap<DisplayFromStr, _>', 'HashMap<u64, Uuid>', 'HashMap<String, Uuid>'],
    ['serde_with::Bytes', 'Vec<u8>', 'bytes'],
    ['serde_with::hex::Hex', '[u8; 4]', 'String'],
    ['DurationSeconds<u64>', 'std::time::Duration', 'u64'],
    ['serde_with::TimestampMilliSeconds', 'DateTime<Utc>', 'i64'],
    ['serde_with::TimestampSecondsWithFrac', 'DateTime<Utc>', 'f64'],
    ['FromInto<(u8, u8)>', 'geo::Point', '(u8, u8)'],
    ['[_; 3]', '[u8; 3]', '[u8; 3]'],
    ['serde_with::Map<DisplayFromStr, _>', 'Vec<(u8, Uuid)>', 'HashMap<String, Uuid>'],
    ['serde_with::Seq<(_, DisplayFromStr)>', 'BTreeMap<u8, u64>', 'Vec<(u8, String)>'],
  ])('serde_as(%s) on %s', (as, rust, expected) => {
    expect(fieldType(rust, '', `#[serde_as(as = "${as}")]`)).toBe(expected)
  })
})

/** Declarations around an enum, and the types of the schema. */
const table: readonly (readonly [string, string, Record<string, unknown>])[] = [
  [
    'structs of every shape',
    `#[derive(Serialize)] struct Money(i64);
     #[derive(Serialize)] struct Marker;
     #[derive(Serialize)] struct Hollow {}
     #[derive(Serialize)] struct Bare();
     #[derive(Serialize)] struct Pair(u8, String);
     #[derive(Serialize)] enum OrderEvent { A(Money, Marker), B(Hollow), C { it: Bare }, D(Pair) }`,
    {
      Bare: [],
      Hollow: {},
      Marker: null,
      Money: ['i64'],
      OrderEvent: [{ A: ['Money', 'Marker'] }, { B: ['Hollow'] }, { C: { it: 'Bare' } }, { D: ['Pair'] }],
      Pair: ['u8', 'String'],
    },
  ],
  [
    'numbers given to variants, which serde does not write',
    '#[derive(Serialize)] #[repr(u8)] enum OrderEvent { A = 5, B = 9 }',
    { OrderEvent: [{ A: null }, { B: null }] },
  ],
  [
    'generic types by their arguments',
    `#[derive(Serialize)] struct Page<T, const N: usize = 4> { items: Vec<T>, tail: [T; N] }
     #[derive(Serialize)] struct Item { id: u8 }
     #[derive(Serialize)] enum OrderEvent { A(Page<Item>), B(Page<Box<Item>, 2>), C(Page<Page<u8>>) }`,
    {
      Item: { id: 'u8' },
      OrderEvent: [{ A: ['Page<Item, 4>'] }, { B: ['Page<Item, 2>'] }, { C: ['Page<Page<u8, 4>, 4>'] }],
      'Page<Item, 2>': { items: 'Vec<Item>', tail: '[Item; 2]' },
      'Page<Item, 4>': { items: 'Vec<Item>', tail: '[Item; 4]' },
      'Page<Page<u8, 4>, 4>': { items: 'Vec<Page<u8, 4>>', tail: '[Page<u8, 4>; 4]' },
      'Page<u8, 4>': { items: 'Vec<u8>', tail: '[u8; 4]' },
    },
  ],
  [
    'a marker that serde need not write',
    `struct Order; struct User;
     #[derive(Serialize)] struct Id<T> { value: Uuid, #[serde(skip)] of: PhantomData<T> }
     #[derive(Serialize)] #[serde(transparent)] struct Key<T> { value: Uuid, of: PhantomData<T> }
     #[derive(Serialize)] enum OrderEvent { A(Id<Order>, Id<User>, Key<Order>) }`,
    {
      'Id<Order>': { value: 'Uuid' },
      'Id<User>': { value: 'Uuid' },
      'Key<Order>': ['Uuid'],
      OrderEvent: [{ A: ['Id<Order>', 'Id<User>', 'Key<Order>'] }],
    },
  ],
  [
    'markers that have no name',
    `#[derive(Serialize)] struct Id<T: ?Sized> { value: u8, of: PhantomData<T> }
     #[derive(Serialize)] enum OrderEvent { A(Id<dyn Send>), B(Id<dyn Sync>), C(Id<fn(u8)>) }`,
    {
      'Id<()>': { value: 'u8', of: '()' },
      'Id_2<()>': { value: 'u8', of: '()' },
      'Id_3<()>': { value: 'u8', of: '()' },
      OrderEvent: [{ A: ['Id<()>'] }, { B: ['Id_2<()>'] }, { C: ['Id_3<()>'] }],
    },
  ],
  [
    'types that hold themselves',
    '#[derive(Serialize)] enum OrderEvent { Leaf, Node(Box<Self>, Vec<OrderEvent>) }',
    { OrderEvent: [{ Leaf: null }, { Node: ['OrderEvent', 'Vec<OrderEvent>'] }] },
  ],
  [
    'names that are there twice, or taken',
    `mod billing { #[derive(serde::Serialize)] pub enum Status { Paid } }
     mod shipping { #[derive(serde::Serialize)] pub enum Status { Sent } }
     #[derive(Serialize)] struct Duration(u8);
     #[derive(Serialize)] enum OrderEvent { A(billing::Status), B(shipping::Status), C(Duration) }`,
    {
      OrderEvent: [{ A: ['billing::Status'] }, { B: ['shipping::Status'] }, { C: ['crate::Duration'] }],
      'billing::Status': [{ Paid: null }],
      'crate::Duration': ['u8'],
      'shipping::Status': [{ Sent: null }],
    },
  ],
  [
    'fields that are left out',
    `#[derive(Serialize, Deserialize)] struct Tuple(u8, #[serde(skip)] u16);
     #[derive(Serialize, Deserialize)] enum OrderEvent {
       A { #[serde(skip)] cache: NotThere, id: u8 }, B(#[serde(skip)] u8), C(u8, #[serde(skip)] u8), D(Tuple),
     }`,
    {
      OrderEvent: [{ A: { id: 'u8' } }, { B: null }, { C: ['(u8,)'] }, { D: ['Tuple'] }],
      Tuple: ['(u8,)'],
    },
  ],
  [
    'what is written as another type',
    `#[derive(Serialize, Deserialize)] #[serde(into = "String", try_from = "String")] struct Email { text: String }
     #[derive(Deserialize)] #[serde(try_from = "(u8, u8)")] struct Pair { a: NotThere }
     #[derive(Serialize_repr)] #[repr(i16)] enum Level { High = 7 }
     #[derive(serde_with::SerializeDisplay)] struct Code(u8);
     #[nutype::nutype(derive(Serialize, Deserialize))] struct Name(String);
     #[derive(Serialize)] #[serde(transparent)] struct Wrapped { inner: u8, #[serde(skip)] cache: u8 }
     #[derive(Serialize)] enum OrderEvent { A(Email, Pair, Level, Code, Name, Wrapped) }`,
    {
      Code: ['String'],
      Email: ['String'],
      Level: ['i16'],
      Name: ['String'],
      OrderEvent: [{ A: ['Email', 'Pair', 'Level', 'Code', 'Name', 'Wrapped'] }],
      Pair: ['(u8, u8)'],
      Wrapped: ['u8'],
    },
  ],
  [
    'what is read as another type, but written as it is',
    `#[derive(Serialize, Deserialize)] #[serde(from = "String")] struct Sku { prefix: u8, text: String }
     #[derive(Serialize, Deserialize)] #[serde(try_from = "NotThere")] struct Weight { grams: u32 }
     #[derive(Serialize)] #[serde(from = "u8")] enum Size { S, M }
     #[derive(Serialize, Deserialize)] #[serde(from = "u8", into = "u16")] struct Odd { it: NotThere }
     #[derive(Serialize)] enum OrderEvent { A(Sku, Weight, Size, Odd) }`,
    {
      Odd: ['u16'],
      OrderEvent: [{ A: ['Sku', 'Weight', 'Size', 'Odd'] }],
      Size: [{ S: null }, { M: null }],
      Sku: { prefix: 'u8', text: 'String' },
      Weight: { grams: 'u32' },
    },
  ],
  [
    'what bincode cannot read',
    `#[derive(Serialize)] #[serde(tag = "type")] enum Tagged { A }
     #[derive(Serialize)] #[serde(untagged)] enum Any { A(u8) }
     #[derive(Serialize)] #[serde(tag = "t", content = "c")] enum Beside { A }
     #[derive(Serialize)] struct Flat { #[serde(flatten)] inner: HashMap<String, u8>, id: u8 }
     #[derive(Serialize)] enum OrderEvent { A(Tagged), B(Any), C(Beside), D(Flat), #[serde(skip)] E(NotThere), F { #[serde(flatten)] it: Flat } }`,
    {
      Any: ['unreadable'],
      Beside: ['unreadable'],
      Flat: ['unreadable'],
      OrderEvent: [
        { A: ['Tagged'] },
        { B: ['Any'] },
        { C: ['Beside'] },
        { D: ['Flat'] },
        { E: ['unreadable'] },
        { F: ['unreadable'] },
      ],
      Tagged: ['unreadable'],
    },
  ],
  [
    'types of the library that are spelled out',
    '#[derive(Serialize)] enum OrderEvent { A(std::ops::Range<u32>), B(std::ops::Bound<DateTime<Utc>>), C(either::Either<u8, Uuid>) }',
    {
      'Bound<DateTime<Utc>>': [{ Unbounded: null }, { Included: ['DateTime<Utc>'] }, { Excluded: ['DateTime<Utc>'] }],
      'Either<u8, Uuid>': [{ Left: ['u8'] }, { Right: ['Uuid'] }],
      OrderEvent: [{ A: ['Range<u32>'] }, { B: ['Bound<DateTime<Utc>>'] }, { C: ['Either<u8, Uuid>'] }],
      'Range<u32>': { start: 'u32', end: 'u32' },
    },
  ],
  [
    'types that macros make',
    `macro_rules! define_id {
       ($(#[$meta:meta])* $name:ident) => { define_id!(@inner $name, Uuid, $(#[$meta])*); };
       (@inner $name:ident, $of:ty, $(#[$meta:meta])*) => {
         $(#[$meta])* #[derive(Debug, Serialize, Deserialize)] pub struct $name(pub $of);
         impl $name { pub fn new() -> Self { Self(Default::default()) } }
       };
     }
     macro_rules! statuses { ($($name:ident => [$($variant:ident),* $(,)?]),+) => {
       $(#[derive(Serialize)] pub enum $name { $($variant),* })+
     } }
     define_id!(
       /// Of an order.
       #[derive(Clone)] OrderId);
     define_id! { UserId }
     statuses!(Light => [Red, Green,], Door => [Open]);
     #[derive(Serialize)] enum OrderEvent { A(OrderId, UserId), B { light: Light, door: Door } }`,
    {
      Door: [{ Open: null }],
      Light: [{ Red: null }, { Green: null }],
      OrderEvent: [{ A: ['OrderId', 'UserId'] }, { B: { light: 'Light', door: 'Door' } }],
      OrderId: ['Uuid'],
      UserId: ['Uuid'],
    },
  ],
  [
    'the kinds that strum takes from an enum',
    `#[derive(Serialize, strum::EnumDiscriminants)] #[strum_discriminants(vis(pub), name(Kind), derive(Serialize))]
     #[serde(into = "u8")] enum Payment { #[serde(skip)] Card { number: String }, #[cfg(test)] Fake, #[strum_discriminants(serde(rename = "x"))] Cash(u8) }
     #[derive(EnumDiscriminants)] #[strum_discriminants(derive(Serialize))] enum Door { Open(u8) }
     #[derive(Serialize)] enum OrderEvent { A(Kind), B(DoorDiscriminants) }`,
    {
      DoorDiscriminants: [{ Open: null }],
      Kind: [{ Card: null }, { Cash: null }],
      OrderEvent: [{ A: ['Kind'] }, { B: ['DoorDiscriminants'] }],
    },
  ],
  [
    'what an impl says that a type has',
    `trait Aggregate { type Id; type Event; } trait Keyed { type Key; }
     struct Order; struct Paged<T>(T); type Short = Paged<u16>;
     impl Aggregate for Order { type Id = OrderId; type Event = (Self::Id, Placed); }
     impl<T> Aggregate for Paged<T> { type Id = T; type Event = Vec<T>; }
     #[derive(Serialize)] struct OrderId(u64); impl Keyed for OrderId { type Key = u128; }
     #[derive(Serialize)] struct Placed;
     #[derive(Serialize)] struct Of<A: Aggregate> where A::Id: Keyed { id: A::Id, event: <A as Aggregate>::Event, key: <A::Id as Keyed>::Key }
     #[derive(Serialize)] struct Page<A: Aggregate>(A::Event);
     #[derive(Serialize)] enum OrderEvent { A(Of<Order>), B(Page<Short>), C(<Order as Aggregate>::Id) }`,
    {
      'Of<Order>': { id: 'OrderId', event: '(OrderId, Placed)', key: 'u128' },
      OrderEvent: [{ A: ['Of<Order>'] }, { B: ['Page<Paged<u16>>'] }, { C: ['OrderId'] }],
      OrderId: ['u64'],
      'Page<Paged<u16>>': ['Vec<u16>'],
      Placed: null,
    },
  ],
  [
    'flags',
    `bitflags::bitflags! {
       /// What one may do.
       #[derive(Clone, Serialize)] pub struct Rights: u8 { const READ = 1; const ALL = Self::READ.bits(); }
       struct Other: u16 { const A = 1; }
     }
     #[derive(Serialize)] enum OrderEvent { A(Rights) }`,
    { OrderEvent: [{ A: ['Rights'] }], Rights: ['u8'] },
  ],
  [
    'what a type of the library holds',
    '#[derive(Serialize)] enum OrderEvent { A(std::ops::Range<At>) } #[derive(Serialize)] struct At(Of); #[derive(Serialize)] struct Of;',
    { At: ['Of'], Of: null, OrderEvent: [{ A: ['Range<At>'] }], 'Range<At>': { start: 'At', end: 'At' } },
  ],
  [
    'constants and lengths of types',
    `const DIGITS: u32 = 3;
     struct Key; impl Key { const LEN: usize = 1 << 5; }
     #[derive(Serialize)] struct Hash<const N: usize>(#[serde(with = "BigArray")] [u8; N]);
     #[derive(Serialize)] enum OrderEvent { A([u8; DIGITS as usize]), B([u8; Key::LEN]), C(Hash<64>), D(Hash<{ Key::LEN * 2 }>), E([u8; Self::MAX]) }
     impl OrderEvent { const MAX: usize = 7; }`,
    {
      'Hash<64>': ['[u8; 64]'],
      OrderEvent: [
        { A: ['[u8; 3]'] },
        { B: ['[u8; 32]'] },
        { C: ['Hash<64>'] },
        { D: ['Hash<64>'] },
        { E: ['[u8; 7]'] },
      ],
    },
  ],
  [
    'defaults of arguments and raw names',
    `#[derive(Serialize)] struct Both<A, B = A> { r#type: A, second: B }
     #[derive(Serialize)] enum OrderEvent { A(Both<u8>), B(Both<u8, Vec<u8>>) }`,
    {
      'Both<u8, Vec<u8>>': { type: 'u8', second: 'Vec<u8>' },
      'Both<u8, u8>': { type: 'u8', second: 'u8' },
      OrderEvent: [{ A: ['Both<u8, u8>'] }, { B: ['Both<u8, Vec<u8>>'] }],
    },
  ],
  [
    'attributes behind cfg_attr and items behind cfg(test)',
    `#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "camelCase"))] struct Item(#[cfg(not(test))] u8);
     #[cfg(test)] #[derive(Serialize)] struct Item { fake: u8 }
     #[derive(Serialize)] enum OrderEvent { A(Item), #[cfg(test)] B }`,
    { Item: ['u8'], OrderEvent: [{ A: ['Item'] }] },
  ],
]

describe('declarations become types', () => {
  test.each(table)('%s', (_, rust, expected) => {
    expect(typesOf(importRust(uses + rust))).toEqual(expected)
  })
})

describe('answers', () => {
  const rust = `use serde::Serialize;
use ethers::types::U256;
mod money { use serde::*; pub struct Money { it: Box<dyn std::any::Any> } impl Serialize for Money { fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_i64(1) } } }
mod cents { pub fn serialize() { serializer.serialize_str("x") } }
#[derive(Serialize)] pub enum OrderEvent {
  A(money::Money),
  B { #[serde(with = "cents")] it: u8, wei: U256 },
  #[cfg(feature = "beta")] C,
  D(nonempty::NonEmpty<u8>),
  E([u8; unknown()]),
}`
  const answers = {
    map: { 'crate::money::Money': 'i64', 'ethers::types::U256': '[u64; 4]', 'NonEmpty<T>': 'Vec<T>' },
    assume: { 'crate::cents': 'String', 'feature:beta': 'on', 'unknown()': '3' },
  }

  test('settle everything, and none is left over', () => {
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
    expect(imported.notes.map(({ text }) => text)).toEqual([
      'OrderEvent has no event_type(): its event types are taken to be {Variant}.v1',
    ])
  })

  test('are asked for all at once, each with its place', () => {
    expect(linesOf(importRust(rust))).toEqual([
      'src/lib.rs:3 Money: it is serialized by hand (it calls serialize_i64) [--map crate::money::Money=…]',
      'src/lib.rs:7 OrderEvent::B.it: with = "cents" writes it in a way of its own (it calls serialize_str) [--assume crate::cents=…]',
      'src/lib.rs:7 U256: crate ethers is not among the paths [--map ethers::types::U256=…]',
      'src/lib.rs:8 OrderEvent::C: whether it is there depends on feature:beta [--assume feature:beta=on]',
      'src/lib.rs:9 nonempty::NonEmpty<u8>: crate nonempty is not among the paths [--map nonempty::NonEmpty=…]',
      "src/lib.rs:10 [u8; unknown()]: its length, unknown(), is not a number that can be worked out here [--assume 'unknown()=…']",
    ])
  })

  test('may be types of the service', () => {
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
    ['Weight', 'Weight', [{ about: 'Weight', reason: 'no Weight is in scope', fix: '--map Weight=…' }]],
  ])('may name what they are about: %s=%s', (from, to, expected) => {
    const source = `mod parcels { #[derive(serde::Serialize)] pub struct Weight(u32); }
      type Heavy = parcels::Weight;
      #[derive(serde::Serialize)] struct Boxed<T = parcels::Weight>(T);
      #[derive(serde::Serialize)] enum OrderEvent { A(parcels::Weight) }`
    expect(typesOf(importRust(source, { map: { [from]: to } }))).toMatchObject(expected)
  })

  test('that lead to each other end', () => {
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

  test('about a length are whole numbers', () => {
    const source = '#[derive(serde::Serialize)] enum OrderEvent { A([u8; LEN]), B([u8; next( 1 )]) }'
    const imported = (LEN: string) => importRust(source, { assume: { LEN, 'next(1)': '2' } })
    expect(typesOf(imported('1_6'))).toEqual({ OrderEvent: [{ A: ['[u8; 16]'] }, { B: ['[u8; 2]'] }] })
    for (const answer of ['abc', '1.5', '-1', '']) {
      expect(linesOf(imported(answer))).toEqual([
        `src/lib.rs:1 [u8; LEN]: its length, LEN: ${answer} is no whole number [--assume 'LEN=…']`,
      ])
    }
    expect(linesOf(imported('4294967296'))).toEqual([
      "src/lib.rs:1 [u8; LEN]: its length, LEN, is 4294967296, which no array has [--assume 'LEN=…']",
    ])
  })

  test('settle what serde_as does, for its text and for the field', () => {
    const source = `use serde_with::DisplayFromStr; type Pair = (u64, u8);
      #[serde_with::serde_as] #[derive(serde::Serialize)] enum OrderEvent { A { #[serde_as(as = "Vec<(DisplayFromStr, _)>")] it: Vec<Pair>, #[serde_as(as = "Odd<u8>")] odd: u8 } }`
    expect(linesOf(importRust(source))).toEqual([
      `src/lib.rs:2 OrderEvent::A.it: serde_as(as = "(DisplayFromStr, _)") writes it in a way of its own [--assume '(DisplayFromStr, _)=…']`,
      `src/lib.rs:2 OrderEvent::A.odd: serde_as(as = "Odd<u8>") writes it in a way of its own [--assume 'Odd<u8>=…']`,
    ])
    const expected = { OrderEvent: [{ A: { it: 'Vec<(String, u8)>', odd: 'u16' } }] }
    const byText = importRust(source, { assume: { '(DisplayFromStr, _)': '(String, u8)', 'Odd<u8>': 'u16' } })
    expect(typesOf(byText)).toEqual(expected)
    const assume = { 'OrderEvent::A.it': 'Vec<(String, u8)>', 'OrderEvent::A.odd': 'u16' }
    const byField = importRust(source, { assume })
    expect(typesOf(byField)).toEqual(expected)
    expect([byText.notes.length, byField.notes.length]).toEqual([1, 1])
  })

  test('fit however they are spaced', () => {
    const source = `#[derive(serde::Serialize)] enum OrderEvent { A(< Km as Unit > :: Raw), B(Box<dyn  Shape<u8,u16>>) }`
    expect(linesOf(importRust(source))).toEqual([
      "src/lib.rs:1 <Km as Unit>::Raw: it is an associated type, which is settled elsewhere [--map '<Km as Unit>::Raw=…']",
      "src/lib.rs:1 dyn Shape<u8, u16>: it is a trait object [--map 'dyn Shape<u8, u16>=…']",
    ])
    const map = { '<Km as Unit> ::Raw': 'u32', 'dyn Shape<u8,u16>': 'u8' }
    const imported = importRust(source, { map })
    expect(typesOf(imported)).toEqual({ OrderEvent: [{ A: ['u32'] }, { B: ['u8'] }] })
    expect(imported.notes).toHaveLength(1)
  })

  test('that are no types, or about nothing, are said to be so', () => {
    expect(linesOf(importRust(rust, { ...answers, map: { ...answers.map, 'crate::money::Money': 'Vec<' } }))).toEqual([
      'src/lib.rs:6 Vec<: it is no type: expected a type, got the end []',
    ])
    const imported = importRust(rust, { ...answers, map: { ...answers.map, 'crate::Monye': 'i64' } })
    expect(imported.notes).toContainEqual({
      ...{ file: 'src/lib.rs', line: 5 },
      text: 'nothing here is called crate::Monye, which was answered for',
    })
  })
})

describe('what the source does not settle is a problem', () => {
  test.each([
    [
      'mod cold { use rkyv::{Archive, Serialize}; #[derive(Archive, Serialize)] pub struct Item(u8); } #[derive(Serialize)] enum OrderEvent { A(cold::Item) }',
      'src/lib.rs:11 Item: nothing here derives Serialize for it [--map crate::cold::Item=…, or --assume crate::cold::Item=derived]',
    ],
    [
      'struct Item(u8); #[derive(Serialize)] enum OrderEvent { A(Item) }',
      'src/lib.rs:11 Item: nothing here derives Serialize for it [--map crate::Item=…, or --assume crate::Item=derived]',
    ],
    [
      '#[derive(Serialize)] enum OrderEvent { A(Nowhere) }',
      'src/lib.rs:11 Nowhere: no Nowhere is in scope [--map Nowhere=…]',
    ],
    [
      'use secrets::*; #[derive(Serialize)] enum OrderEvent { A(Nowhere) }',
      'src/lib.rs:11 Nowhere: no Nowhere is in scope, unless secrets::* brings it [--map Nowhere=…]',
    ],
    [
      'ids!(OrderId); #[derive(Serialize)] enum OrderEvent { A(OrderId) }',
      'src/lib.rs:11 OrderId: it seems to be made by ids! (src/lib.rs:11), which is not expanded here [--map OrderId=…]',
    ],
    [
      '#[derive(Serialize)] struct W<T: Kind> { it: T::Of } #[derive(Serialize)] enum OrderEvent { A(W<u8>) }',
      'src/lib.rs:11 T::Of: it is an associated type, which is settled elsewhere [--map T::Of=…]',
    ],
    [
      'struct A; impl X for A { type Of = u8; } impl Y for A { type Of = u16; } #[derive(Serialize)] struct S<T>(T::Of); #[derive(Serialize)] enum OrderEvent { A(S<A>) }',
      'src/lib.rs:11 T::Of: it is an associated type, which is settled elsewhere [--map T::Of=…]',
    ],
    [
      'struct A; impl X for A { type Of = Self::Of; } #[derive(Serialize)] enum OrderEvent { A(<A as X>::Of) }',
      'src/lib.rs:11 Self::Of: it is defined by itself []',
    ],
    [
      'mod abi { sol!(Exchange, "abi.json"); } use abi::Exchange::Traded; #[derive(Serialize)] enum OrderEvent { A(Traded) }',
      'src/lib.rs:11 Traded: it seems to be made by sol! (src/lib.rs:11), which is not expanded here [--map Traded=…]',
    ],
    [
      'struct Cents(u64); impl Serialize for Cents { fn serialize<S: Serializer>(&self, s: S) -> R { self.0.serialize(s) } } #[derive(Serialize)] enum OrderEvent { A(Cents) }',
      'src/lib.rs:11 Cents: it is serialized by hand (it calls self.0.serialize) [--map crate::Cents=…]',
    ],
    [
      '#[derive(Serialize)] enum OrderEvent { A(Box<dyn Shape>) }',
      "src/lib.rs:11 dyn Shape: it is a trait object [--map 'dyn Shape=…']",
    ],
    [
      '#[derive(Serialize)] enum OrderEvent { A(std::time::Instant) }',
      'src/lib.rs:11 std::time::Instant: serde does not write it, or crbus does not know how [--map std::time::Instant=…]',
    ],
    [
      '#[derive(Serialize)] enum OrderEvent { A(DateTime<mars::Sol>) }',
      'src/lib.rs:11 DateTime<mars::Sol>: its time zone is neither Utc, FixedOffset, Local nor Tz [--map chrono::DateTime=…]',
    ],
    [
      'type A = B; type B = A; #[derive(Serialize)] enum OrderEvent { A(A) }',
      'src/lib.rs:11 B: it is defined by itself []',
    ],
    [
      '#[derive(Serialize)] struct T<X> { it: Vec<T<Option<X>>> } #[derive(Serialize)] enum OrderEvent { A(T<u8>) }',
      'src/lib.rs:11 T: it needs itself with ever longer arguments []',
    ],
    [
      '#[cfg(unix)] #[derive(Serialize)] struct S(u8); #[cfg(windows)] #[derive(Serialize)] struct S(u16); #[derive(Serialize)] enum OrderEvent { A(S) }',
      'src/lib.rs:11 S: it is defined more than once: src/lib.rs:11 and src/lib.rs:11 [--assume unix=on --assume windows=on]',
    ],
    [
      '#[derive(Serialize)] struct S { #[cfg_attr(feature = "short", serde(skip))] it: u8 } #[derive(Serialize)] enum OrderEvent { A(S) }',
      'src/lib.rs:11 S.it: whether serde(skip) holds depends on feature:short [--assume feature:short=on]',
    ],
    [
      '#[derive(Serialize)] enum OrderEvent { A { #[serde_as(as = "Odd<u8>")] it: u8 } }',
      'src/lib.rs:11 OrderEvent::A.it: serde_as(as = "Odd<u8>") writes it in a way of its own [--assume \'Odd<u8>=…\']',
    ],
    [
      '#[derive(Serialize)] enum OrderEvent { A { #[serde(serialize_with = "as_cents")] it: u8 } } fn as_cents() { s.serialize_u64(1) }',
      'src/lib.rs:11 OrderEvent::A.it: serialize_with = "as_cents" writes it in a way of its own (it calls serialize_u64) [--assume crate::as_cents=…]',
    ],
    [
      '#[derive(Serialize)] struct Broken { it: @ } #[derive(Serialize)] enum OrderEvent { A(Broken) }',
      'src/lib.rs:11 Broken: this is not Rust that crbus understands [--map crate::Broken=…]',
    ],
  ])('%s', (rust, problem) => {
    expect(linesOf(importRust(`${uses}${rust}`))).toEqual([problem])
  })
})

describe('an attribute that may be a macro', () => {
  const problems = (attributes: string, assume = {}) =>
    linesOf(importRust(`${attributes}\nenum OrderEvent { A }`, { root: 'OrderEvent', assume }))

  test.each([
    ['before the derives', '#[event_sourced(1)]\n#[derive(serde::Serialize)]', 'event_sourced'],
    [
      'behind them',
      '#[derive(Debug, Action, serde::Serialize, serde::Deserialize)]\n#[acme::event_sourced]',
      'acme::event_sourced',
    ],
    [
      'before them, beside derives with attributes',
      '#[event_sourced]\n#[derive(serde::Serialize, Queryable)]',
      'event_sourced',
    ],
  ])('is asked about %s', (_, attributes, path) => {
    const line = attributes.startsWith('#[derive') ? 2 : 1
    expect(problems(attributes)).toEqual([
      `src/lib.rs:${line} OrderEvent: #[${path}] may be a macro that changes what it has, which is not seen here [--assume ${path}=unchanged]`,
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
  ])('is none: %s', (attributes) => {
    expect(problems(attributes)).toEqual([])
  })

  test('of a type that is answered for is not', () => {
    const source = '#[made] struct Item(u8); #[derive(serde::Serialize)] enum OrderEvent { A(Item) }'
    expect(linesOf(importRust(source, { assume: { 'crate::Item': 'derived' } }))).toEqual([])
    expect(linesOf(importRust(source, { map: { 'crate::Item': 'u8' } }))).toEqual([])
  })
})

describe('a generic root', () => {
  const rust = `mod order { pub struct Order; impl super::Aggregate for Order { type Id = u64; } }
#[derive(serde::Serialize)] enum Event<A: Aggregate, T = u8, const N: usize = 4> { A(A::Id), B(T), C([u8; N]) }`

  test.each([
    ['Event<order::Order>', 'Event<Order, u8, 4>', ['u64', 'u8', '[u8; 4]']],
    [
      'crate::Event<crate::order::Order, Vec<bytes>, 8>',
      'Event<Order, Vec<bytes>, 8>',
      ['u64', 'Vec<bytes>', '[u8; 8]'],
    ],
  ])('is what was typed: %s', (root, name, [a, b, c]) => {
    expect(typesOf(importRust(rust, { root }))).toEqual({ [name]: [{ A: [a] }, { B: [b] }, { C: [c] }] })
  })

  test.each([undefined, 'Event', 'Event<>', 'Event<@>'])('is asked about: %s', (root) => {
    expect(linesOf(importRust(rust, { root }))).toEqual([
      "src/lib.rs:2 Event: what it holds depends on A [--root 'Event<…>']",
    ])
  })

  test('says which argument it does not know', () => {
    expect(linesOf(importRust(rust, { root: 'Event<order::Ordre>' }))[0]).toBe(
      'src/lib.rs:2 order::Ordre: no order::Ordre is in scope [--map order::Ordre=…]',
    )
  })
})

test('a root that bincode cannot read says why', () => {
  const rust = '#[derive(serde::Serialize)] #[serde(tag = "type")] enum OrderEvent { A, B { it: u8 } }'
  expect(linesOf(importRust(rust))).toEqual([
    'src/lib.rs:1 OrderEvent: serde(tag) makes it something bincode cannot read; where its events are JSON, they need no schema []',
  ])
})

test.each([
  ['OrderLineEvent', 'order-line-events'],
  ['DomainEvent', 'shop-orders-events'],
  ['Event', 'shop-orders-events'],
])('the topic of %s is %s', (name, topic) => {
  const imported = importRust(
    {
      'Cargo.toml': '[package]\nname = "shop-orders"',
      'src/lib.rs': `#[derive(serde::Serialize)] pub enum ${name} { A }`,
    },
    { topic: undefined },
  )
  expect(imported.ok && imported.schema.topic).toBe(topic)
})

test('no other type is asked for in place of the root', () => {
  const fixes = (rust: string) => linesOf(importRust(rust, { root: 'Orders' })).map((line) => line.replace(/.*\[/, '['))
  expect(fixes('pub enum Orders { A }')).toEqual(['[--assume crate::Orders=derived]'])
  expect(fixes('pub enum Orders { A } impl serde::Serialize for Orders { }')).toEqual(['[]'])
  expect(fixes('pub type Orders = u8;')).toEqual(['[]'])
})

describe('what is settled but worth knowing is a note', () => {
  test.each([
    [
      'A { #[serde(skip_serializing_if = "Option::is_none")] it: Option<u8> }',
      'OrderEvent::A.it: where skip_serializing_if leaves it out, neither Rust nor crbus can read the bytes',
    ],
    [
      'A { #[serde(skip_serializing)] it: u8 }',
      'OrderEvent::A.it: skip_serializing leaves it out, but Rust expects it when it reads',
    ],
    [
      'A { #[serde(skip_deserializing)] it: u8 }',
      'OrderEvent::A.it: it is written, but Rust does not expect it when it reads',
    ],
    [
      'A { #[serde(flatten)] it: Inner }',
      'OrderEvent::A.it: serde(flatten) makes OrderEvent::A something bincode cannot write',
    ],
    [
      '#[serde(skip)] A, B',
      'OrderEvent::B: Rust writes it, and what follows, with the number it has here, but reads as if A did not count: it cannot read its own bytes',
    ],
    [
      'A(Decimal)',
      "Decimal: Rust cannot read it back from bincode: without rust_decimal's feature serde-str it needs deserialize_any, which bincode does not support",
    ],
    [
      'A(serde_json::Value)',
      'serde_json::Value: Rust cannot read it back from bincode: it needs deserialize_any, which bincode does not support',
    ],
  ])('%s', (variants, note) => {
    const { notes } = importRust(`${uses}
#[derive(Serialize)] struct Inner(u8);
#[derive(Serialize, Deserialize)]
enum OrderEvent { ${variants} }`)
    expect(notes.map(({ text }) => text)).toContain(note)
  })

  test('a type that is read as another than it is written as', () => {
    const { notes } = importRust(`use serde::{Deserialize, Serialize};
#[derive(Serialize, Deserialize)] #[serde(try_from = "(u8, u8)")] struct Pair { a: u8, b: u16 }
#[derive(Serialize, Deserialize)] #[serde(into = "String", from = "Vec<u8>")] struct Code { a: u8 }
#[derive(Serialize, Deserialize)] #[serde(into = "String", try_from = "String")] struct Email { a: u8 }
#[derive(Serialize)] enum OrderEvent { A(Pair), B(Code), C(Email) }`)
    expect(notes.map(({ line, text }) => `${line} ${text}`).filter((note) => /reads/.test(note))).toEqual([
      '3 Code: Rust reads Vec<u8> and writes String',
      '2 Pair: Rust reads (u8, u8) and writes its own fields',
    ])
  })

  test('and what Cargo.toml turns on decides how a Decimal is written', () => {
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
})
