//! Prints values of the types of other crates that crbus supports:
//! `name<TAB>bincode as hex<TAB>JSON<TAB>result of decoding with bincode<TAB>CBOR as hex<TAB>MessagePack as hex`.

use serde::{de::DeserializeOwned, Deserialize, Serialize};
use std::collections::*;
use std::net::*;
use std::num::*;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write<T: Serialize>(name: &str, value: &T) -> Option<Vec<u8>> {
    let json = serde_json::to_string(value).unwrap_or_else(|error| format!("no JSON: {error}"));
    match bincode::serialize(value) {
        Ok(bytes) => {
            print!("{name}\t{}\t{json}\t", hex(&bytes));
            Some(bytes)
        }
        Err(error) => {
            println!("{name}\tno bytes: {error}\t{json}\t");
            None
        }
    }
}

/// What ciborium and rmp_serde write, if they can.
fn with_names<T: Serialize>(value: &T) -> String {
    let mut cbor = Vec::new();
    let cbor = ciborium::into_writer(value, &mut cbor).map(|()| hex(&cbor));
    let msgpack = rmp_serde::to_vec_named(value).map(|bytes| hex(&bytes));
    format!("\t{}\t{}", cbor.unwrap_or_default(), msgpack.unwrap_or_default())
}

/// A type that bincode can also decode.
fn show<T: Serialize + DeserializeOwned>(name: &str, value: T) {
    let Some(bytes) = write(name, &value) else { return };
    match bincode::deserialize::<T>(&bytes) {
        Ok(again) => print!(
            "{}",
            if bincode::serialize(&again).unwrap() == bytes {
                "reads"
            } else {
                "reads something else"
            }
        ),
        Err(error) => print!("does not read: {error}"),
    }
    println!("{}", with_names(&value));
}

/// A type that is only serialized.
fn show_written<T: Serialize>(name: &str, value: T) {
    if write(name, &value).is_some() {
        println!("written only{}", with_names(&value));
    }
}

/// A field with a `with` module.
macro_rules! with {
    ($name:expr, $module:literal, $type:ty, $value:expr) => {{
        #[derive(Serialize, Deserialize)]
        #[serde(transparent)]
        struct Field {
            #[serde(with = $module)]
            field: $type,
        }
        show($name, Field { field: $value });
    }};
}

