//! A crate may define conversions with the names of serde_with's.

use serde_with::SerializeAs;

pub struct Same;

impl SerializeAs<u64> for Same {
    fn serialize_as<S: serde::Serializer>(it: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&it.to_string())
    }
}

pub struct Hex;

impl SerializeAs<u64> for Hex {
    fn serialize_as<S: serde::Serializer>(it: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(*it)
    }
}

#[serde_with::serde_as]
#[derive(serde::Serialize)]
pub enum OrderEvent {
    A {
        #[serde_as(as = "Same")]
        it: u64,
    },
    B {
        #[serde_as(as = "Hex")]
        it: u64,
    },
}

fn main() {
    crbus_hard_cases::print(&OrderEvent::A { it: 842 });
    crbus_hard_cases::print(&OrderEvent::B { it: 842 });
}
