//! What this service decides.

pub mod order_line;
