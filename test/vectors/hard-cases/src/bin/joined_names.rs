//! The macro paste! joins names: a call that does not contain the name of a type may define this type.

mod other {
    #[derive(serde::Serialize)]
    pub struct SendingSum(pub u64);
    #[derive(serde::Serialize)]
    pub struct OrderV2(pub u64);
    #[derive(serde::Serialize)]
    pub struct HttpServer(pub u64);
}

#[allow(unused_imports)]
use other::*;
use paste::paste;

macro_rules! sending {
    ($($phase:ident => $type:ty),*) => {
        paste! {
            $(
                #[doc = "The state of sending " $phase "."]
                #[derive(serde::Serialize)]
                pub struct [<Sending $phase>](pub $type);
            )*
        }
    };
}

sending!(Sum => u8, Update => [u16; 2]);

paste! {
    #[derive(serde::Serialize)]
    pub struct [<Order V 2>](pub u16);
    #[derive(serde::Serialize)]
    pub struct [<HTTP_server:camel>] { pub [<PortNumber:snake>]: i8 }
}

#[derive(serde::Serialize)]
pub enum OrderEvent {
    A(SendingSum),
    B(SendingUpdate),
    C(OrderV2),
    D(HttpServer),
}

fn main() {
    crbus_hard_cases::print(&OrderEvent::A(SendingSum(7)));
    crbus_hard_cases::print(&OrderEvent::B(SendingUpdate([1, 258])));
    crbus_hard_cases::print(&OrderEvent::C(OrderV2(515)));
    crbus_hard_cases::print(&OrderEvent::D(HttpServer { port_number: -3 }));
}
