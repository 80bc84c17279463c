import { describe, expect, test } from 'vitest'
import { importRust, linesOf } from './import-rust.ts'

/** The events of an import, and its notes. */
function events(rust: string, root?: string) {
  const imported = importRust(`use serde::{Serialize, Deserialize};\n${rust}`, { root })
  if (!imported.ok) return linesOf(imported)
  return { events: Object.fromEntries(imported.schema.events), notes: imported.notes.map(({ text }) => text) }
}

const orders = `#[derive(Serialize, Deserialize)]
pub enum OrderEvent { Placed { id: u8 }, Shipped(u8), Lost, Cancel }
`
const all = (suffix: string) => ({
  [`Placed${suffix}`]: 'Placed',
  [`Shipped${suffix}`]: 'Shipped',
  [`Lost${suffix}`]: 'Lost',
  [`Cancel${suffix}`]: 'Cancel',
})

describe('event_type() says which variant an event type names', () => {
  test.each([
    [
      'texts, in every way to write one',
      `const LOST: &str = "OrderLost.v1"; mod names { pub const CANCEL: &str = concat!("Order", "Cancel"); }
       impl Event for OrderEvent { fn event_type(&self) -> String { match self {
         OrderEvent::Placed { .. } => "OrderPlaced.v2".to_string(),
         Self::Shipped(_) => { String::from("OrderShipped.v1") }
         Self::Lost => LOST.into(),
         Self::Cancel => format!("Order{}", "Cancel.v1"),
       } } }`,
      {
        'OrderPlaced.v2': 'Placed',
        'OrderShipped.v1': 'Shipped',
        'OrderLost.v1': 'Lost',
        'OrderCancel.v1': 'Cancel',
      },
    ],
    [
      'texts that a macro makes of the names',
      `macro_rules! named { ($($it:ident),*) => { impl OrderEvent { fn event_type(&self) -> &'static str {
         match self { $(Self::$it { .. } => concat!(stringify!($it), ".v", 2)),* } } } } }
       named!(Placed, Shipped, Lost, Cancel);`,
      all('.v2'),
    ],
    [
      'several variants in one arm, and what no arm names',
      `impl OrderEvent { pub fn event_type(&self) -> &'static str { use OrderEvent::*; match *self {
         Placed { .. } => "Placed.v1", Shipped(..) | Self::Lost => Self::GONE, _ => "unknown" } }
         const GONE: &'static str = r#"Gone.v1"#; }`,
      { 'Placed.v1': 'Placed' },
      'Gone.v1 is the event type of Shipped and Lost: it tells no variant',
    ],
    [
      'a variable, a function of its own and a return',
      `impl OrderEvent {
         fn name(&self) -> &'static str { match &self { Self::Placed { id: _ } => "Placed", Self::Shipped(_) => "Shipped", Self::Lost => "Lost", Self::Cancel => "Cancel" } }
         fn event_type(&self) -> String { let name = self.name(); return format!("{name}.v3"); } }`,
      all('.v3'),
    ],
    [
      'what strum derives',
      `impl OrderEvent { fn event_type(&self) -> String { format!("order.{}", self.as_ref()) } }`,
      { 'order.placed': 'Placed', 'order.sent': 'Shipped', 'order.lost': 'Lost', 'order.cancel': 'Cancel' },
    ],
    [
      'nothing: the variants do',
      '',
      all('.v1'),
      'OrderEvent has no event_type(): its event types are taken to be {Variant}.v1',
    ],
    [
      'what cannot be read here is by name, and said to be',
      `impl OrderEvent { fn event_type(&self) -> String { match self { Self::Placed { .. } => lookup(1), Self::Shipped(_) if now() => "x".into(), _ => "y".into() } } }`,
      { 'Placed.v1': 'Placed', x: 'Shipped' },
      'what event_type() gives for OrderEvent::Placed could not be read; it is taken to be Placed.v1',
    ],
  ])('%s', (_, rust, expected, note?: string) => {
    const source = rust.includes('as_ref')
      ? orders
          .replace('Shipped', '#[strum(serialize = "sent")] Shipped')
          .replace('pub enum', '#[derive(strum::AsRefStr)] #[strum(serialize_all = "snake_case")] pub enum')
      : orders
    const found = events(source + rust)
    expect(found).toMatchObject({ events: expected })
    if (note !== undefined) expect(found).toMatchObject({ notes: expect.arrayContaining([note]) })
    else expect(found).toMatchObject({ notes: [] })
  })

  const eventType = (body: string) =>
    events(`${orders} impl OrderEvent { fn name(&self) -> &str { "x" } fn event_type(&self) -> String { ${body} } }`)
  const rest = 'Self::Shipped(_) => "Shipped.v1", Self::Lost => "Lost.v1", Self::Cancel => "Cancel.v1"'
  const others = { 'Shipped.v1': 'Shipped', 'Lost.v1': 'Lost', 'Cancel.v1': 'Cancel' }

  test.each([
    [
      'patterns that only some values fit',
      `match self { Self::Placed { id: 0 } => "First.v1", Self::Placed { id: 1 | 2 } => "Second.v1", Self::Placed { .. } => "Placed.v1", ${rest} }`,
      { 'First.v1': 'Placed', 'Second.v1': 'Placed', 'Placed.v1': 'Placed', ...others },
    ],
    [
      'patterns that every value fits',
      `match self { Self::Placed { ref id } => "Placed.v1", Self::Placed { id: _ } => "Never.v1", Self::Placed { .. } => "Never.v2", ${rest} }`,
      { 'Placed.v1': 'Placed', ...others },
    ],
    [
      'a constant, a literal and what is inside of them',
      `match self { Self::Shipped(NONE) => "None.v1", Self::Shipped(kind::ONE) => "One.v1", Self::Shipped(Some((_, 2))) => "Two.v1", Self::Shipped(a @ 3..) => "Three.v1", Self::Shipped(a @ _) => "Shipped.v1", Self::Placed { .. } => "Placed.v1", Self::Lost => "Lost.v1", Self::Cancel => "Cancel.v1" }`,
      {
        'None.v1': 'Shipped',
        'One.v1': 'Shipped',
        'Two.v1': 'Shipped',
        'Three.v1': 'Shipped',
        'Placed.v1': 'Placed',
        ...others,
      },
    ],
    [
      'guards',
      `match self { Self::Placed { id } if *id > 3 => "Large.v1", Self::Placed { .. } => "Placed.v1", ${rest} }`,
      { 'Large.v1': 'Placed', 'Placed.v1': 'Placed', ...others },
    ],
    [
      'a match within an arm, and an if',
      `match self { Self::Placed { id } => match id { 0 => "First.v1", _ => if *id == 1 { "Second.v1" } else { "Placed.v1" } }, ${rest} }`,
      { 'First.v1': 'Placed', 'Second.v1': 'Placed', 'Placed.v1': 'Placed', ...others },
    ],
    [
      'a variable that is one of several, and a return in the middle',
      `if let Self::Placed { id } = self { return "Placed.v1".into(); }
       let name = match self { Self::Shipped(0) => "Nothing", Self::Shipped(_) => "Shipped", Self::Lost => "Lost", Self::Cancel => "Cancel", _ => "none" };
       format!("{name}.v1")`,
      { 'Placed.v1': 'Placed', 'Nothing.v1': 'Shipped', ...others },
    ],
    [
      'numbers put into a text',
      `match self { Self::Placed { .. } => format!("{}{}.v{}", "Order", "Placed", 2), Self::Shipped(_) => concat!("Shipped", ".v", 1).into(), Self::Lost => format!("{name}.{1}{0}", 1_u8, "v", name = "Lost"), Self::Cancel => format!("Cancel{}{n}", ".v", n = 0x1) }`,
      { 'OrderPlaced.v2': 'Placed', ...others },
    ],
  ])('with %s', (_, body, expected) => {
    expect(eventType(body)).toEqual({ events: expected, notes: [] })
  })

  test.each([
    [
      'what a default arm gives to several variants tells none of them',
      'match self { Self::Placed { .. } => "Placed.v1", _ => "OrderEvent.v1" }',
      { 'Placed.v1': 'Placed' },
      ['OrderEvent.v1 is the event type of Shipped, Lost and Cancel: it tells no variant'],
    ],
    [
      'nor does what they all have',
      '"OrderEvent.v1"',
      {},
      ['OrderEvent.v1 is the event type of Placed, Shipped, Lost and Cancel: it tells no variant'],
    ],
    [
      'what a default arm leaves to a variant that has others is its own',
      `match self { Self::Placed { id: 0 } => "First.v1", ${rest}, _ => "Placed.v1" }`,
      { 'First.v1': 'Placed', 'Placed.v1': 'Placed', ...others },
      [],
    ],
    [
      'what can be read in part',
      `match self { Self::Placed { id: 0 } => "First.v1", Self::Placed { id } => lookup(id), ${rest} }`,
      { 'First.v1': 'Placed', ...others },
      ['event_type() may give OrderEvent::Placed more than First.v1, which could not be read'],
    ],
    [
      'a match of something else of it',
      `match self.name() { "a" => "A.v1", _ => "B.v1" }`,
      all('.v1'),
      ['Placed', 'Shipped', 'Lost', 'Cancel'].map(
        (name) => `what event_type() gives for OrderEvent::${name} could not be read; it is taken to be ${name}.v1`,
      ),
    ],
    [
      'what calls itself',
      `match self { a if x => self.event_type(), b if x => self.event_type(), c if x => self.event_type(), _ if x => self.event_type(), ${rest}, Self::Placed { .. } => "Placed.v1" }`,
      { 'Placed.v1': 'Placed', ...others },
      [],
    ],
  ])('%s', (_, body, expected, notes) => {
    expect(eventType(body)).toEqual({ events: expected, notes })
  })

  test('of derive(Action), events are what is marked as one', () => {
    expect(
      events(`use composable_rust_macros::Action;
        #[derive(Action, Serialize, Deserialize)]
        pub enum OrderAction { #[command] Place { id: u8 }, #[event] Placed { id: u8 }, #[event] Lost, Persisted { event: Box<OrderAction> } }`),
    ).toEqual({ events: { 'Placed.v1': 'Placed', 'Lost.v1': 'Lost' }, notes: [] })
  })
})

