//! Random values of every type that the generated types contain.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use std::collections::*;
use std::hash::Hash;
use std::marker::PhantomData;
use std::net::*;
use std::rc::Rc;
use std::sync::Arc;

/// The random number generator splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e3779b97f4a7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
    fn within(&mut self, least: i64, most: i64) -> i64 {
        least + self.below((most - least) as u64) as i64
    }
}

pub trait Make {
    fn make(random: &mut Random, depth: u32) -> Self;
}

fn many(random: &mut Random, depth: u32) -> u64 {
    if depth == 0 {
        0
    } else {
        random.below(4)
    }
}

macro_rules! make {
    ($($type:ty => |$random:ident| $value:expr;)*) => {
        $(impl Make for $type { fn make($random: &mut Random, _: u32) -> Self { let _ = &$random; $value } })*
    };
}

macro_rules! integers {
    ($($type:ident)*) => {
        $(impl Make for $type {
            fn make(random: &mut Random, _: u32) -> Self {
                match random.below(6) {
                    0 => $type::MIN,
                    1 => $type::MAX,
                    2 => ((1u64 << 53) - 1 + random.below(3)) as $type,
                    3 => random.below(100) as $type,
                    _ => (((random.next() as u128) << 64) | random.next() as u128) as $type,
                }
            }
        })*
    };
}
integers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

macro_rules! non_zero {
    ($($type:ident)*) => {
        $(impl Make for std::num::$type {
            fn make(random: &mut Random, depth: u32) -> Self {
                Self::new(Make::make(random, depth)).unwrap_or(Self::MAX)
            }
        })*
    };
}
non_zero!(NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroU128 NonZeroUsize NonZeroI8 NonZeroI16 NonZeroI32 NonZeroI64 NonZeroI128 NonZeroIsize);

const TEXTS: [&str; 16] = [
    "", "a", "order-1", "Grüße", "日本語", "🦀", "\"q\"\\", "two\nlines", "\0\u{1b}[31m", "\u{7f}\u{85}", "\u{202e}flow", "__proto__",
    "constructor", "7", "10", "a text that is longer than what is read byte by byte, so that the way through native code is gone as well: it goes on and on, for a hundred and sixty bytes and more",
];

fn local(seconds: i64, nanos: u32) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(seconds, nanos).unwrap()
}

/// Nanoseconds with no fraction or a fraction of 3, 6 or 9 digits.
fn nanos(random: &mut Random) -> u32 {
    let nanos = random.below(1_000_000_000) as u32;
    match random.below(4) {
        0 => 0,
        1 => nanos / 1_000_000 * 1_000_000,
        2 => nanos / 1_000 * 1_000,
        _ => nanos,
    }
}

fn utc(random: &mut Random) -> chrono::DateTime<chrono::Utc> {
    let seconds = random.within(0, 4_000_000_000);
    local(seconds, nanos(random))
}

fn time_date(random: &mut Random) -> time::Date {
    time::Date::from_julian_day(random.within(-1_930_000, 5_373_000) as i32).unwrap()
}

fn time_time(random: &mut Random) -> time::Time {
    let nanos = nanos(random);
    time::Time::from_hms_nano(random.below(24) as u8, random.below(60) as u8, random.below(60) as u8, nanos).unwrap()
}

