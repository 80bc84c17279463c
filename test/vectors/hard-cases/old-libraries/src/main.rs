//! Earlier versions of libraries have other layouts: a text for a Uuid and an Address, and a BitVec without its order.

use alloy_primitives::Address;
use bitvec::prelude::*;
use uuid::Uuid;

#[derive(serde::Serialize)]
pub enum OrderEvent {
    A(Uuid),
    B(Address),
    C(BitVec<Lsb0, u8>),
}

fn print(value: &OrderEvent) {
    let hex: String = bincode::serialize(value).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{hex}\t{}", serde_json::to_string(value).unwrap());
}

fn main() {
    print(&OrderEvent::A(Uuid::parse_str("550e8400-e29b-41d4-a716-446655440000").unwrap()));
    print(&OrderEvent::B(Address::repeat_byte(0xab)));
    print(&OrderEvent::C(bitvec![Lsb0, u8; 1, 0, 1]));
}
