//! What this service sees through.
