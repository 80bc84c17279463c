/// Defines newtypes for ids.
macro_rules! define_id {
    ($($(#[$meta:meta])* $name:ident($of:ty);)+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
            pub struct $name(pub $of);
        )+
    };
}
pub(crate) use define_id;
