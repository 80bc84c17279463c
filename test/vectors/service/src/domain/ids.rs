use crate::macros::define_id;

define_id! {
    /// Of an order.
    OrderId(uuid::Uuid);
    #[derive(Eq, Hash, PartialOrd, Ord)]
    Sku(String);
}
