//! Features decide whether variants exist, so the variants after them have other numbers.

#[derive(serde::Serialize)]
pub enum OrderEvent {
    Placed(u16),
    #[cfg(feature = "beta")]
    Held(String),
    #[cfg(feature = "serde-extra")]
    Noted,
    Cancelled(u32),
}

fn main() {
    crbus_hard_cases::print(&OrderEvent::Placed(1));
    crbus_hard_cases::print(&OrderEvent::Cancelled(843));
}
