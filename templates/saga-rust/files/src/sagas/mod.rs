//! What this service sees through.

pub mod checkout_flow;
