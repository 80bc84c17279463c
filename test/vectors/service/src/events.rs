use crate::domain::{money::Iban, paging::*, prelude::*, Anything};
use chrono::{serde::ts_milliseconds_option, DateTime, Utc};
use either::Either;
use serde::{Deserialize as De, Serialize as Ser};
use serde_repr::{Deserialize_repr, Serialize_repr};
use serde_with::{serde_as, DisplayFromStr, DurationSeconds};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

/// The events that this service publishes.
#[derive(Ser, De)]
pub enum OrderEvent {
    Placed {
        id: OrderId,
        lines: Page<Line>,
        total: Amount,
        #[serde(with = "chrono::serde::ts_seconds")]
        at: DateTime<Utc>,
        #[serde(default, with = "ts_milliseconds_option")]
        due: Option<DateTime<Utc>>,
        #[serde(skip)]
        cache: Option<Rc<Vec<u8>>>,
    },
    Paid(Iban, Level, #[serde(skip)] u64),
    Noted(Cow<'static, str>),
    Labels(BTreeMap<Sku, BTreeSet<char>>),
    Dated {
        day: chrono::NaiveDate,
        #[serde(with = "time::serde::rfc3339")]
        moment: time::OffsetDateTime,
        plain: time::OffsetDateTime,
        short: time::Duration,
        took: Duration,
    },
    Stock(Box<StockEvent>),
    Referenced(Ref<Anything>, Handle<Anything>, Ref<OrderId>),
    Closed,
    #[serde(skip_deserializing)]
    Empty {},
    #[cfg(feature = "extra")]
    Extra(u64),
    Converted(Converted),
    Nested(Vec<Option<(u8, Result<(), String>)>>, Either<u8, Iban>, Arc<str>),
    /// `crate` directly after the bracket.
    Last(crate::domain::money::Money),
}

#[derive(Ser, De)]
pub struct Line {
    pub sku: Sku,
    pub r#type: LineKind,
    pub count: std::num::NonZeroU32,
}

#[derive(Ser, De)]
#[repr(u8)]
pub enum LineKind {
    Goods = 7,
    Service(String) = 3,
}

#[derive(Serialize_repr, Deserialize_repr)]
#[repr(i16)]
pub enum Level {
    Low = -1,
    High = 300,
}

#[serde_as]
#[derive(Ser, De)]
pub struct Converted {
    #[serde_as(as = "DisplayFromStr")]
    pub port: u16,
    #[serde_as(as = "Option<Vec<DisplayFromStr>>")]
    pub codes: Option<Vec<u64>>,
    #[serde_as(as = "DurationSeconds<u64>")]
    pub wait: Duration,
    #[serde(with = "indexmap::map::serde_seq")]
    pub pairs: indexmap::IndexMap<u8, bool>,
    pub queue: VecDeque<i8>,
}

pub mod stock {
    #[derive(super::Ser, super::De)]
    pub enum StockEvent {
        Reserved { sku: super::Sku },
        Released,
    }

    impl StockEvent {
        const RELEASED: &'static str = "StockReleased.v2";

        pub fn event_type(&self) -> &'static str {
            match self {
                StockEvent::Reserved { .. } => "StockReserved.v1",
                Self::Released => Self::RELEASED,
            }
        }
    }
}
pub use stock::StockEvent;

impl OrderEvent {
    fn name(&self) -> &str {
        match self {
            Self::Placed { .. } => "OrderPlaced",
            Self::Paid(..) => "OrderPaid",
            Self::Noted(_) | Self::Labels(_) => "OrderNoted",
            Self::Dated { .. } => "OrderDated",
            Self::Referenced(..) => "OrderReferenced",
            Self::Closed => "OrderClosed",
            Self::Converted(_) => "OrderConverted",
            Self::Nested(..) => "OrderNested",
            _ => "unknown",
        }
    }

    pub fn event_type(&self) -> String {
        match self {
            Self::Stock(event) => event.event_type().to_owned(),
            Self::Last(_) => "OrderEnded.v3".into(),
            other => format!("{}.v1", other.name()),
        }
    }
}