fn uuids() {
    use uuid::Uuid;
    let id = Uuid::parse_str("550e8400-e29b-41d4-a716-446655440000").unwrap();
    show("uuid::Uuid", id);
    show("uuid::fmt::Hyphenated", id.hyphenated());
    show("uuid::fmt::Simple", id.simple());
    show("uuid::NonNilUuid", uuid::NonNilUuid::new(id).unwrap());
    with!("with uuid::serde::compact", "uuid::serde::compact", Uuid, id);
    with!("with uuid::serde::simple", "uuid::serde::simple", Uuid, id);
    with!("with uuid::serde::hyphenated", "uuid::serde::hyphenated", Uuid, id);
    with!("with uuid::serde::urn", "uuid::serde::urn", Uuid, id);
    with!("with uuid::serde::braced", "uuid::serde::braced", Uuid, id);
    with!(
        "with uuid::serde::compact::option",
        "uuid::serde::compact::option",
        Option<Uuid>,
        Some(id)
    );
    with!(
        "with uuid::serde::simple::option",
        "uuid::serde::simple::option",
        Option<Uuid>,
        Some(id)
    );
    show(
        "ulid::Ulid",
        ulid::Ulid::from_string("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap(),
    );
    with!(
        "with ulid::serde::ulid_as_u128",
        "ulid::serde::ulid_as_u128",
        ulid::Ulid,
        ulid::Ulid::from_string("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap()
    );
}

fn chronos() {
    use chrono::*;
    let utc = DateTime::parse_from_rfc3339("2025-11-21T06:26:20.123456789Z")
        .unwrap()
        .with_timezone(&Utc);
    show("chrono::DateTime<chrono::Utc>", utc);
    show(
        "chrono::DateTime<chrono::Utc> whole",
        DateTime::from_timestamp(0, 0).unwrap(),
    );
    show(
        "chrono::DateTime<chrono::Utc> millis",
        DateTime::from_timestamp(0, 120_000_000).unwrap(),
    );
    show(
        "chrono::DateTime<chrono::FixedOffset>",
        DateTime::parse_from_rfc3339("2025-11-21T06:26:20.123456789+02:00").unwrap(),
    );
    show("chrono::DateTime<chrono::Local>", utc.with_timezone(&Local));
    show_written(
        "chrono::DateTime<chrono_tz::Tz>",
        utc.with_timezone(&chrono_tz::Europe::Berlin),
    );
    show("chrono::NaiveDate", utc.date_naive());
    show("chrono::NaiveTime", utc.time());
    show("chrono::NaiveDateTime", utc.naive_utc());
    show(
        "chrono::NaiveDateTime whole",
        NaiveDate::from_ymd_opt(2025, 1, 2)
            .unwrap()
            .and_hms_opt(3, 4, 5)
            .unwrap(),
    );
    show("chrono::Weekday", Weekday::Mon);
    show("chrono::Month", Month::March);
    show("chrono::TimeDelta", TimeDelta::new(-5, 250_000_000).unwrap());
    show("chrono_tz::Tz", chrono_tz::Europe::Berlin);
    with!(
        "with chrono::serde::ts_seconds",
        "chrono::serde::ts_seconds",
        DateTime<Utc>,
        utc
    );
    with!(
        "with chrono::serde::ts_milliseconds",
        "chrono::serde::ts_milliseconds",
        DateTime<Utc>,
        utc
    );
    with!(
        "with chrono::serde::ts_microseconds",
        "chrono::serde::ts_microseconds",
        DateTime<Utc>,
        utc
    );
    with!(
        "with chrono::serde::ts_nanoseconds",
        "chrono::serde::ts_nanoseconds",
        DateTime<Utc>,
        utc
    );
    with!(
        "with chrono::serde::ts_seconds_option",
        "chrono::serde::ts_seconds_option",
        Option<DateTime<Utc>>,
        Some(utc)
    );
    with!(
        "with chrono::serde::ts_milliseconds_option",
        "chrono::serde::ts_milliseconds_option",
        Option<DateTime<Utc>>,
        Some(utc)
    );
    with!(
        "with chrono::serde::ts_microseconds_option",
        "chrono::serde::ts_microseconds_option",
        Option<DateTime<Utc>>,
        Some(utc)
    );
    with!(
        "with chrono::serde::ts_nanoseconds_option",
        "chrono::serde::ts_nanoseconds_option",
        Option<DateTime<Utc>>,
        None
    );
    with!(
        "with chrono::naive::serde::ts_seconds",
        "chrono::naive::serde::ts_seconds",
        NaiveDateTime,
        utc.naive_utc()
    );
    with!(
        "with chrono::naive::serde::ts_milliseconds",
        "chrono::naive::serde::ts_milliseconds",
        NaiveDateTime,
        utc.naive_utc()
    );
    with!(
        "with chrono::naive::serde::ts_microseconds",
        "chrono::naive::serde::ts_microseconds",
        NaiveDateTime,
        utc.naive_utc()
    );
    with!(
        "with chrono::naive::serde::ts_nanoseconds",
        "chrono::naive::serde::ts_nanoseconds",
        NaiveDateTime,
        utc.naive_utc()
    );
    with!(
        "with chrono::naive::serde::ts_milliseconds_option",
        "chrono::naive::serde::ts_milliseconds_option",
        Option<NaiveDateTime>,
        Some(utc.naive_utc())
    );
}

fn times() {
    use time::macros::*;
    let at = datetime!(2025-11-21 06:26:20.123456789 +02:00);
    show("time::OffsetDateTime", at);
    show("time::OffsetDateTime whole", datetime!(2025-01-02 03:04:05 UTC));
    show(
        "time::OffsetDateTime tenth",
        datetime!(-0044-03-15 03:04:05.1 -01:30:15),
    );
    show("time::UtcDateTime", at.to_utc());
    show("time::PrimitiveDateTime", datetime!(2025-11-21 06:26:20.5));
    show("time::Date", date!(2025 - 11 - 21));
    show("time::Date first", date!(0001 - 01 - 01));
    show("time::Time", time!(06:26:20.123456789));
    show("time::Time whole", time!(06:00));
    show("time::UtcOffset", offset!(+02:30:01));
    show("time::UtcOffset minus", offset!(-00:30));
    show("time::Duration", time::Duration::new(5, 250_000_000));
    show("time::Duration minus", time::Duration::new(-5, -250_000_000));
    show("time::Duration fraction", time::Duration::new(0, -1));
    show("time::Weekday", time::Weekday::Monday);
    show("time::Weekday Sunday", time::Weekday::Sunday);
    show("time::Month", time::Month::March);
    with!(
        "with time::serde::rfc3339",
        "time::serde::rfc3339",
        time::OffsetDateTime,
        at
    );
    with!(
        "with time::serde::rfc2822",
        "time::serde::rfc2822",
        time::OffsetDateTime,
        at
    );
    with!(
        "with time::serde::iso8601",
        "time::serde::iso8601",
        time::OffsetDateTime,
        at
    );
    with!(
        "with time::serde::timestamp",
        "time::serde::timestamp",
        time::OffsetDateTime,
        at
    );
    with!(
        "with time::serde::timestamp::milliseconds",
        "time::serde::timestamp::milliseconds",
        time::OffsetDateTime,
        at
    );
    with!(
        "with time::serde::timestamp::microseconds",
        "time::serde::timestamp::microseconds",
        time::OffsetDateTime,
        at
    );
    with!(
        "with time::serde::timestamp::nanoseconds",
        "time::serde::timestamp::nanoseconds",
        time::OffsetDateTime,
        at
    );
    with!(
        "with time::serde::rfc3339::option",
        "time::serde::rfc3339::option",
        Option<time::OffsetDateTime>,
        Some(at)
    );
    with!(
        "with time::serde::rfc2822::option",
        "time::serde::rfc2822::option",
        Option<time::OffsetDateTime>,
        Some(at)
    );
    with!(
        "with time::serde::iso8601::option",
        "time::serde::iso8601::option",
        Option<time::OffsetDateTime>,
        Some(at)
    );
    with!(
        "with time::serde::timestamp::option",
        "time::serde::timestamp::option",
        Option<time::OffsetDateTime>,
        Some(at)
    );
    with!(
        "with time::serde::timestamp::milliseconds::option",
        "time::serde::timestamp::milliseconds::option",
        Option<time::OffsetDateTime>,
        Some(at)
    );
    with!(
        "with time::serde::timestamp::nanoseconds::option",
        "time::serde::timestamp::nanoseconds::option",
        Option<time::OffsetDateTime>,
        Some(at)
    );
}

fn jiffs() {
    let at: jiff::Timestamp = "2025-11-21T06:26:20.5Z".parse().unwrap();
    show("jiff::Timestamp", at);
    show(
        "jiff::Zoned",
        "2025-11-21T06:26:20+01:00[Europe/Berlin]"
            .parse::<jiff::Zoned>()
            .unwrap(),
    );
    show(
        "jiff::civil::DateTime",
        "2025-11-21T06:26:20".parse::<jiff::civil::DateTime>().unwrap(),
    );
    show("jiff::civil::Date", "2025-11-21".parse::<jiff::civil::Date>().unwrap());
    show("jiff::civil::Time", "06:26:20".parse::<jiff::civil::Time>().unwrap());
    show("jiff::SignedDuration", jiff::SignedDuration::new(-5, -500_000_000));
    show("jiff::Span", jiff::Span::new().hours(5));
}

fn numbers() {
    use rust_decimal::Decimal;
    let decimal: Decimal = "12.30".parse().unwrap();
    show("rust_decimal::Decimal", decimal);
    with!(
        "with rust_decimal::serde::str",
        "rust_decimal::serde::str",
        Decimal,
        decimal
    );
    with!(
        "with rust_decimal::serde::str_option",
        "rust_decimal::serde::str_option",
        Option<Decimal>,
        Some(decimal)
    );
    with!(
        "with rust_decimal::serde::float",
        "rust_decimal::serde::float",
        Decimal,
        decimal
    );
    with!(
        "with rust_decimal::serde::float_option",
        "rust_decimal::serde::float_option",
        Option<Decimal>,
        Some(decimal)
    );
    with!(
        "with rust_decimal::serde::float_option none",
        "rust_decimal::serde::float_option",
        Option<Decimal>,
        None
    );
    show(
        "bigdecimal::BigDecimal",
        "12.30".parse::<bigdecimal::BigDecimal>().unwrap(),
    );
    show("num_bigint::BigInt", num_bigint::BigInt::from(-0x1_0000_0002_i64));
    show("num_bigint::BigUint", num_bigint::BigUint::from(0x1_0000_0002_u64));
    show("ordered_float::OrderedFloat<f64>", ordered_float::OrderedFloat(1.5_f64));
    show(
        "ordered_float::NotNan<f64>",
        ordered_float::NotNan::new(1.5_f64).unwrap(),
    );
    macro_rules! non_zero {
        ($($name:ident)*) => {$(
            show(concat!("std::num::", stringify!($name)), $name::new(7).unwrap());
        )*};
    }
    non_zero! { NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroU128 NonZeroUsize }
    non_zero! { NonZeroI8 NonZeroI16 NonZeroI32 NonZeroI64 NonZeroI128 NonZeroIsize }
    show("std::num::NonZero<i64>", NonZero::<i64>::new(-7).unwrap());
    show("std::num::Wrapping<u16>", Wrapping(7_u16));
    show("std::num::Saturating<u16>", Saturating(7_u16));
    show("std::sync::atomic::AtomicU64", std::sync::atomic::AtomicU64::new(7));
    show(
        "std::sync::atomic::AtomicBool",
        std::sync::atomic::AtomicBool::new(true),
    );
}

fn std_types() {
    show("std::time::Duration", Duration::new(5, 250_000_000));
    show(
        "std::time::SystemTime",
        SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 5),
    );
    show("std::net::Ipv4Addr", Ipv4Addr::new(192, 168, 0, 1));
    show("std::net::Ipv6Addr", Ipv6Addr::LOCALHOST);
    show(
        "std::net::Ipv6Addr long",
        "2001:db8:0:0:1:0:0:1".parse::<Ipv6Addr>().unwrap(),
    );
    show(
        "std::net::Ipv6Addr mapped",
        "::ffff:1.2.3.4".parse::<Ipv6Addr>().unwrap(),
    );
    show("std::net::IpAddr v4", IpAddr::V4(Ipv4Addr::LOCALHOST));
    show("std::net::IpAddr v6", IpAddr::V6(Ipv6Addr::LOCALHOST));
    show("std::net::SocketAddrV4", SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8080));
    show(
        "std::net::SocketAddrV6",
        SocketAddrV6::new(Ipv6Addr::LOCALHOST, 8080, 0, 3),
    );
    show("std::net::SocketAddr v4", SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)));
    show("std::net::SocketAddr v6", SocketAddr::from((Ipv6Addr::LOCALHOST, 8080)));
    show("std::path::PathBuf", std::path::PathBuf::from("/tmp/a"));
    show("std::ffi::OsString", std::ffi::OsString::from("ab"));
    show("std::ffi::CString", std::ffi::CString::new("ab").unwrap());
    show("std::ops::Range<u16>", 1_u16..3);
    show("std::ops::RangeInclusive<u16>", 1_u16..=3);
    show("std::ops::RangeFrom<u16>", 1_u16..);
    show("std::ops::RangeTo<u16>", ..3_u16);
    show("std::ops::Bound<u16> unbounded", std::ops::Bound::<u16>::Unbounded);
    show("std::ops::Bound<u16> included", std::ops::Bound::Included(1_u16));
    show("std::ops::Bound<u16> excluded", std::ops::Bound::Excluded(1_u16));
    show("std::cmp::Reverse<u16>", std::cmp::Reverse(1_u16));
    show("std::marker::PhantomData<u16>", std::marker::PhantomData::<u16>);
    show("std::result::Result<u8, String> ok", Ok::<u8, String>(1));
    show(
        "std::result::Result<u8, String> err",
        Err::<u8, String>("no".to_owned()),
    );
    show("char", 'é');
    show("()", ());
    show("i128", -2_i128);
    show("u128", 2_u128);
    show("usize", 2_usize);
    show("isize", -2_isize);
}

