//! The aggregate by itself, so that it compiles where it is.

pub mod aggregates;

pub use sample_shop::{dead_letters, service};
