//! A crate for the saga alone, so that the template compiles in place.

pub mod aggregates;
pub mod sagas;

pub use sample_shop::service;