fn containers() {
    show("std::vec::Vec<u8>", vec![1_u8, 2]);
    show("std::boxed::Box<[u16]>", vec![1_u16, 2].into_boxed_slice());
    show("std::boxed::Box<str>", "ab".to_owned().into_boxed_str());
    show("std::sync::Arc<str>", Arc::<str>::from("ab"));
    show("std::sync::Weak<u8>", {
        let weak: std::sync::Weak<u8> = std::sync::Weak::new();
        weak
    });
    show(
        "std::borrow::Cow<str>",
        std::borrow::Cow::<'static, str>::Borrowed("ab"),
    );
    show("std::cell::Cell<u8>", std::cell::Cell::new(1_u8));
    show("std::cell::RefCell<u8>", std::cell::RefCell::new(1_u8));
    show("std::sync::Mutex<u8>", std::sync::Mutex::new(1_u8));
    show("std::sync::RwLock<u8>", std::sync::RwLock::new(1_u8));
    show("parking_lot::Mutex<u8>", parking_lot::Mutex::new(1_u8));
    show("parking_lot::RwLock<u8>", parking_lot::RwLock::new(1_u8));
    show("std::collections::VecDeque<u8>", VecDeque::from([1_u8]));
    show("std::collections::LinkedList<u8>", LinkedList::from([1_u8]));
    show("std::collections::BinaryHeap<u8>", BinaryHeap::from([1_u8]));
    show("std::collections::HashSet<u8>", HashSet::from([1_u8]));
    show("std::collections::BTreeSet<u8>", BTreeSet::from([1_u8]));
    show("std::collections::HashMap<u8, u16>", HashMap::from([(1_u8, 2_u16)]));
    show("std::collections::BTreeMap<u8, u16>", BTreeMap::from([(1_u8, 2_u16)]));
    show(
        "indexmap::IndexMap<u8, u16>",
        indexmap::IndexMap::<u8, u16>::from([(1_u8, 2_u16)]),
    );
    show("indexmap::IndexSet<u8>", indexmap::IndexSet::<u8>::from([1_u8]));
    show(
        "hashbrown::HashMap<u8, u16>",
        hashbrown::HashMap::<u8, u16>::from([(1_u8, 2_u16)]),
    );
    show("hashbrown::HashSet<u8>", hashbrown::HashSet::<u8>::from([1_u8]));
    show(
        "dashmap::DashMap<u8, u16>",
        dashmap::DashMap::<u8, u16>::from_iter([(1_u8, 2_u16)]),
    );
    show("dashmap::DashSet<u8>", dashmap::DashSet::<u8>::from_iter([1_u8]));
    show(
        "smallvec::SmallVec<[u8; 4]>",
        smallvec::SmallVec::<[u8; 4]>::from_slice(&[1_u8]),
    );
    show(
        "arrayvec::ArrayVec<u8, 4>",
        arrayvec::ArrayVec::<u8, 4>::from_iter([1_u8]),
    );
    show(
        "arrayvec::ArrayString<4>",
        arrayvec::ArrayString::<4>::from("ab").unwrap(),
    );
    show(
        "ahash::AHashMap<u8, u16>",
        ahash::AHashMap::<u8, u16>::from_iter([(1_u8, 2_u16)]),
    );
    show("ahash::AHashSet<u8>", ahash::AHashSet::<u8>::from_iter([1_u8]));
    show("im::HashMap<u8, u16>", im::HashMap::<u8, u16>::unit(1, 2));
    show("im::OrdMap<u8, u16>", im::OrdMap::<u8, u16>::unit(1, 2));
    show("im::HashSet<u8>", im::HashSet::<u8>::unit(1));
    show("im::OrdSet<u8>", im::OrdSet::<u8>::unit(1));
    show("im::Vector<u8>", im::Vector::<u8>::unit(1));
    with!("with indexmap::map::serde_seq", "indexmap::map::serde_seq", indexmap::IndexMap<u8, u16>, indexmap::IndexMap::from([(1_u8, 2_u16)]));
    show("either::Either<u8, u16> left", either::Either::<u8, u16>::Left(1));
    show("either::Either<u8, u16> right", either::Either::<u8, u16>::Right(1));
}

