import { describe, expect, test } from 'vitest'
import { importRust, noteTexts, typesOf } from './import-rust.ts'
import { uses } from './rust-uses.ts'

/** Title, source, and the types of the schema. */
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
    'enums without their discriminants, which serde does not write',
    '#[derive(Serialize)] #[repr(u8)] enum OrderEvent { A = 5, B = 9 }',
    { OrderEvent: [{ A: null }, { B: null }] },
  ],
  [
    'a type for each list of generic arguments',
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
    'generic types whose marker type cannot be serialized',
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
    'generic types whose marker type has no name, with a number',
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
    'recursive types',
    '#[derive(Serialize)] enum OrderEvent { Leaf, Node(Box<Self>, Vec<OrderEvent>) }',
    { OrderEvent: [{ Leaf: null }, { Node: ['OrderEvent', 'Vec<OrderEvent>'] }] },
  ],
  [
    'types of the same or of a reserved name, by longer paths',
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
    'structs and variants without their skipped fields',
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
    'types that are serialized as another type',
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
    'types that are deserialized from another type',
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
    'types that bincode cannot decode, as unreadable',
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
    'generic types of libraries with their fields',
    '#[derive(Serialize)] enum OrderEvent { A(std::ops::Range<u32>), B(std::ops::Bound<DateTime<Utc>>), C(either::Either<u8, Uuid>) }',
    {
      'Bound<DateTime<Utc>>': [{ Unbounded: null }, { Included: ['DateTime<Utc>'] }, { Excluded: ['DateTime<Utc>'] }],
      'Either<u8, Uuid>': [{ Left: ['u8'] }, { Right: ['Uuid'] }],
      OrderEvent: [{ A: ['Range<u32>'] }, { B: ['Bound<DateTime<Utc>>'] }, { C: ['Either<u8, Uuid>'] }],
      'Range<u32>': { start: 'u32', end: 'u32' },
    },
  ],
  [
    'types that macros define',
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
    'enums generated by EnumDiscriminants of strum',
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
    'associated types',
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
    'bitflags',
    `bitflags::bitflags! {
       /// What one may do.
       #[derive(Clone, Serialize)] pub struct Rights: u8 { const READ = 1; const ALL = Self::READ.bits(); }
       struct Other: u16 { const A = 1; }
     }
     #[derive(Serialize)] enum OrderEvent { A(Rights) }`,
    { OrderEvent: [{ A: ['Rights'] }], Rights: ['u8'] },
  ],
  [
    'types in the arguments of a library type',
    '#[derive(Serialize)] enum OrderEvent { A(std::ops::Range<At>) } #[derive(Serialize)] struct At(Of); #[derive(Serialize)] struct Of;',
    { At: ['Of'], Of: null, OrderEvent: [{ A: ['Range<At>'] }], 'Range<At>': { start: 'At', end: 'At' } },
  ],
  [
    'arrays whose length is a constant',
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
    'default arguments and raw identifiers',
    `#[derive(Serialize)] struct Both<A, B = A> { r#type: A, second: B }
     #[derive(Serialize)] enum OrderEvent { A(Both<u8>), B(Both<u8, Vec<u8>>) }`,
    {
      'Both<u8, Vec<u8>>': { type: 'u8', second: 'Vec<u8>' },
      'Both<u8, u8>': { type: 'u8', second: 'u8' },
      OrderEvent: [{ A: ['Both<u8, u8>'] }, { B: ['Both<u8, Vec<u8>>'] }],
    },
  ],
  [
    'items with cfg_attr and cfg(test)',
    `#[cfg_attr(feature = "serde", derive(Serialize, Deserialize), serde(rename_all = "camelCase"))] struct Item(#[cfg(not(test))] u8);
     #[cfg(test)] #[derive(Serialize)] struct Item { fake: u8 }
     #[derive(Serialize)] enum OrderEvent { A(Item), #[cfg(test)] B }`,
    { Item: ['u8'], OrderEvent: [{ A: ['Item'] }] },
  ],
  [
    'a skipped field that a feature decides, without a question',
    `#[derive(Serialize)] enum OrderEvent { A { id: u8, #[cfg(feature = "cache")] #[serde(skip)] cache: Cache } }`,
    { OrderEvent: [{ A: { id: 'u8' } }] },
  ],
]

describe('declarations', () => {
  test.each(table)('imports %s', (_, rust, expected) => {
    expect(typesOf(importRust(uses + rust))).toEqual(expected)
  })

  test('imports types of macros that pass on a single dollar sign, without a syntax error', () => {
    const imported = importRust(`${uses}
      macro_rules! ids {
        ($($name:ident),*) => { ids!(@one (u32) $, $($name),*); };
        (@one ($of:ty), $($name:ident),*) => { $(#[derive(Serialize)] pub struct $name(pub u8);)* };
        (@one ($of:ty) $d:tt, $($name:ident),*) => { $(#[derive(Serialize)] pub struct $name(pub $of);)* };
      }
      ids!(OrderId, UserId);
      #[derive(Serialize)] enum OrderEvent { A(OrderId, UserId) }`)
    const types = { OrderEvent: [{ A: ['OrderId', 'UserId'] }], OrderId: ['u32'], UserId: ['u32'] }
    expect({ types: typesOf(imported), notes: noteTexts(imported) }).toMatchObject({
      types,
      notes: expect.not.arrayContaining(['crbus cannot parse this Rust code']),
    })
  })
})
