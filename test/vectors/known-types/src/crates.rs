//! Types of more crates: geometry, networks, identifiers, blockchains, bits, and conversions of `serde_with`.

use crate::{show, show_written};
use serde::{Deserialize, Serialize};
use std::collections::*;

pub fn geometry() {
    use euclid::default::*;
    show("euclid::default::Point2D<f32>", Point2D::new(1.5_f32, -2.5));
    show("euclid::Point2D<u16>", euclid::Point2D::<u16, ()>::new(1, 2));
    show("euclid::Point3D<u16>", euclid::Point3D::<u16, ()>::new(1, 2, 3));
    show("euclid::Vector2D<u16>", euclid::Vector2D::<u16, ()>::new(1, 2));
    show("euclid::Vector3D<u16>", euclid::Vector3D::<u16, ()>::new(1, 2, 3));
    show("euclid::Size2D<u16>", euclid::Size2D::<u16, ()>::new(1, 2));
    show("euclid::Size3D<u16>", euclid::Size3D::<u16, ()>::new(1, 2, 3));
    show("euclid::Rect<u16>", Rect::new(Point2D::new(1_u16, 2), Size2D::new(3, 4)));
    show("euclid::Box2D<u16>", Box2D::new(Point2D::new(1_u16, 2), Point2D::new(3, 4)));
    show("euclid::Box3D<u16>", Box3D::new(Point3D::new(1_u16, 2, 3), Point3D::new(4, 5, 6)));
    show("euclid::Length<u16>", Length::new(7_u16));
    show("euclid::Scale<u16>", Scale::new(7_u16));
    show("euclid::SideOffsets2D<u16>", SideOffsets2D::new(1_u16, 2, 3, 4));
    show("euclid::Angle<f32>", euclid::Angle::radians(1.5_f32));
    show("euclid::Transform2D<u16>", Transform2D::new(1_u16, 2, 3, 4, 5, 6));
    show("euclid::Transform3D<u16>", Transform3D::new(1_u16, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16));
    show("euclid::Translation2D<u16>", Translation2D::new(1_u16, 2));
    show("euclid::Translation3D<u16>", Translation3D::new(1_u16, 2, 3));
    show("euclid::Rotation2D<f32>", Rotation2D::radians(1.5_f32));
    show("euclid::Rotation3D<f32>", Rotation3D::quaternion(1.0_f32, 0.0, 0.0, 0.0));

    use geo_types as geo;
    let coordinate = geo::coord! { x: 1_u16, y: 2 };
    let far = geo::coord! { x: 3_u16, y: 4 };
    let line = || geo::LineString::new(vec![coordinate, far]);
    let closed = || geo::LineString::new(vec![coordinate, far, coordinate]);
    show("geo_types::Coord<u16>", coordinate);
    show("geo_types::Point<u16>", geo::Point::new(1_u16, 2));
    show("geo_types::Line<u16>", geo::Line::new(coordinate, far));
    show("geo_types::LineString<u16>", line());
    show("geo_types::Polygon<u16>", geo::Polygon::new(closed(), vec![closed()]));
    show("geo_types::MultiPoint<u16>", geo::MultiPoint::new(vec![geo::Point::new(1_u16, 2)]));
    show("geo_types::MultiLineString<u16>", geo::MultiLineString::new(vec![line()]));
    show("geo_types::MultiPolygon<u16>", geo::MultiPolygon::new(vec![geo::Polygon::new(closed(), vec![])]));
    show("geo_types::Rect<u16>", geo::Rect::new(coordinate, far));
    show("geo_types::Triangle<u16>", geo::Triangle::new(coordinate, far, coordinate));
    show("geo_types::GeometryCollection<u16>", geo::GeometryCollection(vec![geo::Geometry::Point(geo::Point::new(1_u16, 2))]));
    let point = || geo::Point::new(1_u16, 2);
    show("geo_types::Geometry<u16> point", geo::Geometry::Point(point()));
    show("geo_types::Geometry<u16> line", geo::Geometry::Line(geo::Line::new(coordinate, far)));
    show("geo_types::Geometry<u16> line string", geo::Geometry::LineString(line()));
    show("geo_types::Geometry<u16> polygon", geo::Geometry::Polygon(geo::Polygon::new(closed(), vec![])));
    show("geo_types::Geometry<u16> points", geo::Geometry::MultiPoint(geo::MultiPoint::new(vec![point()])));
    show("geo_types::Geometry<u16> line strings", geo::Geometry::MultiLineString(geo::MultiLineString::new(vec![line()])));
    show("geo_types::Geometry<u16> polygons", geo::Geometry::MultiPolygon(geo::MultiPolygon::<u16>::new(vec![])));
    show("geo_types::Geometry<u16> collection", geo::Geometry::GeometryCollection(geo::GeometryCollection(vec![geo::Geometry::Point(point())])));
    show("geo_types::Geometry<u16> rect", geo::Geometry::Rect(geo::Rect::new(coordinate, far)));
    show("geo_types::Geometry<u16> triangle", geo::Geometry::Triangle(geo::Triangle::new(coordinate, far, coordinate)));
}

