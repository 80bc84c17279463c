//! The sagas of this service.

pub mod checkout_flow;
