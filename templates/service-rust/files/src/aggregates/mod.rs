//! The aggregates of this service.