/// A field with a conversion of `serde_with`.
macro_rules! as_ {
    ($name:literal, $as:literal, $type:ty, $value:expr) => {{
        #[serde_with::serde_as]
        #[derive(Serialize, Deserialize)]
        #[serde(transparent)]
        struct Field {
            #[serde_as(as = $as, no_default)]
            field: $type,
        }
        show($name, Field { field: $value });
    }};
}

#[derive(serde_repr::Serialize_repr, serde_repr::Deserialize_repr)]
#[repr(u8)]
enum Level {
    High = 7,
}

fn serde_with() {
    let utc = chrono::DateTime::from_timestamp(5, 120_000_000).unwrap();
    as_!("as DisplayFromStr", "serde_with::DisplayFromStr", u64, 12);
    as_!(
        "as Option<DisplayFromStr>",
        "Option<serde_with::DisplayFromStr>",
        Option<u64>,
        Some(12)
    );
    as_!(
        "as Vec<DisplayFromStr>",
        "Vec<serde_with::DisplayFromStr>",
        Vec<u64>,
        vec![12]
    );
    as_!("as Vec<_>", "Vec<_>", Vec<u64>, vec![12]);
    as_!("as Bytes", "serde_with::Bytes", Vec<u8>, vec![1, 2]);
    as_!("as Bytes [u8; 2]", "serde_with::Bytes", [u8; 2], [1, 2]);
    as_!("as Hex", "serde_with::hex::Hex", Vec<u8>, vec![1, 2]);
    as_!("as Base64", "serde_with::base64::Base64", Vec<u8>, vec![1, 2]);
    as_!(
        "as DurationSeconds<u64>",
        "serde_with::DurationSeconds<u64>",
        Duration,
        Duration::new(5, 600_000_000)
    );
    as_!(
        "as DurationSeconds",
        "serde_with::DurationSeconds",
        Duration,
        Duration::new(5, 600_000_000)
    );
    as_!(
        "as DurationSeconds<String>",
        "serde_with::DurationSeconds<String>",
        Duration,
        Duration::new(5, 600_000_000)
    );
    as_!(
        "as DurationMilliSeconds<u64>",
        "serde_with::DurationMilliSeconds<u64>",
        Duration,
        Duration::new(5, 600_000_000)
    );
    as_!(
        "as DurationSecondsWithFrac<f64>",
        "serde_with::DurationSecondsWithFrac<f64>",
        Duration,
        Duration::new(5, 600_000_000)
    );
    as_!(
        "as TimestampSeconds<i64>",
        "serde_with::TimestampSeconds<i64>",
        chrono::DateTime<chrono::Utc>,
        utc
    );
    as_!(
        "as TimestampSeconds",
        "serde_with::TimestampSeconds",
        chrono::DateTime<chrono::Utc>,
        utc
    );
    as_!(
        "as TimestampMilliSeconds<i64>",
        "serde_with::TimestampMilliSeconds<i64>",
        chrono::DateTime<chrono::Utc>,
        utc
    );
    as_!(
        "as TimestampMicroSeconds<i64>",
        "serde_with::TimestampMicroSeconds<i64>",
        chrono::DateTime<chrono::Utc>,
        utc
    );
    as_!(
        "as TimestampSecondsWithFrac<f64>",
        "serde_with::TimestampSecondsWithFrac<f64>",
        chrono::DateTime<chrono::Utc>,
        utc
    );
    with!("with humantime_serde", "humantime_serde", Duration, Duration::new(5, 0));
    with!(
        "with humantime_serde Option",
        "humantime_serde",
        Option<Duration>,
        Some(Duration::new(5, 0))
    );
    show("Serialize_repr", Level::High);
}

