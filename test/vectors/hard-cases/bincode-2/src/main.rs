//! The standard configuration of bincode 2 writes integers with as many bytes as they need.

use std::collections::BTreeMap;

#[derive(serde::Serialize)]
pub enum Status {
    Open,
    Paid,
}

#[derive(serde::Serialize)]
pub struct Placed {
    pub id: u32,
    pub total: i64,
    pub tiny: u8,
    pub signed: i8,
    pub rate: f64,
    pub letter: char,
    pub paid: bool,
    pub status: Status,
    pub note: Option<String>,
    pub bytes: Vec<u8>,
    pub sizes: [u16; 3],
    pub counts: BTreeMap<String, u64>,
    pub wide: u128,
    pub far: i128,
}

#[derive(serde::Serialize)]
pub enum OrderEvent {
    A(u64),
    B(Placed),
    C,
}

fn print(value: &OrderEvent) {
    let bytes = bincode::serde::encode_to_vec(value, bincode::config::standard()).unwrap();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{hex}\t{}", serde_json::to_string(value).unwrap());
}

fn main() {
    for value in [0, 250, 251, 65_535, 65_536, u64::from(u32::MAX), u64::from(u32::MAX) + 1] {
        print(&OrderEvent::A(value));
    }
    for (at, total) in [(0, 0_i64), (1, -1), (2, 1), (3, -126), (4, i64::MIN), (5, 4_611_686_018_427_387_905)] {
        print(&OrderEvent::B(Placed {
            id: 300 * at,
            total,
            tiny: 255,
            signed: -3,
            rate: 2.5,
            letter: 'ß',
            paid: at % 2 == 0,
            status: if at == 0 { Status::Open } else { Status::Paid },
            note: (at > 2).then(|| "x".repeat(260)),
            bytes: vec![1, 2, 3],
            sizes: [1, 251, 65_535],
            counts: BTreeMap::from([("a".to_string(), 7), ("b".to_string(), 70_000)]),
            wide: u128::from(u64::MAX) + u128::from(at),
            far: -(i128::from(i64::MAX)) - i128::from(at),
        }));
    }
    print(&OrderEvent::C);
}
