//! Casts in constants keep only the lowest bits.

const WIDTH: u16 = 260;

#[derive(serde::Serialize)]
pub enum OrderEvent {
    A([u8; (260u16 as u8) as usize]),
    B([u16; WIDTH as u8 as usize]),
    C([u8; (-1i8 as u8 as usize) - 253]),
}

fn main() {
    crbus_hard_cases::print(&OrderEvent::A([1, 2, 3, 4]));
    crbus_hard_cases::print(&OrderEvent::B([1, 2, 3, 4]));
    crbus_hard_cases::print(&OrderEvent::C([1, 2]));
}