fn bytes_and_text() {
    show("bytes::Bytes", bytes::Bytes::from_static(&[1, 2]));
    show("bytes::BytesMut", bytes::BytesMut::from(&[1_u8, 2][..]));
    show("serde_bytes::ByteBuf", serde_bytes::ByteBuf::from(vec![1, 2]));
    show_written("serde_bytes::Bytes", serde_bytes::Bytes::new(&[1, 2]));
    show("serde_bytes::ByteArray<2>", serde_bytes::ByteArray::new([1, 2]));
    with!("with serde_bytes Vec<u8>", "serde_bytes", Vec<u8>, vec![1, 2]);
    with!("with serde_bytes [u8; 2]", "serde_bytes", [u8; 2], [1, 2]);
    with!(
        "with serde_bytes Option<Vec<u8>>",
        "serde_bytes",
        Option<Vec<u8>>,
        Some(vec![1, 2])
    );
    show("url::Url", url::Url::parse("https://example.com/a").unwrap());
    show("semver::Version", semver::Version::new(1, 2, 3));
    show("semver::VersionReq", semver::VersionReq::parse("^1.2").unwrap());
    show("smol_str::SmolStr", smol_str::SmolStr::from("ab"));
    show("compact_str::CompactString", compact_str::CompactString::from("ab"));
    show("ustr::Ustr", ustr::Ustr::from("ab"));
    show("camino::Utf8PathBuf", camino::Utf8PathBuf::from("a/b"));
    show("ipnet::IpNet v4", "10.0.0.0/8".parse::<ipnet::IpNet>().unwrap());
    show("ipnet::Ipv4Net", "10.0.0.0/8".parse::<ipnet::Ipv4Net>().unwrap());
    show("serde_json::Value", serde_json::json!({"a": 1}));
    show(
        "serde_json::Map",
        serde_json::json!({"a": 1}).as_object().unwrap().clone(),
    );
    show("serde_json::Number", serde_json::Number::from(1));
    show(
        "serde_json::RawValue",
        serde_json::value::RawValue::from_string("1".to_owned()).unwrap(),
    );
}

