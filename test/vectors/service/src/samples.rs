use crate::domain::{money::*, paging::*, prelude::*};
use crate::events::*;
use chrono::{DateTime, NaiveDate};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::marker::PhantomData;
use std::time::Duration;
use time::macros::datetime;

fn money() -> Money {
    Money {
        cents: -1250,
        currency: ['E', 'U', 'é'],
        rate: "1.10".parse().unwrap(),
    }
}

fn id() -> OrderId {
    OrderId(uuid::Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef))
}

fn line(r#type: LineKind) -> Line {
    Line {
        sku: Sku("s-1".to_owned()),
        r#type,
        count: 3.try_into().unwrap(),
    }
}

pub fn samples() -> Vec<OrderEvent> {
    vec![
        OrderEvent::Placed {
            id: id(),
            lines: Page {
                items: vec![line(LineKind::Goods), line(LineKind::Service("s".to_owned()))],
                window: 1..9,
                pair: Some([1, 65535]),
            },
            total: money(),
            at: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
            due: DateTime::from_timestamp_millis(1_700_000_000_123),
            cache: None,
        },
        OrderEvent::Paid(Iban::new("DE", "89"), Level::High, 1),
        OrderEvent::Paid(Iban::new("DE", "89"), Level::Low, 1),
        OrderEvent::Noted("grüße".into()),
        OrderEvent::Labels(BTreeMap::from([(Sku("k".to_owned()), BTreeSet::from(['a', '→']))])),
        OrderEvent::Dated {
            day: NaiveDate::from_ymd_opt(2025, 2, 3).unwrap(),
            moment: datetime!(2025-11-21 06:26:20.5 +02:00),
            plain: datetime!(2025-11-21 06:26:20.5 +02:00),
            short: time::Duration::new(-5, -250_000_000),
            took: Duration::new(5, 7),
        },
        OrderEvent::Stock(Box::new(StockEvent::Reserved {
            sku: Sku("k".to_owned()),
        })),
        OrderEvent::Stock(Box::new(StockEvent::Released)),
        OrderEvent::Referenced(
            Ref {
                key: 1,
                of: PhantomData,
            },
            Handle {
                name: "h".to_owned(),
                of: PhantomData,
            },
            Ref {
                key: 2,
                of: PhantomData,
            },
        ),
        OrderEvent::Closed,
        OrderEvent::Empty {},
        OrderEvent::Converted(Converted {
            port: 8080,
            codes: Some(vec![1, 2]),
            wait: Duration::from_secs(9),
            pairs: [(2, true), (1, false)].into_iter().collect(),
            queue: VecDeque::from([-1]),
        }),
        OrderEvent::Nested(
            vec![None, Some((1, Ok(()))), Some((2, Err("no".to_owned())))],
            either::Either::Right(Iban::new("FR", "1")),
            "arc".into(),
        ),
        OrderEvent::Last(money()),
    ]
}
