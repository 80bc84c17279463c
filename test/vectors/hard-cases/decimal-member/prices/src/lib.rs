//! Asks for floats.
