//! Serialize is implemented by hand, where it is easy to miss.

use serde::{Deserialize, Serialize, Serializer};

#[derive(Deserialize)]
pub struct ByAlias(u16);
type Alias = ByAlias;
impl Serialize for Alias {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_string())
    }
}

#[derive(Deserialize)]
pub struct InConst(u16);
const _: () = {
    impl Serialize for InConst {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(&self.0.to_string())
        }
    }
};

#[derive(Deserialize)]
pub struct InFunction(u16);
#[allow(dead_code)]
fn hidden() {
    use serde::Serialize as Ser;
    impl Ser for InFunction {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(&self.0.to_string())
        }
    }
}

#[derive(Serialize)]
pub enum OrderEvent {
    A(ByAlias),
    B(InConst),
    C(InFunction),
}

fn main() {
    crbus_hard_cases::print(&OrderEvent::A(ByAlias(3)));
    crbus_hard_cases::print(&OrderEvent::B(InConst(3)));
    crbus_hard_cases::print(&OrderEvent::C(InFunction(3)));
}
