mod ids;
pub mod money;
pub mod paging;

pub mod prelude {
    pub use super::ids::*;
    pub use super::money::{self, Money as Amount};
    pub use super::paging::Page;
}

/// Of a thing, whatever the thing is: serde never writes it.
pub struct Anything;
