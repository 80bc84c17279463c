//! Prints the bytes that services of Composable Rust write, one `name<TAB>hex` per line.
//! `--records N` writes N envelopes of order events to stdout, each after its length as a u32 (little-endian), for benchmarks.
//! `--read` reads envelopes in this format from stdin, as a service does, and prints one event as JSON per line.

use chrono::{DateTime, TimeZone, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufWriter, Read, Write};
use uuid::Uuid;

#[derive(Serialize, Deserialize, Clone, Default)]
struct EventMetadata {
    correlation_id: Option<String>,
    causation_id: Option<String>,
    user_id: Option<String>,
    timestamp: Option<String>,
}

/// The envelope since 2025-11-21 (W3).
#[derive(Serialize, Deserialize)]
struct W3 {
    event_type: String,
    event_version: i32,
    data: Vec<u8>,
    metadata: Option<EventMetadata>,
}

/// The envelope from 2025-11-18 to 2025-11-21 (W2).
#[derive(Serialize)]
struct W2 {
    event_type: String,
    data: Vec<u8>,
    metadata: Option<EventMetadata>,
}

/// The envelope in the guide (W1).
#[derive(Serialize)]
struct W1 {
    event_type: String,
    data: Vec<u8>,
    metadata: Option<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct OrderId(String);

#[derive(Serialize, Deserialize)]
struct Money(i64);

#[derive(Serialize, Deserialize)]
struct LineItem {
    product_id: String,
    name: String,
    quantity: u32,
    unit_price: Money,
}

#[derive(Serialize, Deserialize)]
enum OrderAction {
    PlaceOrder,
    CancelOrder,
    ShipOrder,
    OrderPlaced {
        order_id: OrderId,
        customer_id: String,
        items: Vec<LineItem>,
        total: Money,
        timestamp: DateTime<Utc>,
    },
}

fn hex<T: Serialize>(name: &str, value: &T) {
    let bytes = bincode::serialize(value).expect("these values serialize");
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{name}\t{text}");
}

fn text(value: &str) -> Option<String> {
    Some(value.to_string())
}

fn w3(event_type: &str, event_version: i32, data: &[u8], metadata: Option<EventMetadata>) -> W3 {
    W3 { event_type: event_type.to_string(), event_version, data: data.to_vec(), metadata }
}

fn placed(index: u64) -> OrderAction {
    OrderAction::OrderPlaced {
        order_id: OrderId(format!("order-{index}")),
        customer_id: format!("cust-{}", index % 1000),
        items: vec![LineItem {
            product_id: "p".to_string(),
            name: "Widget".to_string(),
            quantity: 2,
            unit_price: Money(1000),
        }],
        total: Money(2000),
        timestamp: Utc.with_ymd_and_hms(2025, 11, 21, 6, 26, 20).unwrap() + chrono::Duration::nanoseconds(123_456_789),
    }
}

fn vectors() {
    let full = EventMetadata {
        correlation_id: text("corr-456"),
        causation_id: None,
        user_id: text("user-123"),
        timestamp: text("2025-11-21T07:26:20Z"),
    };
    hex("w3_none", &w3("OrderPlaced.v1", 1, &[1, 2, 3], None));
    hex("w3_meta", &w3("OrderPlaced.v2", 2, &[1, 2, 3], Some(full.clone())));
    hex("w3_empty", &w3("", 1, &[], None));
    hex("w3_empty_meta", &w3("A", 1, &[0], Some(EventMetadata::default())));
    hex("w3_neg_utf8", &w3("Événement.v1", -1, &[255], Some(EventMetadata::default())));
    hex("w3_debug_type", &w3("InventoryInventoryInitialized { event_id: EventId", 1, &[7; 300], None));
    let w2 = |metadata| W2 { event_type: "OrderPlaced.v1".to_string(), data: vec![1, 2, 3], metadata };
    hex("w2_none", &w2(None));
    hex("w2_meta", &w2(Some(full)));
    hex("w2_zeros", &W2 { event_type: "OrderPlaced.v1".to_string(), data: vec![0; 40], metadata: None });
    // These bytes decode as W3 with version 4 and no data, or almost do.
    for count in [4, 5] {
        let data = vec![0; count];
        hex(&format!("w2_zeros_{count}"), &W2 { event_type: "OrderPlaced.v1".to_string(), data, metadata: None });
    }
    hex("w3_disagrees", &w3("OrderPlaced.v1", 7, &[], None));
    let w1 = |metadata| W1 { event_type: "OrderPlaced.v1".to_string(), data: vec![1, 2, 3], metadata };
    hex("w1_meta", &w1(Some(serde_json::json!({"correlation_id": "c-1", "saga_id": "s-1"}))));
    hex("data_order_placed", &placed(1));
    hex("data_uuid", &Uuid::parse_str("550e8400-e29b-41d4-a716-446655440000").unwrap());
    hex("data_decimal", &Decimal::new(12345, 2));
    hex("data_map", &BTreeMap::from([("k".to_string(), 5u32)]));
    hex("data_char_tuple_option", &('é', (1u8, 2u16), Some(true), None::<u8>));
}

fn records(count: u64) {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for index in 0..count {
        let metadata = EventMetadata {
            correlation_id: Some(format!("checkout-{}", index / 5)),
            timestamp: text("2025-11-21T07:26:20Z"),
            ..EventMetadata::default()
        };
        let data = bincode::serialize(&placed(index)).expect("these values serialize");
        let bytes = bincode::serialize(&w3("OrderPlaced.v1", 1, &data, Some(metadata))).expect("these values serialize");
        out.write_all(&(bytes.len() as u32).to_le_bytes()).expect("stdout takes it");
        out.write_all(&bytes).expect("stdout takes it");
    }
}

fn read() {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).expect("stdin can be read");
    let mut rest = input.as_slice();
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let (envelope, after) = behind.split_at(u32::from_le_bytes(*length) as usize);
        rest = after;
        let event: W3 = bincode::deserialize(envelope).expect("it is an envelope");
        let action: OrderAction = bincode::deserialize(&event.data).expect("it is an action");
        let metadata = event.metadata.and_then(|metadata| metadata.correlation_id);
        let line = serde_json::json!([event.event_type, event.event_version, metadata, action]);
        println!("{line}");
    }
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    match (words.get(1).map(String::as_str), words.get(2)) {
        (Some("--records"), Some(count)) => records(count.parse().expect("a number of records")),
        (Some("--read"), None) => read(),
        _ => vectors(),
    }
}
