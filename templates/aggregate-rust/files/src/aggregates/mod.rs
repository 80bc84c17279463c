//! The aggregates of this service.

pub mod order_line;
