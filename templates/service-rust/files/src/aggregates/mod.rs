//! What this service decides.
