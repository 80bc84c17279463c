import { describe, expect, test } from 'vitest'
import { importRust, linesOf, typesOf } from './import-rust.ts'

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
  ])('a generic root takes its arguments from --root: %s', (root, name, [a, b, c]) => {
    expect(typesOf(importRust(rust, { root }))).toEqual({ [name]: [{ A: [a] }, { B: [b] }, { C: [c] }] })
  })

  test.each([undefined, 'Event', 'Event<>', 'Event<@>'])('a generic root needs type arguments: %s', (root) => {
    expect(linesOf(importRust(rust, { root }))).toEqual([
      "src/lib.rs:2 Event: missing a type argument for A [--root 'Event<…>']",
    ])
  })

  test('a generic root reports an argument that is not in scope', () => {
    expect(linesOf(importRust(rust, { root: 'Event<order::Ordre>' }))[0]).toBe(
      'src/lib.rs:2 order::Ordre: order::Ordre is not in scope [--map order::Ordre=…]',
    )
  })
})

test.each(['orders::Event', 'crate::orders::Event', 'OrderEvent', 'shop::OrderEvent'])(
  'the root may be named by a path through use declarations: %s',
  (root) => {
    const derived = '#[derive(serde::Serialize)] pub enum Event'
    const source = `pub mod orders { mod event { ${derived} { A(u8) } } pub use self::event::Event; }
      mod stock { ${derived} { B } } mod shop { pub use crate::orders::*; pub use Event as OrderEvent; }
      pub use orders::Event as OrderEvent;`
    expect(typesOf(importRust(source, { root }))).toEqual({ Event: [{ A: ['u8'] }] })
  },
)

test('the root may be an enum that only formats with names can contain', () => {
  const rust = '#[derive(serde::Serialize)] #[serde(tag = "type")] enum OrderEvent { A, B { it: u8 } }'
  const imported = importRust(rust)
  expect(imported.ok && imported.schema).toMatchObject({
    events: new Map([
      ['A.v1', 'A'],
      ['B.v1', 'B'],
    ]),
    types: new Map([
      [
        'OrderEvent',
        {
          kind: 'struct',
          fields: { kind: 'tuple', items: [{ kind: 'known', name: 'unreadable' }] },
          serde: { tag: 'type', body: { kind: 'enum' } },
        },
      ],
    ]),
  })
  expect(linesOf(imported)).toEqual([])
  expect(imported.notes.map((note) => ('reason' in note ? note.reason : note.code))).toContain(
    'bincode cannot decode an enum with serde(tag), only JSON, CBOR and MessagePack can',
  )
})

test.each([
  ['OrderLineEvent', 'order-line-events'],
  ['DomainEvent', 'shop-orders-events'],
  ['Event', 'shop-orders-events'],
])('by default, the topic of %s is %s', (name, topic) => {
  const imported = importRust(
    {
      'Cargo.toml': '[package]\nname = "shop-orders"',
      'src/lib.rs': `#[derive(serde::Serialize)] pub enum ${name} { A }`,
    },
    { topic: undefined },
  )
  expect(imported.ok && imported.schema.topic).toBe(topic)
})

