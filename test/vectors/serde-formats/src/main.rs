//! Prints values: `JSON<TAB>CBOR of ciborium<TAB>rmp_serde::to_vec<TAB>rmp_serde::to_vec_named`. `!` marks bytes that Rust does not read.

mod events;

use events::*;
use serde::{de::DeserializeOwned, Serialize};
use std::collections::BTreeMap;

fn hex(bytes: &[u8], reads: bool) -> String {
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if reads { text } else { format!("!{text}") }
}

fn show<T: Serialize + DeserializeOwned>(root: &str, value: T) {
    let json = serde_json::to_string(&value).unwrap();
    let mut cbor = Vec::new();
    ciborium::into_writer(&value, &mut cbor).unwrap();
    let compact = rmp_serde::to_vec(&value).unwrap();
    let named = rmp_serde::to_vec_named(&value).unwrap();
    let reads_json = serde_json::from_str::<T>(&json).is_ok();
    println!(
        "{root}\t{}{json}\t{}\t{}\t{}",
        if reads_json { "" } else { "!" },
        hex(&cbor, ciborium::from_reader::<T, _>(&cbor[..]).is_ok()),
        hex(&compact, rmp_serde::from_slice::<T>(&compact).is_ok()),
        hex(&named, rmp_serde::from_slice::<T>(&named).is_ok()),
    );
}

fn line(quantity: u16, gift_note: Option<&str>) -> Line {
    Line { item_id: 7, quantity, gift_note: gift_note.map(str::to_string), cached: 9, r#type: 'ß' }
}

fn main() {
    use OrderEvent::*;
    let text = str::to_string;
    let order = |event| show("OrderEvent", event);
    order(OrderPlaced { order_id: text("o-1"), total: 1999, note: None, lines: vec![] });
    order(OrderPlaced { order_id: text("ö"), total: u64::MAX, note: Some(text("")), lines: vec![line(1, None)] });
    order(OrderPlaced { order_id: "x".repeat(40), total: 70_000, note: None, lines: vec![line(300, Some("hi"))] });
    order(OrderPaid(Payment { cents: -5 }));
    order(OrderPaid(Payment { cents: i64::MIN }));
    order(Shipped { ship_to: Address { street_name: text("Main"), zip_code: (1, 65535) }, by_air: true });
    order(Cancelled);
    order(Split(255, -129));
    order(OrderEvent::Styled(events::Styled::FirstOne { some_field: 1 }));
    order(OrderEvent::Styled(events::Styled::HTTPDone));
    order(OrderEvent::Styled(events::Styled::Second2(2)));
    order(OrderEvent::Adjacent(vec![
        events::Adjacent::Unit,
        events::Adjacent::New(1),
        events::Adjacent::Pair(2, text("b")),
        events::Adjacent::Fields { a: true },
    ]));
    order(OrderEvent::Internal(vec![
        events::Internal::Unit,
        events::Internal::Fields { x: 0.1, y: None },
        events::Internal::Fields { x: 1.0, y: Some(2) },
        events::Internal::New(Point { x: 1.0, y: -0.5 }),
        events::Internal::Map(BTreeMap::from([(text("a"), 1)])),
    ]));
    order(OrderEvent::Untagged(vec![
        events::Untagged::Number(1),
        events::Untagged::Text(text("one")),
        events::Untagged::Fields { only: 3 },
        events::Untagged::Nothing,
    ]));
    order(OrderEvent::PartlyTagged(vec![
        events::PartlyTagged::Known(1),
        events::PartlyTagged::Other(BTreeMap::from([(text("a"), true), (text("b"), false)])),
    ]));
    let rest = || BTreeMap::from([(text("more"), serde_json::json!([1, "two", null, 2.5]))]);
    order(OrderEvent::Flat(events::Flat { id: 1, point: Point { x: 1.0, y: 2.5 }, kind: Internal2::Small, rest: rest() }));
    let large = Internal2::Large { size: 500 };
    order(OrderEvent::Flat(events::Flat { id: 2, point: Point { x: 0.0, y: 1e300 }, kind: large, rest: BTreeMap::new() }));
    for (ip, socket) in [("192.168.0.1", "127.0.0.1:80"), ("::1", "[2001:db8::1]:443")] {
        order(OrderEvent::Library(Box::new(events::Library {
            id: uuid::Uuid::parse_str("550e8400-e29b-41d4-a716-446655440000").unwrap(),
            at: chrono::DateTime::from_timestamp(1_764_000_000, 120_000_000).unwrap(),
            moment: time::OffsetDateTime::from_unix_timestamp(1_764_000_000).unwrap(),
            took: std::time::Duration::from_millis(1500),
            ip: ip.parse().unwrap(),
            socket: socket.parse().unwrap(),
            price: rust_decimal::Decimal::new(1999, 2),
            any: serde_json::json!({"a": [1, -2, 0.5, true], "b": {}}),
            seconds: chrono::DateTime::from_timestamp(1_764_000_000, 0).unwrap(),
        })));
    }
    for (big, small, single, double) in [
        (u128::MAX, i128::MIN, 0.1, 0.1),
        (5, -5, 1.5, 65504.0),
        (u64::MAX as u128 + 1, i64::MIN as i128 - 1, f32::MAX, 5.960464477539063e-8),
        (0, 0, -0.0, 100000.0),
    ] {
        order(OrderEvent::Numbers(Box::new(events::Numbers {
            a: big, b: small, c: single, d: double, e: -128, f: -32768, g: i32::MIN, h: 1 << 53, i: (), j: Empty,
            k: std::num::NonZeroU8::new(200).unwrap(),
        })));
    }
    for result in [Ok(1), Err(text("no"))] {
        order(OrderEvent::Containers(events::Containers {
            bytes: serde_bytes::ByteBuf::from(vec![0, 127, 128, 255]),
            list: vec![0, 127, 128, 255],
            fixed: [1, 2, 3, 4],
            by_number: BTreeMap::from([(1, text("one")), (500, text("many"))]),
            result,
            twice: Some(vec![None, Some(3)]),
        }));
    }
    order(OrderEvent::Marked(events::Marked { value: 1 }));
    order(OrderEvent::Inner(events::Inner::First { a: 1 }));
    order(OrderEvent::Inner(events::Inner::Second));
    let leaf = |value| Box::new(Tree::Leaf(value));
    order(Nested(Tree::Node { left: leaf(1), right: Box::new(Tree::Node { left: leaf(2), right: leaf(3) }) }));
    show("StockEvent", StockEvent::ItemAdded { item_id: 5, count: 2 });
    show("StockEvent", StockEvent::ItemRemoved(events::Inner::First { a: 1 }));
    show("StockEvent", StockEvent::StockClosed);
}
