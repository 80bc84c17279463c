//! Cargo.toml accepts every version of time, and Cargo.lock has 0.2.

use time::{Date, OffsetDateTime};

#[derive(serde::Serialize)]
pub enum OrderEvent {
    A(OffsetDateTime),
    B(Date),
}

fn print(value: &OrderEvent) {
    let hex: String = bincode::serialize(value).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{hex}\t{}", serde_json::to_string(value).unwrap());
}

fn main() {
    print(&OrderEvent::A(OffsetDateTime::from_unix_timestamp(1_764_576_000)));
    print(&OrderEvent::B(OffsetDateTime::from_unix_timestamp(1_764_576_000).date()));
}