const inventory = `#[derive(Serialize)] pub enum InventoryEvent { Reserved, Released }
impl InventoryEvent { pub fn event_type(&self) -> &str { match self { Self::Reserved => "SeatReserved.v1", Self::Released => "SeatReleased.v1" } } }
`

describe('an enum may wrap others', () => {
  test('whose event types it gives', () => {
    expect(
      events(`${inventory}
        #[derive(Serialize)] pub enum Envelope { Inventory(Box<InventoryEvent>), Note(Note), Opened }
        #[derive(Serialize)] pub struct Note(u8);
        impl Envelope { fn event_type(&self) -> &str { match self { Self::Inventory(inner) => inner.event_type(), Envelope::Note(_) => "Noted.v1", Self::Opened => "Opened.v1" } } }`),
    ).toEqual({
      events: {
        'SeatReserved.v1': 'Inventory.Reserved',
        'SeatReleased.v1': 'Inventory.Released',
        'Noted.v1': 'Note',
        'Opened.v1': 'Opened',
      },
      notes: ['Envelope is taken for what is serialized, and it holds InventoryEvent; --root says otherwise'],
    })
  })

  test('or which show that they are events', () => {
    const rust = `${inventory} #[derive(Serialize)] pub enum TicketingEvent { Inventory(InventoryEvent), Kind(Kind) } #[derive(Serialize)] pub enum Kind { A }`
    expect(events(rust, 'TicketingEvent')).toMatchObject({
      events: { 'SeatReserved.v1': 'Inventory.Reserved', 'SeatReleased.v1': 'Inventory.Released', 'Kind.v1': 'Kind' },
    })
    // Which of the two is on the topic, the source does not say.
    expect(events(rust)).toEqual(
      [
        'src/lib.rs:2 InventoryEvent: it may be the enum of the events, and so may others [--root InventoryEvent]',
        'src/lib.rs:4 TicketingEvent: it may be the enum of the events, and so may others; it holds InventoryEvent [--root TicketingEvent]',
      ].sort((a, b) => (a.includes('TicketingEvent:') ? -1 : b.includes('TicketingEvent:') ? 1 : 0)),
    )
  })
})