make! {
    () => |random| ();
    bool => |random| random.below(2) == 1;
    f64 => |random| if random.below(4) == 0 { 0.0 / (random.below(2) as f64) } else { f64::from_bits(random.next()) };
    f32 => |random| if random.below(4) == 0 { -1.0 / (random.below(2) as f32) } else { f32::from_bits(random.next() as u32) };
    char => |random| char::from_u32(random.below(0x11_0000) as u32).unwrap_or('é');
    String => |random| match random.below(3) {
        0 => (0..random.below(12)).map(|_| char::from_u32(random.below(0x3000) as u32).unwrap()).collect(),
        1 => format!("id-{}", random.below(100_000)),
        _ => TEXTS[random.below(16) as usize].to_string(),
    };
    ByteBuf => |random| ByteBuf::from((0..random.below(20)).map(|_| random.next() as u8).collect::<Vec<u8>>());
    uuid::Uuid => |random| uuid::Uuid::from_u64_pair(random.next(), random.next());
    ulid::Ulid => |random| ulid::Ulid(((random.next() as u128) << 64) | random.next() as u128);
    chrono::DateTime<chrono::Utc> => |random| utc(random);
    chrono::DateTime<chrono::Local> => |random| utc(random).with_timezone(&chrono::Local);
    chrono::DateTime<chrono::FixedOffset> => |random| {
        let minutes = random.within(-840, 840) as i32;
        utc(random).with_timezone(&chrono::FixedOffset::east_opt(minutes * 60).unwrap())
    };
    chrono::NaiveDateTime => |random| utc(random).naive_utc();
    chrono::NaiveDate => |random| chrono::NaiveDate::from_num_days_from_ce_opt(random.within(-5_000_000, 5_000_000) as i32).unwrap();
    chrono::NaiveTime => |random| utc(random).time();
    chrono::Weekday => |random| chrono::Weekday::try_from(random.below(7) as u8).unwrap();
    chrono::Month => |random| chrono::Month::try_from(1 + random.below(12) as u8).unwrap();
    chrono::TimeDelta => |random| chrono::TimeDelta::new(random.within(-1 << 40, 1 << 40), nanos(random)).unwrap();
    chrono_tz::Tz => |random| chrono_tz::TZ_VARIANTS[random.below(chrono_tz::TZ_VARIANTS.len() as u64) as usize];
    time::Date => |random| time_date(random);
    time::Time => |random| time_time(random);
    time::PrimitiveDateTime => |random| time::PrimitiveDateTime::new(time_date(random), time_time(random));
    time::UtcDateTime => |random| time::UtcDateTime::new(time_date(random), time_time(random));
    time::OffsetDateTime => |random| {
        let offset = time::UtcOffset::from_whole_seconds(random.within(-840, 840) as i32 * 60).unwrap();
        time::OffsetDateTime::from_unix_timestamp_nanos(random.below(4_000_000_000_000_000_000) as i128).unwrap().to_offset(offset)
    };
    time::UtcOffset => |random| time::UtcOffset::from_whole_seconds(random.within(-93_599, 93_599) as i32).unwrap();
    time::Duration => |random| time::Duration::new(random.within(-1 << 60, 1 << 60), random.within(-999_999_999, 999_999_999) as i32);
    time::Weekday => |random| time::Weekday::Monday.nth_next(random.below(7) as u8);
    time::Month => |random| time::Month::January.nth_next(random.below(12) as u8);
    jiff::Timestamp => |random| jiff::Timestamp::new(random.within(-60_000_000_000, 250_000_000_000), nanos(random) as i32).unwrap();
    jiff::Zoned => |random| jiff::Timestamp::new(random.within(0, 4_000_000_000), nanos(random) as i32).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
    jiff::civil::DateTime => |random| jiff::civil::DateTime::constant(random.within(-9999, 9999) as i16, 2, 3, 4, 5, 6, nanos(random) as i32);
    jiff::civil::Date => |random| jiff::civil::Date::constant(random.within(-9999, 9999) as i16, 2, 28);
    jiff::civil::Time => |random| jiff::civil::Time::constant(random.below(24) as i8, 5, 6, nanos(random) as i32);
    jiff::SignedDuration => |random| jiff::SignedDuration::new(random.within(-1 << 40, 1 << 40), nanos(random) as i32);
    jiff::Span => |random| jiff::Span::new().hours(random.within(0, 100)).minutes(random.within(0, 59));
    rust_decimal::Decimal => |random| rust_decimal::Decimal::new(random.next() as i64, random.below(20) as u32);
    num_bigint::BigUint => |random| num_bigint::BigUint::new((0..random.below(4)).map(|_| random.next() as u32).collect());
    num_bigint::BigInt => |random| num_bigint::BigInt::from(random.next() as i64) * num_bigint::BigInt::from(random.next() as i64);
    std::time::Duration => |random| std::time::Duration::new(random.next() >> 8, nanos(random));
    std::time::SystemTime => |random| std::time::UNIX_EPOCH + std::time::Duration::new(random.below(1 << 40), nanos(random));
    Ipv4Addr => |random| Ipv4Addr::from(random.next() as u32);
    Ipv6Addr => |random| {
        let mut groups = [0u16; 8];
        for group in &mut groups {
            if random.below(2) == 0 { *group = random.next() as u16; }
        }
        if random.below(8) == 0 { Ipv4Addr::from(random.next() as u32).to_ipv6_mapped() } else { Ipv6Addr::from(groups) }
    };
    IpAddr => |random| if random.below(2) == 0 { IpAddr::V4(Make::make(random, 0)) } else { IpAddr::V6(Make::make(random, 0)) };
    SocketAddrV4 => |random| SocketAddrV4::new(Make::make(random, 0), random.next() as u16);
    SocketAddrV6 => |random| SocketAddrV6::new(Make::make(random, 0), random.next() as u16, 0, 0);
    SocketAddr => |random| if random.below(2) == 0 { SocketAddr::V4(Make::make(random, 0)) } else { SocketAddr::V6(Make::make(random, 0)) };
    std::ffi::OsString => |random| std::ffi::OsString::from(String::make(random, 0));
    std::path::PathBuf => |random| std::path::PathBuf::from(String::make(random, 0));
    url::Url => |random| url::Url::parse(&format!("https://example.com/{}?q={}", random.below(1000), random.below(10))).unwrap();
    semver::Version => |random| semver::Version::new(random.below(9), random.below(9), random.below(9));
    semver::VersionReq => |random| semver::VersionReq::parse(["^1.2", "*", ">=1.0.0, <2.0.0"][random.below(3) as usize]).unwrap();
}

macro_rules! wrappers {
    ($($type:ident)*) => {
        $(impl<T: Make> Make for $type<T> {
            fn make(random: &mut Random, depth: u32) -> Self { $type::new(T::make(random, depth)) }
        })*
    };
}
wrappers!(Box Arc Rc);

