//! Events with every attribute of serde that changes names or tags.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

#[derive(Serialize, Deserialize)]
pub enum OrderEvent {
    OrderPlaced {
        order_id: String,
        total: u64,
        note: Option<String>,
        lines: Vec<Line>,
    },
    #[serde(rename = "order-paid", alias = "OrderPayed")]
    OrderPaid(Payment),
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    Shipped {
        ship_to: Address,
        by_air: bool,
    },
    Cancelled,
    Split(u8, i64),
    Styled(Styled),
    Adjacent(Vec<Adjacent>),
    Internal(Vec<Internal>),
    Untagged(Vec<Untagged>),
    PartlyTagged(Vec<PartlyTagged>),
    Flat(Flat),
    Library(Box<Library>),
    Numbers(Box<Numbers>),
    Containers(Containers),
    Marked(Marked),
    Inner(Inner),
    Nested(Tree),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub item_id: u32,
    #[serde(rename(serialize = "qty", deserialize = "quantity"), alias = "qty")]
    pub quantity: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gift_note: Option<String>,
    #[serde(skip)]
    pub cached: u8,
    pub r#type: char,
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Payment {
    pub cents: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Address {
    pub street_name: String,
    pub zip_code: (u8, u16),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename_all_fields = "PascalCase")]
pub enum Styled {
    FirstOne { some_field: u8 },
    HTTPDone,
    Second2(u8),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
pub enum Adjacent {
    Unit,
    New(u8),
    Pair(u8, String),
    Fields { a: bool },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Internal {
    Unit,
    Fields { x: f32, y: Option<u8> },
    New(Point),
    Map(BTreeMap<String, u8>),
}

#[derive(Serialize, Deserialize)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Untagged {
    Number(u8),
    Text(String),
    Fields { only: u8 },
    Nothing,
}

#[derive(Serialize, Deserialize)]
pub enum PartlyTagged {
    Known(u8),
    #[serde(untagged)]
    Other(BTreeMap<String, bool>),
}

#[derive(Serialize, Deserialize)]
pub struct Flat {
    pub id: u32,
    #[serde(flatten)]
    pub point: Point,
    #[serde(flatten)]
    pub kind: Internal2,
    #[serde(flatten)]
    pub rest: BTreeMap<String, serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Internal2 {
    Small,
    Large { size: u16 },
}

#[derive(Serialize, Deserialize)]
pub struct Library {
    pub id: uuid::Uuid,
    pub at: chrono::DateTime<chrono::Utc>,
    pub moment: time::OffsetDateTime,
    pub took: Duration,
    pub ip: IpAddr,
    pub socket: SocketAddr,
    pub price: rust_decimal::Decimal,
    pub any: serde_json::Value,
    #[serde(with = "chrono::serde::ts_seconds")]
    pub seconds: chrono::DateTime<chrono::Utc>,
}

#[derive(Serialize, Deserialize)]
pub struct Numbers {
    pub a: u128,
    pub b: i128,
    pub c: f32,
    pub d: f64,
    pub e: i8,
    pub f: i16,
    pub g: i32,
    pub h: u64,
    pub i: (),
    pub j: Empty,
    pub k: std::num::NonZeroU8,
}

#[derive(Serialize, Deserialize)]
pub struct Empty;

#[derive(Serialize, Deserialize)]
pub struct Containers {
    pub bytes: serde_bytes::ByteBuf,
    pub list: Vec<u8>,
    pub fixed: [u8; 4],
    pub by_number: BTreeMap<u16, String>,
    pub result: Result<u8, String>,
    pub twice: Option<Vec<Option<u8>>>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "schema", rename = "marked/1")]
pub struct Marked {
    pub value: u8,
}

#[derive(Serialize, Deserialize)]
pub enum Inner {
    First { a: u8 },
    #[serde(rename = "2nd")]
    Second,
}

#[derive(Serialize, Deserialize)]
pub enum Tree {
    Leaf(u8),
    Node { left: Box<Tree>, right: Box<Tree> },
}

/// An enum whose root is tagged.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "kebab-case")]
pub enum StockEvent {
    ItemAdded { item_id: u32, count: u8 },
    ItemRemoved(Inner),
    StockClosed,
}

impl StockEvent {
    pub fn event_type(&self) -> &'static str {
        match self {
            StockEvent::ItemAdded { .. } => "ItemAdded.v1",
            StockEvent::ItemRemoved(_) => "ItemRemoved.v1",
            StockEvent::StockClosed => "StockClosed.v2",
        }
    }
}
