//! The parts of the aggregates that the saga needs.

pub mod card_payment;
pub mod order_line;
