use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Page<T, const SIZE: usize = 2> {
    pub items: Vec<T>,
    pub window: std::ops::Range<u32>,
    pub pair: Option<[u16; 2]>,
}

#[derive(Serialize, Deserialize)]
pub struct Ref<T> {
    pub key: u32,
    #[serde(skip)]
    pub of: PhantomData<T>,
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Handle<T> {
    pub name: String,
    pub of: PhantomData<fn() -> T>,
}
