//! Features decide how a field is encoded, and which derive implements Serialize.

#[cfg_attr(feature = "human", derive(serde_repr::Serialize_repr))]
#[cfg_attr(not(feature = "human"), derive(serde::Serialize))]
#[repr(u8)]
#[allow(dead_code)]
pub enum Kind {
    Low = 3,
    High = 7,
}

#[cfg_eval::cfg_eval]
#[serde_with::serde_as]
#[derive(serde::Serialize)]
pub struct Amount {
    #[cfg_attr(feature = "human", serde_as(as = "serde_with::DisplayFromStr"))]
    it: u32,
}

#[derive(serde::Serialize)]
pub enum OrderEvent {
    A(Amount),
    B(Kind),
}

fn main() {
    crbus_hard_cases::print(&OrderEvent::A(Amount { it: 842 }));
    crbus_hard_cases::print(&OrderEvent::B(Kind::High));
}