test('does not suggest to map the root to another type', () => {
  const fixes = (rust: string) => linesOf(importRust(rust, { root: 'Orders' })).map((line) => line.replace(/.*\[/, '['))
  expect(fixes('pub enum Orders { A }')).toEqual(['[--assume crate::Orders=derived]'])
  expect(fixes('pub enum Orders { A } impl serde::Serialize for Orders { }')).toEqual(['[]'])
  expect(fixes('pub type Orders = u8;')).toEqual(['[]'])
})

describe('choosing the root', () => {
  const two = `mod a { #[derive(serde::Serialize)] pub enum OrderEvent { A } } mod b { #[derive(serde::Serialize)] pub enum UserEvent { B } }`
  const rootOf = (rust: string, options: Parameters<typeof importRust>[1] = {}) => {
    const imported = importRust(rust, options)
    return imported.ok ? { root: imported.schema.root, topic: imported.schema.topic } : linesOf(imported)
  }

  test('reports all enums that may be the root', () => {
    expect(rootOf(two, { topic: 'things' })).toEqual([
      'src/lib.rs:1 OrderEvent: one of several enums that may list the events [--root OrderEvent]',
      'src/lib.rs:1 UserEvent: one of several enums that may list the events [--root UserEvent]',
    ])
    expect(rootOf(two, { root: 'b::UserEvent' })).toEqual({ root: 'UserEvent', topic: 'order-events' })
  })

  test('prefers the enum that the topic is named after, and derives the topic from the root', () => {
    expect(rootOf(two, { topic: 'user-events' })).toEqual({ root: 'UserEvent', topic: 'user-events' })
    expect(rootOf('#[derive(serde::Serialize)] pub enum BankAccountEvent { A }', { topic: undefined })).toEqual({
      root: 'BankAccountEvent',
      topic: 'bank-account-events',
    })
    expect(
      rootOf('pub const TOPIC: &str = "billing"; #[derive(serde::Serialize)] pub enum InvoiceEvent { A }', {
        topic: undefined,
      }),
    ).toEqual({
      root: 'InvoiceEvent',
      topic: 'billing',
    })
  })

  test('reports an invalid topic and suggests a valid one', () => {
    const rust = 'pub const TOPIC: &str = "bad topic"; #[derive(serde::Serialize)]\nenum OrderEvent { A }'
    const rule = 'may hold only letters, digits, dot, underscore and hyphen'
    expect(rootOf(rust, { topic: 'a/b topic' })).toEqual([
      `.:0 the topic: Invalid topic: 'a/b topic' ${rule} [--topic a-b-topic]`,
    ])
    expect(rootOf(rust, { topic: '' })).toEqual([".:0 the topic: Invalid topic: '' is empty [--topic order-events]"])
    expect(rootOf(rust, { topic: undefined })).toEqual([
      `src/lib.rs:2 the topic: Invalid topic: 'bad topic' ${rule} [--topic bad-topic]`,
    ])
  })

  const twice = {
    'Cargo.toml': '[package]\nname = "shop"',
    'src/lib.rs': 'mod a; mod b; mod c;',
    'src/a.rs': '#[derive(serde::Serialize)] pub enum OrderEvent { A }',
    'src/b.rs': '#[derive(serde::Serialize)] pub enum OrderEvent { B }',
    'src/c.rs': 'use super::a::OrderEvent; #[derive(serde::Serialize)] pub enum UserEvent { C(OrderEvent) }',
  }

  test('prefers the type in the file of the request to types of that name in other modules', () => {
    const rootIn = (file: string) =>
      typesOf(importRust(twice, { paths: [file], root: 'OrderEvent' })) as { OrderEvent: unknown }
    expect(rootIn('src/a.rs').OrderEvent).toEqual([{ A: null }])
    expect(rootIn('src/b.rs').OrderEvent).toEqual([{ B: null }])
    expect(linesOf(importRust(twice, { paths: ['src/c.rs'], root: 'OrderEvent' }))).toHaveLength(2)
    expect(linesOf(importRust(twice, { paths: ['.'], root: 'OrderEvent' }))).toHaveLength(2)
  })

  const envelope = `#[derive(serde::Serialize)] pub struct Envelope<T> { id: u8, body: T }
#[derive(serde::Serialize)] pub enum OrderEvent { A }
pub type OrderEvents = Envelope<OrderEvent>; pub type Of<T> = Box<Envelope<T>>; type List = Vec<OrderEvent>;`

  test('may name the root by an alias', () => {
    const expected = { root: 'Envelope<OrderEvent>', topic: 'order-events' }
    expect(rootOf(envelope, { root: 'OrderEvents', topic: undefined })).toEqual(expected)
    expect(rootOf(envelope, { root: 'Of<OrderEvent>' })).toEqual(expected)
    expect(rootOf(envelope, { root: 'Of' })).toEqual([
      "src/lib.rs:3 Of: missing a type argument for T [--root 'Of<…>']",
    ])
  })

  test.each([
    [
      'enums',
      '#[cfg(unix)]\npub enum OrderEvent { A }\n#[cfg(not(unix))]\npub enum OrderEvent { B }',
      undefined,
      '2',
      '4',
    ],
    [
      'enums',
      '#[cfg(unix)] pub enum OrderEvent { A } #[cfg(not(unix))] pub enum OrderEvent { B }',
      'OrderEvent',
      '1',
      '1',
    ],
    [
      'enums in branches of cfg_if',
      'cfg_if! { if #[cfg(unix)] { pub enum OrderEvent { A } } else { pub enum OrderEvent { B } } }',
      undefined,
      '1',
      '1',
    ],
    [
      'modules',
      '#[cfg(unix)] mod it { pub enum OrderEvent { A } }\n#[cfg(not(unix))] mod it { pub enum OrderEvent { B } }',
      'OrderEvent',
      '1',
      '2',
    ],
    [
      'aliases',
      '#[cfg(unix)] pub type OrderEvent = a::It;\n#[cfg(not(unix))] pub type OrderEvent = b::It; mod a { pub enum It { A } } mod b { pub enum It { B } }',
      'OrderEvent',
      '1',
      '2',
    ],
  ])('asks which of several %s of the same name is compiled', (_, source, root, first, second) => {
    const rust = source.replaceAll('pub enum', '#[derive(serde::Serialize)] pub enum')
    const options = root === undefined ? {} : { root }
    expect(linesOf(importRust(rust, options))[0]).toBe(
      `src/lib.rs:${first} OrderEvent: cfg decides between the definitions in src/lib.rs:${first} and src/lib.rs:${second} [--assume 'unix=on|off']`,
    )
    const as = (unix: string) => JSON.stringify(typesOf(importRust(rust, { ...options, assume: { unix } })))
    expect([as('on'), as('off')]).toEqual([
      expect.stringContaining('[{"A":null}]'),
      expect.stringContaining('[{"B":null}]'),
    ])
  })

  test('says that cfg excludes the root', () => {
    const rust = '#[cfg(unix)] #[derive(serde::Serialize)] pub enum OrderEvent { A }'
    expect(linesOf(importRust(rust, { root: 'OrderEvent', assume: { unix: 'off' } }))).toEqual([
      'src/lib.rs:1 OrderEvent: its cfg attributes exclude this type []',
    ])
  })

  test('says that a root is an alias if it is neither a struct nor an enum', () => {
    expect(rootOf(envelope, { root: 'List' })).toEqual([
      'src/lib.rs:3 List: this type is an alias of Vec<OrderEvent>, which is neither a struct nor an enum []',
    ])
    expect(linesOf(importRust('pub type Pair = (u8, ids::Id);', { root: 'Pair' }))[1]).toBe(
      'src/lib.rs:1 Pair: this type is an alias of (u8, ids::Id), which is neither a struct nor an enum []',
    )
    expect(rootOf('pub type Gone = ids::Id;', { root: 'Gone' })).toEqual([
      'src/lib.rs:1 ids::Id: the source of crate ids is not among the paths; Gone is an alias of this type [--map ids::Id=…]',
    ])
    expect(rootOf('mod a { pub type It = u8; } mod b { pub struct It; }', { root: 'It' })).toEqual([
      'src/lib.rs:1 It: more than one type is named It; this one is an alias of u8 [--root crate::a::It]',
      'src/lib.rs:1 It: more than one type is named It [--root crate::b::It]',
    ])
  })

  test('reports a root that does not exist or is ambiguous', () => {
    expect(rootOf(two, { root: 'userevents' })).toEqual(['.:0 userevents: no type is named userevents []'])
    expect(rootOf(two, { root: 'Event' })).toEqual([
      '.:0 Event: no type is named Event; similar types are crate::a::OrderEvent, crate::b::UserEvent []',
    ])
    expect(rootOf(two.replaceAll('UserEvent', 'OrderEvent'), { root: 'OrderEvent' })).toEqual([
      'src/lib.rs:1 OrderEvent: more than one type is named OrderEvent [--root crate::a::OrderEvent]',
      'src/lib.rs:1 OrderEvent: more than one type is named OrderEvent [--root crate::b::OrderEvent]',
    ])
    expect(rootOf('#[derive(serde::Serialize)] enum Light { Red }')).toEqual([
      '.:0 .: no serializable enum looks like an enum of events; serializable enums are Light [--root Name]',
    ])
  })
})
