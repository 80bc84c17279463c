//! A glob imports only what its module may name.

mod other {
    #[derive(serde::Serialize)]
    pub struct Id(pub u32);
    #[derive(serde::Serialize)]
    pub struct Code(pub u32);
}

mod near {
    pub mod inner {
        #[allow(dead_code)]
        #[derive(serde::Serialize)]
        pub(super) struct Id(pub u8);
        #[allow(dead_code)]
        #[derive(serde::Serialize)]
        pub(self) struct Code(pub u8);
    }
}

#[allow(unused_imports)]
use near::inner::*;
use other::*;

#[derive(serde::Serialize)]
pub enum OrderEvent {
    A(Id),
    B(Code),
}

fn main() {
    crbus_hard_cases::print(&OrderEvent::A(Id(66051)));
    crbus_hard_cases::print(&OrderEvent::B(Code(66051)));
}
