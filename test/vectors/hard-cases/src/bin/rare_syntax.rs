//! Syntax of types that is legal and rare: names that are not ASCII, `::<` before type arguments, lifetimes before traits.

#[derive(Default, serde::Serialize)]
pub struct Größe {
    pub länge: u16,
    pub 幅: Option::<u8>,
}

type Stück<T> = Vec::<T>;

#[derive(serde::Serialize)]
pub enum OrderEvent {
    Größer(Größe),
    Écrit { année: std::collections::BTreeMap::<String, (u8, Option::<i16>)>, _ñ: bool },
    Held { #[serde(skip)] call: Vec<Box<dyn 'static + Send + Fn(u8)>>, it: u32 },
    Listed(Stück<u16>),
}

impl Größe {
    pub fn zeilen<'a>(&'a self) -> impl 'a + Iterator<Item = u16> {
        std::iter::once(self.länge)
    }
}

fn main() {
    let größe = Größe { länge: 515, 幅: Some(7) };
    assert_eq!(größe.zeilen().count(), 1);
    crbus_hard_cases::print(&OrderEvent::Größer(größe));
    crbus_hard_cases::print(&OrderEvent::Größer(Größe::default()));
    let année = [("é".to_string(), (1, Some(-2))), ("z".to_string(), (3, None))];
    crbus_hard_cases::print(&OrderEvent::Écrit { année: année.into(), _ñ: true });
    crbus_hard_cases::print(&OrderEvent::Held { call: Vec::new(), it: 9 });
    crbus_hard_cases::print(&OrderEvent::Listed(vec![1, 258]));
}
