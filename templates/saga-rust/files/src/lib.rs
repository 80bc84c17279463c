//! The saga by itself, so that it compiles where it is.

pub mod aggregates;
pub mod sagas;

pub use sample_shop::service;