impl<T> Make for PhantomData<T> {
    fn make(_: &mut Random, _: u32) -> Self {
        PhantomData
    }
}

impl<T: Make> Make for Option<T> {
    fn make(random: &mut Random, depth: u32) -> Self {
        if depth == 0 || random.below(5) < 2 {
            None
        } else {
            Some(T::make(random, depth))
        }
    }
}

impl<T: Make, E: Make> Make for Result<T, E> {
    fn make(random: &mut Random, depth: u32) -> Self {
        if random.below(2) == 0 {
            Ok(T::make(random, depth))
        } else {
            Err(E::make(random, depth))
        }
    }
}

macro_rules! collections {
    ($($type:ident [$($bound:ident)*];)*) => {
        $(impl<T: Make $(+ $bound)*> Make for $type<T> {
            fn make(random: &mut Random, depth: u32) -> Self {
                (0..many(random, depth)).map(|_| T::make(random, depth)).collect()
            }
        })*
    };
}
collections! { Vec []; VecDeque []; LinkedList []; HashSet [Eq Hash]; BTreeSet [Ord]; BinaryHeap [Ord]; }

impl<K: Make + Eq + Hash, V: Make> Make for HashMap<K, V> {
    fn make(random: &mut Random, depth: u32) -> Self {
        (0..many(random, depth)).map(|_| (K::make(random, depth), V::make(random, depth))).collect()
    }
}

impl<K: Make + Ord, V: Make> Make for BTreeMap<K, V> {
    fn make(random: &mut Random, depth: u32) -> Self {
        (0..many(random, depth)).map(|_| (K::make(random, depth), V::make(random, depth))).collect()
    }
}

impl<T: Make, const N: usize> Make for [T; N] {
    fn make(random: &mut Random, depth: u32) -> Self {
        std::array::from_fn(|_| T::make(random, depth))
    }
}

macro_rules! tuples {
    ($(($($type:ident)+))*) => {
        $(impl<$($type: Make),+> Make for ($($type,)+) {
            fn make(random: &mut Random, depth: u32) -> Self { ($($type::make(random, depth),)+) }
        })*
    };
}
tuples!((A)(A B)(A B C)(A B C D));

/// A struct with fields, some of which have an attribute.
#[macro_export]
macro_rules! made_struct {
    ($name:ident $(<$($parameter:ident),+>)? { $($(#[$attribute:meta])* $field:ident : $type:ty),* }) => {
        #[derive(Serialize, Deserialize)]
        struct $name $(<$($parameter),+>)? { $($(#[$attribute])* $field: $type),* }
        impl $(<$($parameter: Make),+>)? Make for $name $(<$($parameter),+>)? {
            fn make(random: &mut Random, depth: u32) -> Self {
                let depth = depth.saturating_sub(1);
                let _ = (&random, depth);
                $name { $($field: Make::make(random, depth)),* }
            }
        }
    };
}

#[macro_export]
macro_rules! made_tuple {
    ($name:ident $(<$($parameter:ident),+>)? ($($type:ty),*)) => {
        #[derive(Serialize, Deserialize)]
        struct $name $(<$($parameter),+>)? ($($type),*);
        impl $(<$($parameter: Make),+>)? Make for $name $(<$($parameter),+>)? {
            fn make(random: &mut Random, depth: u32) -> Self {
                let depth = depth.saturating_sub(1);
                $name($(<$type as Make>::make(random, depth)),*)
            }
        }
    };
}

/// A key of a map, or an item of a set.
#[macro_export]
macro_rules! key {
    (struct $name:ident($type:ty);) => {
        #[derive(Serialize, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
        struct $name($type);
        impl Make for $name {
            fn make(random: &mut Random, depth: u32) -> Self { $name(Make::make(random, depth)) }
        }
    };
    (enum $name:ident { $($variant:ident),* }) => {
        #[derive(Serialize, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
        enum $name { $($variant),* }
    };
}

#[macro_export]
macro_rules! unit {
    ($name:ident) => {
        #[derive(Serialize, Deserialize)]
        struct $name;
        impl Make for $name {
            fn make(_: &mut Random, _: u32) -> Self { $name }
        }
    };
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn line<T: Serialize>(value: &T) -> String {
    let json = serde_json::to_string(value).unwrap_or_else(|_| "-".to_string());
    format!("{}\t{json}", hex(&bincode::serialize(value).unwrap()))
}

/// Decodes a value from exactly these bytes, and encodes it again.
pub fn again<T: Serialize + for<'a> Deserialize<'a>>(bytes: &[u8]) -> String {
    let mut rest = bytes;
    match bincode::deserialize_from::<_, T>(&mut rest) {
        Ok(_) if !rest.is_empty() => format!("!{} bytes are left over", rest.len()),
        Ok(value) => line(&value),
        Err(error) => format!("!{error}"),
    }
}

/// Encodes a random value.
pub fn made<T: Serialize + Make>(random: &mut Random) -> String {
    line(&T::make(random, 4))
}