describe('the root', () => {
  const two = `mod a { #[derive(serde::Serialize)] pub enum OrderEvent { A } } mod b { #[derive(serde::Serialize)] pub enum UserEvent { B } }`
  const rootOf = (rust: string, options: Parameters<typeof importRust>[1] = {}) => {
    const imported = importRust(rust, options)
    return imported.ok ? { root: imported.schema.root, topic: imported.schema.topic } : linesOf(imported)
  }

  test('is asked for when there are several', () => {
    expect(rootOf(two, { topic: 'things' })).toEqual([
      'src/lib.rs:1 OrderEvent: it may be the enum of the events, and so may others [--root OrderEvent]',
      'src/lib.rs:1 UserEvent: it may be the enum of the events, and so may others [--root UserEvent]',
    ])
    expect(rootOf(two, { root: 'b::UserEvent' })).toEqual({ root: 'UserEvent', topic: 'order-events' })
  })

  test('goes with the topic', () => {
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

  test('has a topic that the bus takes', () => {
    const rust = 'pub const TOPIC: &str = "bad topic"; #[derive(serde::Serialize)]\nenum OrderEvent { A }'
    const rule = 'may hold only letters, digits, dot, underscore and hyphen'
    expect(rootOf(rust, { topic: 'a/b topic' })).toEqual([
      `.:0 --topic: Invalid topic: 'a/b topic' ${rule} [--topic a-b-topic]`,
    ])
    expect(rootOf(rust, { topic: '' })).toEqual([".:0 --topic: Invalid topic: '' is empty [--topic order-events]"])
    expect(rootOf(rust, { topic: undefined })).toEqual([
      `src/lib.rs:2 --topic: Invalid topic: 'bad topic' ${rule} [--topic bad-topic]`,
    ])
  })

  test('that is not there, or twice', () => {
    expect(rootOf(two, { root: 'userevents' })).toEqual(['.:0 userevents: no type is called userevents []'])
    expect(rootOf(two, { root: 'Event' })).toEqual([
      '.:0 Event: no type is called Event; there are crate::a::OrderEvent, crate::b::UserEvent []',
    ])
    expect(rootOf(two.replaceAll('UserEvent', 'OrderEvent'), { root: 'OrderEvent' })).toEqual([
      'src/lib.rs:1 OrderEvent: more than one type is called OrderEvent [--root crate::a::OrderEvent]',
      'src/lib.rs:1 OrderEvent: more than one type is called OrderEvent [--root crate::b::OrderEvent]',
    ])
    expect(rootOf('#[derive(serde::Serialize)] enum Light { Red }')).toEqual([
      '.:0 .: no enum derives Serialize and looks like events; serialized are Light [--root Name]',
    ])
  })
})
