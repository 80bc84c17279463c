import { describe, expect, test } from 'vitest'
import { importRust, linesOf, noteTexts } from './import-rust.ts'

/** The event types and notes of an import, or its problems. */
function events(rust: string, root?: string) {
  const imported = importRust(`use serde::{Serialize, Deserialize};\n${rust}`, { root })
  if (!imported.ok) return linesOf(imported)
  return { events: Object.fromEntries(imported.schema.events), notes: noteTexts(imported) }
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

describe('event types', () => {
  test.each([
    [
      'texts in every notation',
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
      'texts that a macro builds from variant names',
      `macro_rules! named { ($($it:ident),*) => { impl OrderEvent { fn event_type(&self) -> &'static str {
         match self { $(Self::$it { .. } => concat!(stringify!($it), ".v", 2)),* } } } } }
       named!(Placed, Shipped, Lost, Cancel);`,
      all('.v2'),
    ],
    [
      'several variants in one arm, and a default arm',
      `impl OrderEvent { pub fn event_type(&self) -> &'static str { use OrderEvent::*; match *self {
         Placed { .. } => "Placed.v1", Shipped(..) | Self::Lost => Self::GONE, _ => "unknown" } }
         const GONE: &'static str = r#"Gone.v1"#; }`,
      { 'Placed.v1': 'Placed' },
      'event type Gone.v1 is used by variants Shipped and Lost, so it does not identify one',
    ],
    [
      'a variable, a helper function and a return',
      `impl OrderEvent {
         fn name(&self) -> &'static str { match &self { Self::Placed { id: _ } => "Placed", Self::Shipped(_) => "Shipped", Self::Lost => "Lost", Self::Cancel => "Cancel" } }
         fn event_type(&self) -> String { let name = self.name(); return format!("{name}.v3"); } }`,
      all('.v3'),
    ],
    [
      'a method that strum derives',
      `impl OrderEvent { fn event_type(&self) -> String { format!("order.{}", self.as_ref()) } }`,
      { 'order.placed': 'Placed', 'order.sent': 'Shipped', 'order.lost': 'Lost', 'order.cancel': 'Cancel' },
    ],
    [
      'the names of variants if there is no function',
      '',
      all('.v1'),
      'OrderEvent has no event_type(), so its event types are assumed to be {Variant}.v1',
    ],
    [
      'the name of the variant if a call cannot be evaluated',
      `impl OrderEvent { fn event_type(&self) -> String { match self { Self::Placed { .. } => lookup(1), Self::Shipped(_) if now() => "x".into(), _ => "y".into() } } }`,
      { 'Placed.v1': 'Placed', x: 'Shipped' },
      'cannot evaluate event_type() for OrderEvent::Placed, so its event type is assumed to be Placed.v1',
    ],
  ])('event types come from %s', (_, rust, expected, note?: string) => {
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
      'patterns that match some values of a variant',
      `match self { Self::Placed { id: 0 } => "First.v1", Self::Placed { id: 1 | 2 } => "Second.v1", Self::Placed { .. } => "Placed.v1", ${rest} }`,
      { 'First.v1': 'Placed', 'Second.v1': 'Placed', 'Placed.v1': 'Placed', ...others },
    ],
    [
      'patterns that match every value of a variant',
      `match self { Self::Placed { ref id } => "Placed.v1", Self::Placed { id: _ } => "Never.v1", Self::Placed { .. } => "Never.v2", ${rest} }`,
      { 'Placed.v1': 'Placed', ...others },
    ],
    [
      'constants, literals and nested patterns',
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
      'guards of arms',
      `match self { Self::Placed { id } if *id > 3 => "Large.v1", Self::Placed { .. } => "Placed.v1", ${rest} }`,
      { 'Large.v1': 'Placed', 'Placed.v1': 'Placed', ...others },
    ],
    [
      'a match and an if inside an arm',
      `match self { Self::Placed { id } => match id { 0 => "First.v1", _ => if *id == 1 { "Second.v1" } else { "Placed.v1" } }, ${rest} }`,
      { 'First.v1': 'Placed', 'Second.v1': 'Placed', 'Placed.v1': 'Placed', ...others },
    ],
    [
      'a variable with several possible values and an early return',
      `if let Self::Placed { id } = self { return "Placed.v1".into(); }
       let name = match self { Self::Shipped(0) => "Nothing", Self::Shipped(_) => "Shipped", Self::Lost => "Lost", Self::Cancel => "Cancel", _ => "none" };
       format!("{name}.v1")`,
      { 'Placed.v1': 'Placed', 'Nothing.v1': 'Shipped', ...others },
    ],
    [
      'numbers formatted into a text',
      `match self { Self::Placed { .. } => format!("{}{}.v{}", "Order", "Placed", 2), Self::Shipped(_) => concat!("Shipped", ".v", 1).into(), Self::Lost => format!("{name}.{1}{0}", 1_u8, "v", name = "Lost"), Self::Cancel => format!("Cancel{}{n}", ".v", n = 0x1) }`,
      { 'OrderPlaced.v2': 'Placed', ...others },
    ],
  ])('event_type() is evaluated with %s', (_, body, expected) => {
    expect(eventType(body)).toEqual({ events: expected, notes: [] })
  })

  test.each([
    [
      'drops an event type that a default arm returns for several variants',
      'match self { Self::Placed { .. } => "Placed.v1", _ => "OrderEvent.v1" }',
      { 'Placed.v1': 'Placed' },
      ['event type OrderEvent.v1 is used by variants Shipped, Lost and Cancel, so it does not identify one'],
    ],
    [
      'drops an event type that all variants share',
      '"OrderEvent.v1"',
      {},
      ['event type OrderEvent.v1 is used by variants Placed, Shipped, Lost and Cancel, so it does not identify one'],
    ],
    [
      'keeps an event type that a default arm returns for one variant',
      `match self { Self::Placed { id: 0 } => "First.v1", ${rest}, _ => "Placed.v1" }`,
      { 'First.v1': 'Placed', 'Placed.v1': 'Placed', ...others },
      [],
    ],
    [
      'keeps the event types that can be evaluated and notes that there may be more',
      `match self { Self::Placed { id: 0 } => "First.v1", Self::Placed { id } => lookup(id), ${rest} }`,
      { 'First.v1': 'Placed', ...others },
      ['event_type() may return more for OrderEvent::Placed than First.v1, but crbus cannot evaluate all of it'],
    ],
    [
      'assumes variant names for a match on another expression than self',
      `match self.name() { "a" => "A.v1", _ => "B.v1" }`,
      all('.v1'),
      ['Placed', 'Shipped', 'Lost', 'Cancel'].map(
        (name) => `cannot evaluate event_type() for OrderEvent::${name}, so its event type is assumed to be ${name}.v1`,
      ),
    ],
    [
      'ignores recursive calls',
      `match self { a if x => self.event_type(), b if x => self.event_type(), c if x => self.event_type(), _ if x => self.event_type(), ${rest}, Self::Placed { .. } => "Placed.v1" }`,
      { 'Placed.v1': 'Placed', ...others },
      [],
    ],
  ])('event types: %s', (_, body, expected, notes) => {
    expect(eventType(body)).toEqual({ events: expected, notes })
  })

  test('derive(Action) marks events by the attribute #[event]', () => {
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

describe('an enum that wraps other enums', () => {
  test('an enum that wraps other enums has the event types of the wrapped enum if its event_type() returns them', () => {
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
      notes: [
        'Envelope is assumed to be the serialized enum, because it contains InventoryEvent; use --root to change it',
      ],
    })
  })

  test('an enum that wraps other enums without event_type() has the event types of wrapped enums that look like events', () => {
    const rust = `${inventory} #[derive(Serialize)] pub enum TicketingEvent { Inventory(InventoryEvent), Kind(Kind) } #[derive(Serialize)] pub enum Kind { A }`
    expect(events(rust, 'TicketingEvent')).toMatchObject({
      events: { 'SeatReserved.v1': 'Inventory.Reserved', 'SeatReleased.v1': 'Inventory.Released', 'Kind.v1': 'Kind' },
    })
    // The source does not show which of the two enums is published.
    expect(events(rust)).toEqual(
      [
        'src/lib.rs:2 InventoryEvent: one of several enums that may list the events [--root InventoryEvent]',
        'src/lib.rs:4 TicketingEvent: one of several enums that may list the events (contains InventoryEvent) [--root TicketingEvent]',
      ].sort((a, b) => (a.includes('TicketingEvent:') ? -1 : b.includes('TicketingEvent:') ? 1 : 0)),
    )
  })
})
