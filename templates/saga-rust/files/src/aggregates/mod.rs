//! As much of the aggregates as the saga needs.

pub mod card_payment;
pub mod order_line;
