//! A feature of the package turns on a feature of rust_decimal.
use rust_decimal::Decimal;

#[derive(serde::Serialize)]
pub enum OrderEvent {
    A(Decimal),
}

fn main() {
    let value = OrderEvent::A(Decimal::new(2575, 2));
    let hex: String = bincode::serialize(&value).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{hex}\t{}", serde_json::to_string(&value).unwrap());
}