pub fn networks() {
    show("ipnet::IpNet v6", "2001:db8::/32".parse::<ipnet::IpNet>().unwrap());
    show("ipnet::Ipv6Net", "2001:db8::/32".parse::<ipnet::Ipv6Net>().unwrap());
    show("multiaddr::Multiaddr", "/ip4/127.0.0.1/tcp/80".parse::<multiaddr::Multiaddr>().unwrap());
    show("libp2p_identity::PeerId", "12D3KooWGC6tFYnPfaKLrbbjEkPnGLvA2PJCQEPmwu1zHHAjKGU1".parse::<libp2p_identity::PeerId>().unwrap());
    show("mac_address::MacAddress", mac_address::MacAddress::new([1, 2, 3, 4, 5, 6]));
    show("ipnetwork::IpNetwork", "10.0.0.0/8".parse::<ipnetwork::IpNetwork>().unwrap());
    show("ipnetwork::Ipv4Network", "10.0.0.0/8".parse::<ipnetwork::Ipv4Network>().unwrap());
    show("ipnetwork::Ipv6Network", "2001:db8::/32".parse::<ipnetwork::Ipv6Network>().unwrap());
    show("cid::Cid", "bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku".parse::<cid::Cid>().unwrap());
    let mut headers = http::HeaderMap::new();
    headers.insert("a", http::HeaderValue::from_static("b"));
    with!("with http_serde::method", "http_serde::method", http::Method, http::Method::GET);
    with!("with http_serde::uri", "http_serde::uri", http::Uri, http::Uri::from_static("https://example.com/a"));
    with!("with http_serde::status_code", "http_serde::status_code", http::StatusCode, http::StatusCode::NOT_FOUND);
    with!("with http_serde::header_map", "http_serde::header_map", http::HeaderMap, headers.clone());
    headers.append("a", http::HeaderValue::from_static("c"));
    with!("with http_serde::header_map several", "http_serde::header_map", http::HeaderMap, headers);
    with!("with http_serde::version", "http_serde::version", http::Version, http::Version::HTTP_11);
    with!("with http_serde::option::method", "http_serde::option::method", Option<http::Method>, Some(http::Method::GET));
    with!("with http_serde::option::status_code", "http_serde::option::status_code", Option<http::StatusCode>, None);
    with!("with http_serde::authority", "http_serde::authority", http::uri::Authority, http::uri::Authority::from_static("example.com:80"));
}

slotmap::new_key_type! { struct OrderKey; }

#[enumflags2::bitflags]
#[repr(u16)]
#[derive(Clone, Copy)]
enum Color { Red = 1, Green = 2 }

bitflags2::bitflags! {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Flags: u32 { const A = 1; const B = 2; }
}

