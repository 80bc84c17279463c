//! Prints events whose types use every serde attribute that crbus supports: `event type<TAB>bincode<TAB>JSON`.

#![allow(unused_imports)]

mod domain;
#[macro_use]
mod macros;
mod events;
mod samples;

fn main() {
    for event in samples::samples() {
        let bytes = bincode::serialize(&event).unwrap();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        println!(
            "{}\t{hex}\t{}",
            event.event_type(),
            serde_json::to_string(&event).unwrap()
        );
    }
}