fn hexes() {
    with!("with hex", "hex", Vec<u8>, vec![1, 255]);
    with!("with hex::serde", "hex::serde", [u8; 2], [1, 255]);
    as_!("as BoolFromInt", "serde_with::BoolFromInt", bool, true);
    as_!("as StringWithSeparator", "serde_with::StringWithSeparator::<serde_with::formats::CommaSeparator, u8>", Vec<u8>, vec![1, 2]);
    as_!("as PickFirst", "serde_with::PickFirst<(_, serde_with::DisplayFromStr)>", u16, 7);
    as_!("as DefaultOnNull", "serde_with::DefaultOnNull", u16, 7);
    as_!("as VecSkipError", "serde_with::VecSkipError<serde_with::DisplayFromStr>", Vec<u16>, vec![7]);
    as_!("as MapPreventDuplicates", "serde_with::MapPreventDuplicates<_, serde_with::DisplayFromStr>", HashMap<u8, u16>, HashMap::from([(1, 7)]));
    as_!("as JsonString", "serde_with::json::JsonString", Vec<u8>, vec![1]);
}

fn mathematics() {
    use glam::*;
    show("glam::Vec2", Vec2::new(1.5, -2.5));
    show("glam::Vec3", Vec3::new(1.5, -2.5, 0.25));
    show("glam::Vec3A", Vec3A::new(1.5, -2.5, 0.25));
    show("glam::Vec4", Vec4::new(1.5, -2.5, 0.25, 4.75));
    show("glam::Quat", Quat::from_xyzw(1.5, -2.5, 0.25, 4.75));
    show("glam::DVec2", DVec2::new(1.5, -2.5));
    show("glam::DVec3", DVec3::new(1.5, -2.5, 0.25));
    show("glam::DVec4", DVec4::new(1.5, -2.5, 0.25, 4.75));
    show("glam::DQuat", DQuat::from_xyzw(1.5, -2.5, 0.25, 4.75));
    show("glam::IVec2", IVec2::new(1, -2));
    show("glam::IVec3", IVec3::new(1, -2, 3));
    show("glam::IVec4", IVec4::new(1, -2, 3, 4));
    show("glam::UVec2", UVec2::new(1, 2));
    show("glam::UVec3", UVec3::new(1, 2, 3));
    show("glam::UVec4", UVec4::new(1, 2, 3, 4));
    show("glam::Mat2", Mat2::from_cols_array(&[1.5, -2.5, 0.25, 4.75]));
    show("glam::Mat3", Mat3::from_cols_array(&[1.5, -2.5, 0.25, 4.75, 5.5, 6.5, 7.5, 8.5, 9.5]));
    show("glam::Mat4", Mat4::from_cols_array(&[1.5, -2.5, 0.25, 4.75, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 11.5, 12.5, 13.5, 14.75, 15.5, 16.5]));
    show("num_complex::Complex<f64>", num_complex::Complex::new(1.5_f64, -2.5));
    show("num_rational::Ratio<i32>", num_rational::Ratio::new(3_i32, 4));
    show("primitive_types::H160", primitive_types::H160::repeat_byte(0xab));
    show("primitive_types::H256", primitive_types::H256::repeat_byte(0xab));
    show("primitive_types::U128", primitive_types::U128::from(300));
    show("primitive_types::U256", primitive_types::U256::from(300));
    show("primitive_types::U512", primitive_types::U512::from(300));
    show("log::Level", log::Level::Warn);
    show("log::LevelFilter", log::LevelFilter::Off);
    show("log::LevelFilter trace", log::LevelFilter::Trace);
    show("heapless::Vec<u16, 4>", heapless::Vec::<u16, 4>::from_slice(&[1, 2]).unwrap());
    show("heapless::String<8>", "ab".parse::<heapless::String<8>>().unwrap());
    show("tinyvec::ArrayVec<[u16; 4]>", tinyvec::ArrayVec::<[u16; 4]>::from_iter([1, 2]));
    show("tinyvec::TinyVec<[u16; 4]>", tinyvec::TinyVec::<[u16; 4]>::from_iter([1, 2]));
    show("ecow::EcoString", ecow::EcoString::from("ab"));
    show("ecow::EcoVec<u16>", ecow::EcoVec::from_iter([1_u16, 2]));
    show("bstr::BString", bstr::BString::from("ab"));
    show("arcstr::ArcStr", arcstr::ArcStr::from("ab"));
    show("nonempty::NonEmpty<u16>", nonempty::NonEmpty::from_vec(vec![1_u16, 2]).unwrap());
}

mod crates;

fn main() {
    uuids();
    chronos();
    times();
    jiffs();
    numbers();
    std_types();
    containers();
    bytes_and_text();
    serde_with();
    hexes();
    mathematics();
    crates::geometry();
    crates::networks();
    crates::identifiers();
    crates::chains();
    crates::lists();
    crates::jiffs();
    crates::conversions();
}
