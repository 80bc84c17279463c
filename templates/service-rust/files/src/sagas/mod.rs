//! The sagas of this service.