pub fn identifiers() {
    let mut keys = slotmap::SlotMap::<slotmap::DefaultKey, u8>::new();
    let key = keys.insert(1);
    show("slotmap::DefaultKey", key);
    show("slotmap::KeyData", slotmap::Key::data(&key));
    show("slotmap::new_key_type", OrderKey::from(slotmap::Key::data(&key)));
    show("slotmap::SlotMap", keys);
    let id = ulid::Ulid::from_string("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap();
    with!("with ulid::serde::ulid_as_uuid", "ulid::serde::ulid_as_uuid", ulid::Ulid, id);
    show("enumflags2::BitFlags<Color>", enumflags2::BitFlags::from(Color::Green));
    show("bitflags 2", Flags::A | Flags::B);
    show("bytesize::ByteSize", bytesize::ByteSize::kib(1));
    show("bitvec::index::BitIdx<u8>", bitvec::index::BitIdx::<u8>::new(3).unwrap());
    show("bitvec::BitVec", bitvec::bitvec![usize, bitvec::prelude::Lsb0; 1, 0, 1]);
    show("bitvec::BitBox<u8>", bitvec::bitbox![u8, bitvec::prelude::Lsb0; 1, 0, 1]);
    show("bitvec::array::BitArray", bitvec::bitarr![u8, bitvec::prelude::Lsb0; 1, 0, 1]);
    show("bitvec::BitVec<u8>", bitvec::bitvec![u8, bitvec::prelude::Lsb0; 1, 0, 1]);
    show("generic_array::GenericArray<u16, U2>", generic_array::GenericArray::<u16, generic_array::typenum::U2>::from_array([1, 2]));
    show("smartstring::SmartString<smartstring::LazyCompact>", smartstring::SmartString::<smartstring::LazyCompact>::from("ab"));
    show("rgb::RGB<u8>", rgb::RGB::new(1_u8, 2, 3));
    show("rgb::RGB8", rgb::RGB8::new(1, 2, 3));
    show("rgb::RGBA8", rgb::RGBA8::new(1, 2, 3, 4));
    show("rgb::RGBA<u8>", rgb::RGBA::new(1_u8, 2, 3, 4));
}

pub fn chains() {
    use alloy_primitives as alloy;
    show("alloy_primitives::Address", alloy::Address::repeat_byte(0xab));
    macro_rules! bytes {
        ($($name:ident)*) => {$(
            show(concat!("alloy_primitives::", stringify!($name)), alloy::$name::repeat_byte(0xab));
        )*};
    }
    bytes! { B64 B128 B256 B512 TxHash BlockHash StorageKey }
    macro_rules! integers {
        ($($name:ident)*) => {$(
            show(concat!("alloy_primitives::", stringify!($name)), alloy::$name::try_from(100).unwrap());
        )*};
    }
    integers! { U8 U16 U32 U512 I128 StorageValue }
    show("alloy_primitives::FixedBytes<4>", alloy::FixedBytes::<4>::repeat_byte(0xab));
    show("alloy_primitives::Bytes", alloy::Bytes::from_static(&[1, 2]));
    show("alloy_primitives::U256", alloy::U256::from(300));
    show("alloy_primitives::U64", alloy::U64::from(300));
    show("alloy_primitives::U128", alloy::U128::from(300));
    show("alloy_primitives::I256", alloy::I256::try_from(-300).unwrap());
    show("alloy_primitives::Bloom", alloy::Bloom::repeat_byte(0xab));
    show("ruint::Uint<40, 1>", ruint::Uint::<40, 1>::from(300));
    show("ruint::aliases::U64", ruint::aliases::U64::from(300));
    show("ruint::aliases::U128", ruint::aliases::U128::from(300));
    show("ruint::aliases::U256", ruint::aliases::U256::from(300));
    show("ruint::aliases::U512", ruint::aliases::U512::from(300));
    show("ethereum_types::U256", ethereum_types::U256::from(300));
    show("ethereum_types::H160", ethereum_types::H160::repeat_byte(0xab));
    show("ethereum_types::H64", ethereum_types::H64::repeat_byte(0xab));
    show("ruint::Bits<40, 1>", ruint::Bits::<40, 1>::from(ruint::Uint::from(300)));
    with!("with solana_short_vec", "solana_short_vec", Vec<u16>, vec![1, 2]);
    with!("with solana_short_vec empty", "solana_short_vec", Vec<u16>, vec![]);
    with!("with solana_short_vec long", "solana_short_vec", Vec<u8>, vec![7; 128]);
    show("solana_short_vec::ShortVec<u16>", solana_short_vec::ShortVec(vec![1_u16, 2]));
    for length in [0, 127, 128, 16383, 16384, 65535] {
        show(&format!("solana_short_vec::ShortU16 {length}"), solana_short_vec::ShortU16(length));
        with!(&format!("with solana_serde_varint<u16> {length}"), "solana_serde_varint", u16, length);
    }
    for value in [0, 127, 128, u32::MAX >> 4, u32::MAX] {
        with!(&format!("with solana_serde_varint<u32> {value}"), "solana_serde_varint", u32, value);
    }
    for value in [0, 127, 128, u64::MAX >> 1, u64::MAX] {
        with!(&format!("with solana_serde_varint<u64> {value}"), "solana_serde_varint", u64, value);
    }
    // Bytes that the crates refuse, and the longest ones that they accept.
    for hex in ["80", "8000", "808000", "80808000", "808080", "ffff03", "ffff04", "ffff83", "818000"] {
        refused::<U16>("u16", hex);
        refused::<solana_short_vec::ShortU16>("ShortU16", hex);
        refused::<solana_short_vec::ShortVec<()>>("ShortVec<()>", hex);
    }
    for hex in ["8080808000", "ffffffff0f", "ffffffff10", "ffffffff8f", "808080808000"] {
        refused::<U32>("u32", hex);
    }
    for hex in ["80808080808080808000", "ffffffffffffffffff01", "ffffffffffffffffff02", "ffffffffffffffffff81"] {
        refused::<U64>("u64", hex);
    }
}

macro_rules! varints {
    ($($name:ident $integer:ty)*) => {$(
        #[derive(Deserialize)]
        struct $name {
            #[serde(with = "solana_serde_varint")]
            _field: $integer,
        }
    )*};
}
varints! { U16 u16 U32 u32 U64 u64 }

/// Prints whether bincode accepts bytes as a value.
fn refused<T: serde::de::DeserializeOwned>(name: &str, hex: &str) {
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let result = match bincode::deserialize::<T>(&bytes) {
        Ok(_) => "reads",
        Err(_) => "refuses",
    };
    println!("bytes of {name}\t{hex}\t\t{result}");
}

pub fn lists() {
    show("imbl::HashMap<u8, u16>", imbl::HashMap::<u8, u16>::unit(1, 2));
    show("imbl::OrdMap<u8, u16>", imbl::OrdMap::<u8, u16>::unit(1, 2));
    show("imbl::HashSet<u8>", imbl::HashSet::<u8>::unit(1));
    show("imbl::OrdSet<u8>", imbl::OrdSet::<u8>::unit(1));
    show("im_rc::HashMap<u8, u16>", im_rc::HashMap::<u8, u16>::unit(1, 2));
    show("im_rc::OrdMap<u8, u16>", im_rc::OrdMap::<u8, u16>::unit(1, 2));
    show("im_rc::HashSet<u8>", im_rc::HashSet::<u8>::unit(1));
    show("im_rc::OrdSet<u8>", im_rc::OrdSet::<u8>::unit(1));
    show("im_rc::Vector<u8>", im_rc::Vector::<u8>::unit(1));
    show("imbl::Vector<u8>", imbl::Vector::<u8>::unit(1));
    show("rpds::HashTrieMap<u8, u16>", rpds::HashTrieMap::<u8, u16>::from_iter([(1, 2)]));
    show("rpds::HashTrieSet<u8>", rpds::HashTrieSet::<u8>::from_iter([1]));
    show("rpds::RedBlackTreeMap<u8, u16>", rpds::RedBlackTreeMap::<u8, u16>::from_iter([(1, 2)]));
    show("rpds::RedBlackTreeSet<u8>", rpds::RedBlackTreeSet::<u8>::from_iter([1]));
    show("rpds::List<u8>", rpds::List::<u8>::from_iter([1, 2]));
    show("rpds::Vector<u8>", rpds::Vector::<u8>::from_iter([1, 2]));
    show("rpds::Queue<u8>", rpds::Queue::<u8>::from_iter([1, 2]));
    show("rpds::Stack<u8>", rpds::Stack::<u8>::from_iter([1, 2]));
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    #[serde(rename = "$key$")]
    key: String,
    value: u16,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Choice { A(u8), B(String) }

pub fn jiffs() {
    let at: jiff::Timestamp = "2025-11-21T06:26:20.123456789Z".parse().unwrap();
    with!("with jiff::fmt::serde::timestamp::second::required", "jiff::fmt::serde::timestamp::second::required", jiff::Timestamp, at);
    with!("with jiff::fmt::serde::timestamp::second::optional", "jiff::fmt::serde::timestamp::second::optional", Option<jiff::Timestamp>, Some(at));
    with!("with jiff::fmt::serde::timestamp::millisecond::required", "jiff::fmt::serde::timestamp::millisecond::required", jiff::Timestamp, at);
    with!("with jiff::fmt::serde::timestamp::millisecond::optional", "jiff::fmt::serde::timestamp::millisecond::optional", Option<jiff::Timestamp>, Some(at));
    with!("with jiff::fmt::serde::timestamp::microsecond::required", "jiff::fmt::serde::timestamp::microsecond::required", jiff::Timestamp, at);
    with!("with jiff::fmt::serde::timestamp::microsecond::optional", "jiff::fmt::serde::timestamp::microsecond::optional", Option<jiff::Timestamp>, Some(at));
    with!("with jiff::fmt::serde::timestamp::nanosecond::required", "jiff::fmt::serde::timestamp::nanosecond::required", jiff::Timestamp, at);
    with!("with jiff::fmt::serde::timestamp::nanosecond::optional", "jiff::fmt::serde::timestamp::nanosecond::optional", Option<jiff::Timestamp>, Some(at));
    with!("with jiff::fmt::serde::tz::required", "jiff::fmt::serde::tz::required", jiff::tz::TimeZone, jiff::tz::TimeZone::get("Europe/Berlin").unwrap());
}

pub fn conversions() {
    as_!("as DefaultOnNull<DisplayFromStr>", "serde_with::DefaultOnNull<serde_with::DisplayFromStr>", u16, 7);
    as_!("as DefaultOnError", "serde_with::DefaultOnError", u16, 7);
    as_!("as DefaultOnError<DisplayFromStr>", "serde_with::DefaultOnError<serde_with::DisplayFromStr>", u16, 7);
    as_!("as MapSkipError", "serde_with::MapSkipError<_, _>", HashMap<u8, u16>, HashMap::from([(1, 7)]));
    as_!("as MapFirstKeyWins", "serde_with::MapFirstKeyWins<_, serde_with::DisplayFromStr>", HashMap<u8, u16>, HashMap::from([(1, 7)]));
    as_!("as SetPreventDuplicates", "serde_with::SetPreventDuplicates<serde_with::DisplayFromStr>", HashSet<u16>, HashSet::from([7]));
    as_!("as SetLastValueWins", "serde_with::SetLastValueWins<serde_with::DisplayFromStr>", HashSet<u16>, HashSet::from([7]));
    as_!("as KeyValueMap", "serde_with::KeyValueMap<_>", Vec<Entry>, vec![Entry { key: "k".to_owned(), value: 7 }]);
    as_!("as EnumMap", "serde_with::EnumMap", Vec<Choice>, vec![Choice::A(1), Choice::B("b".to_owned())]);
    as_!("as OneOrMany one", "serde_with::OneOrMany<_>", Vec<u16>, vec![7]);
    as_!("as OneOrMany many", "serde_with::OneOrMany<_>", Vec<u16>, vec![7, 8]);
    as_!("as OneOrMany PreferMany", "serde_with::OneOrMany<_, serde_with::formats::PreferMany>", Vec<u16>, vec![7]);
    {
        #[serde_with::serde_as]
        #[derive(Serialize)]
        #[serde(transparent)]
        struct Borrowed<'a> {
            #[serde_as(as = "serde_with::BorrowCow")]
            field: std::borrow::Cow<'a, str>,
        }
        show_written("as BorrowCow", Borrowed { field: "ab".into() });
    }
    as_!("as IfIsHumanReadable", "serde_with::IfIsHumanReadable<serde_with::DisplayFromStr>", u16, 7);
    as_!("as IfIsHumanReadable two", "serde_with::IfIsHumanReadable<serde_with::DisplayFromStr, serde_with::FromInto<u32>>", Small, Small(7));
    as_!("as FromInto", "serde_with::FromInto<u32>", Small, Small(7));
    as_!("as FromIntoRef", "serde_with::FromIntoRef<u32>", Small, Small(7));
    as_!("as TryFromInto", "serde_with::TryFromInto<u32>", Small, Small(7));
    as_!("as BytesOrString", "serde_with::BytesOrString", Vec<u8>, vec![1, 2]);
    as_!("as NoneAsEmptyString", "serde_with::NoneAsEmptyString", Option<String>, None);
    as_!("as NoneAsEmptyString some", "serde_with::NoneAsEmptyString", Option<String>, Some("ab".to_owned()));
    as_!("as Seq", "serde_with::Seq<(_, serde_with::DisplayFromStr)>", HashMap<u8, u16>, HashMap::from([(1, 7)]));
    as_!("as Map", "serde_with::Map<_, serde_with::DisplayFromStr>", Vec<(u8, u16)>, vec![(1, 7)]);
    as_!("as Base58", "serde_with::base58::Base58", Vec<u8>, vec![1, 2]);
    with!("with serde_with::rust::double_option", "serde_with::rust::double_option", Option<Option<u16>>, Some(Some(7)));
    with!("with serde_with::rust::double_option none", "serde_with::rust::double_option", Option<Option<u16>>, Some(None));
    with!("with serde_with::rust::unwrap_or_skip", "serde_with::rust::unwrap_or_skip", Option<u16>, Some(7));
    with!("with serde_with::rust::maps_duplicate_key_is_error", "serde_with::rust::maps_duplicate_key_is_error", HashMap<u8, u16>, HashMap::from([(1, 7)]));
    with!("with serde_with::rust::maps_first_key_wins", "serde_with::rust::maps_first_key_wins", HashMap<u8, u16>, HashMap::from([(1, 7)]));
    with!("with serde_with::rust::sets_duplicate_value_is_error", "serde_with::rust::sets_duplicate_value_is_error", HashSet<u16>, HashSet::from([7]));
    with!("with serde_with::rust::sets_last_value_wins", "serde_with::rust::sets_last_value_wins", HashSet<u16>, HashSet::from([7]));
}

#[derive(Clone, Copy, Debug)]
struct Small(u32);

impl From<Small> for u32 {
    fn from(small: Small) -> u32 { small.0 }
}
impl From<u32> for Small {
    fn from(value: u32) -> Small { Small(value) }
}
impl From<&Small> for u32 {
    fn from(small: &Small) -> u32 { small.0 }
}
impl std::fmt::Display for Small {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(to, "{}", self.0) }
}
impl std::str::FromStr for Small {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Small, Self::Err> { text.parse().map(Small) }
}
