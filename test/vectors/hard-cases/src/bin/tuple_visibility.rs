//! `pub` before a tuple type of a tuple struct is the visibility of the field, and `(…)` is its type.

mod other {
    #[derive(serde::Serialize)]
    pub struct Id(pub u64);
}

mod a {
    #[derive(serde::Serialize)]
    pub struct U(pub (u8, u16), pub [u8; 2]);
    #[derive(serde::Serialize)]
    pub struct Id(pub u8);
}

use other::*;

#[derive(serde::Serialize)]
pub struct P(pub (f64, f64));

#[derive(serde::Serialize)]
pub enum OrderEvent {
    A(Id),
    B(P),
    C(a::U),
    D(a::Id),
}

fn main() {
    crbus_hard_cases::print(&OrderEvent::A(Id(258)));
    crbus_hard_cases::print(&OrderEvent::B(P((1.5, -2.0))));
    crbus_hard_cases::print(&OrderEvent::C(a::U((1, 515), [4, 5])));
    crbus_hard_cases::print(&OrderEvent::D(a::Id(7)));
}
