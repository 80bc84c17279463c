//! Prints a value: bincode 1.3 as hex, and serde_json's text.

pub fn print<T: serde::Serialize>(value: &T) {
    let bytes = bincode::serialize(value).unwrap();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{hex}\t{}", serde_json::to_string(value).unwrap());
}
