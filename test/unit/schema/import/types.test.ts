import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../../src/schema/bincode/compile-encoder.ts'
import { importRust, typesOf } from './import-rust.ts'
import { uses } from './rust-uses.ts'

/** Imports an enum with one field, and returns the schema type of the field. `more` is added to the source. */
function fieldType(type: string, more = '', attribute = ''): unknown {
  const types = typesOf(
    importRust(`${uses}${more}
#[serde_with::serde_as]
#[derive(Serialize, Deserialize)]
pub enum OrderEvent { Held { ${attribute} it: ${type} } }`),
  )
  return (types as { OrderEvent?: [{ Held: { it: string } }] }).OrderEvent?.[0].Held.it ?? types
}

describe('Rust types in fields', () => {
  test.each([
    ['bool', 'bool'],
    ['i128', 'i128'],
    ['usize', 'usize'],
    ['f32', 'f32'],
    ['char', 'char'],
    ['String', 'String'],
    ["&'static str", 'String'],
    ['std::string::String', 'String'],
    ['()', '()'],
    ['(u8, (u16,))', '(u8, (u16,))'],
    ['(u8)', 'u8'],
    ['[u8; 32]', '[u8; 32]'],
    ['[u8; 4 * 8]', '[u8; 32]'],
    ['[u8; SIZE]', '[u8; 16]'],
    ['[u8; inner::HALF + 1]', '[u8; 9]'],
    ['[[u8; 2]; 0x03_usize]', '[[u8; 2]; 3]'],
    ['Option<Vec<u8>>', 'Option<Vec<u8>>'],
    ['Option<Option<()>>', 'Option<Option<()>>'],
    ['VecDeque<u8>', 'VecDeque<u8>'],
    ['HashMap<String, BTreeMap<u8, i64>>', 'HashMap<String, BTreeMap<u8, i64>>'],
    ['hash_map::HashMap<u8, u8>', 'HashMap<u8, u8>'],
    ['std::collections::HashMap<u8, u8, rustc_hash::FxBuildHasher>', 'HashMap<u8, u8>'],
    ['rustc_hash::FxHashMap<u8, u8>', 'HashMap<u8, u8>'],
    ['HashSet<u8>', 'HashSet<u8>'],
    ['BinaryHeap<std::cmp::Reverse<u8>>', 'BinaryHeap<u8>'],
    ['indexmap::IndexMap<u8, u8>', 'IndexMap<u8, u8>'],
    ['smallvec::SmallVec<[u8; 4]>', 'SmallVec<u8>'],
    ['tinyvec::TinyVec<[u16; 4]>', 'TinyVec<u16>'],
    ['std::ffi::c_int', 'i32'],
    ['std::os::raw::c_ulonglong', 'u64'],
    ['libc::c_double', 'f64'],
    ['glam::Vec3', '(f32, f32, f32)'],
    ['num_complex::Complex<f64>', '(f64, f64)'],
    ['heapless::Vec<u8, 16>', 'Vec<u8>'],
    ['primitive_types::U256', 'String'],
    ['Box<str>', 'String'],
    ['Arc<[u16]>', 'Vec<u16>'],
    ['Box<Rc<Arc<Mutex<u8>>>>', 'u8'],
    ["Cow<'static, str>", 'String'],
    ["Cow<'a, [u8]>", 'Vec<u8>'],
    ['std::cell::RefCell<u8>', 'u8'],
    ['std::num::Wrapping<u8>', 'u8'],
    ['core::num::NonZeroU32', 'NonZeroU32'],
    ['std::num::NonZero<i64>', 'NonZeroI64'],
    ['std::sync::atomic::AtomicU64', 'u64'],
    ['PhantomData<fn() -> u8>', '()'],
    ['Result<u8, String>', 'Result<u8, String>'],
    ['Uuid', 'Uuid'],
    ['DateTime<Utc>', 'DateTime<Utc>'],
    ['chrono::DateTime<chrono::FixedOffset>', 'DateTime<FixedOffset>'],
    ['chrono::prelude::DateTime<chrono::offset::Local>', 'DateTime<Local>'],
    ['chrono::naive::NaiveDateTime', 'NaiveDateTime'],
    ['NaiveDate', 'NaiveDate'],
    ['chrono::Duration', 'TimeDelta'],
    ['time::OffsetDateTime', 'time::OffsetDateTime'],
    ['std::time::Duration', 'Duration'],
    ['tokio::time::Duration', 'Duration'],
    ['std::time::SystemTime', 'SystemTime'],
    ['Decimal', 'Decimal'],
    ['rust_decimal::prelude::Decimal', 'Decimal'],
    ['::prost::alloc::vec::Vec<u8>', 'Vec<u8>'],
    ['serde_json::Value', 'serde_json::Value'],
    ['serde_json::Map<String, serde_json::Value>', 'serde_json::Map'],
    ['url::Url', 'Url'],
    ['bytes::Bytes', 'bytes'],
    ['serde_bytes::ByteBuf', 'bytes'],
    ['std::net::IpAddr', 'IpAddr'],
    ['std::path::PathBuf', 'PathBuf'],
    ['Short', 'Vec<u8>'],
    ['Pair<u8>', '(u8, String)'],
    ['Fallible<u8>', 'Result<u8, String>'],
  ])('imports %s as %s', (rust, expected) => {
    const more = `
const SIZE: usize = 2 * inner::HALF;
mod inner { pub const HALF: usize = 8; }
type Short = Vec<u8>;
type Pair<T> = (T, String);
type Fallible<T, E = String> = std::result::Result<T, E>;`
    expect(fieldType(rust, more)).toBe(expected)
  })
})

describe('serde attributes of fields', () => {
  test.each([
    ['with = "chrono::serde::ts_milliseconds"', 'DateTime<Utc>', 'i64 as ts_milliseconds'],
    ['with = "chrono::serde::ts_seconds_option"', 'Option<DateTime<Utc>>', 'Option<i64 as ts_seconds>'],
    ['with = "chrono::naive::serde::ts_microseconds"', 'chrono::NaiveDateTime', 'i64 as ts_microseconds'],
    ['with = "ts_nanoseconds"', 'DateTime<Utc>', 'i64 as ts_nanoseconds'],
    ['serialize_with = "chrono::serde::ts_seconds::serialize"', 'DateTime<Utc>', 'i64 as ts_seconds'],
    ['with = "hex"', 'Vec<u8>', 'String'],
    ['serialize_with = "hex::serde::serialize"', '[u8; 4]', 'String'],
    ['with = "rust_decimal::serde::str"', 'Decimal', 'String as decimal'],
    ['with = "rust_decimal::serde::str_option"', 'Option<Decimal>', 'Option<String as decimal>'],
    ['with = "rust_decimal::serde::float"', 'Decimal', 'f64 as decimal'],
    ['with = "rust_decimal::serde::float_option"', 'Option<Decimal>', 'unreadable'],
    ['with = "serde_bytes"', 'Vec<u8>', 'bytes'],
    ['with = "serde_bytes"', 'Option<Vec<u8>>', 'Option<bytes>'],
    ['with = "serde_bytes"', '[u8; 4]', 'bytes'],
    ['with = "time::serde::rfc3339"', 'time::OffsetDateTime', 'String as rfc3339'],
    ['with = "time::serde::rfc3339::option"', 'Option<time::OffsetDateTime>', 'Option<String as rfc3339>'],
    ['with = "time::serde::timestamp::milliseconds"', 'time::OffsetDateTime', 'i128 as timestamp::milliseconds'],
    ['with = "uuid::serde::compact"', 'Uuid', '[u8; 16] as uuid::compact'],
    ['with = "uuid::serde::simple"', 'Uuid', 'String as uuid::simple'],
    ['with = "humantime_serde"', 'Option<std::time::Duration>', 'Option<String as humantime>'],
    ['with = "ulid::serde::ulid_as_uuid"', 'ulid::Ulid', 'String as uuid::hyphenated'],
    ['with = "jiff::fmt::serde::timestamp::second::required"', 'jiff::Timestamp', 'i64 as ts_seconds'],
    [
      'with = "jiff::fmt::serde::timestamp::millisecond::optional"',
      'Option<jiff::Timestamp>',
      'Option<i64 as ts_milliseconds>',
    ],
    ['with = "jiff::fmt::serde::timestamp::nanosecond::required"', 'jiff::Timestamp', 'i128 as timestamp::nanoseconds'],
    ['with = "http_serde::method"', 'http::Method', 'String'],
    ['with = "http_serde::status_code"', 'http::StatusCode', 'u16'],
    ['with = "http_serde::option::uri"', 'Option<http::Uri>', 'Option<String>'],
    ['with = "http_serde::header_map"', 'http::HeaderMap', 'HashMap<String, Vec<bytes>>'],
    ['with = "serde_with::rust::maps_first_key_wins"', 'BTreeMap<u8, u16>', 'BTreeMap<u8, u16>'],
    ['with = "solana_short_vec"', 'Vec<u16>', 'ShortVec<u16>'],
    ['with = "solana_program::short_vec"', 'Vec<Uuid>', 'ShortVec<Uuid>'],
    ['with = "short_vec"', 'Vec<u8>', 'ShortVec<u8>'],
    ['with = "solana_serde_varint"', 'u64', 'u64 as varint'],
    ['with = "solana_sdk::serde_varint"', 'u16', 'u16 as varint'],
    ['with = "indexmap::map::serde_seq"', 'indexmap::IndexMap<u8, Uuid>', 'Vec<(u8, Uuid)>'],
    ['with = "BigArray"', '[u8; 64]', '[u8; 64]'],
    ['with = "serde_with::As::<serde_with::DisplayFromStr>"', 'u64', 'String'],
    ['with = "day"', 'time::Date', 'String'],
    ['with = "PointDef"', 'geo::Point', 'PointDef'],
    ['rename = "other", default, alias = "o"', 'u8', 'u8'],
    ['borrow', "&'a str", 'String'],
  ])('serde(%s) on %s determines its encoding', (attribute, rust, expected) => {
    const more = `
use chrono::serde::ts_nanoseconds;
use solana_sdk::short_vec;
time::serde::format_description!(day, Date, "[year]-[month]-[day]");
#[derive(Serialize, Deserialize)] #[serde(remote = "geo::Point")] struct PointDef { x: i32 }`
    expect(fieldType(rust, more, `#[serde(${attribute})]`)).toBe(expected)
  })

  test.each([
    ['DisplayFromStr', 'u64', 'String'],
    ['Option<DisplayFromStr>', 'Option<u64>', 'Option<String>'],
    ['Vec<(_, serde_with::DisplayFromStr)>', 'Vec<(u8, u64)>', 'Vec<(u8, String)>'],
    ['HashMap<DisplayFromStr, _>', 'HashMap<u64, Uuid>', 'HashMap<String, Uuid>'],
    ['serde_with::Bytes', 'Vec<u8>', 'bytes'],
    ['serde_with::hex::Hex', '[u8; 4]', 'String'],
    ['DurationSeconds<u64>', 'std::time::Duration', 'u64'],
    ['serde_with::TimestampMilliSeconds', 'DateTime<Utc>', 'i64'],
    ['serde_with::TimestampSecondsWithFrac', 'DateTime<Utc>', 'f64'],
    ['FromInto<(u8, u8)>', 'geo::Point', '(u8, u8)'],
    ['[_; 3]', '[u8; 3]', '[u8; 3]'],
    ['serde_with::Map<DisplayFromStr, _>', 'Vec<(u8, Uuid)>', 'HashMap<String, Uuid>'],
    ['serde_with::Seq<(_, DisplayFromStr)>', 'BTreeMap<u8, u64>', 'Vec<(u8, String)>'],
    ['serde_with::DefaultOnNull<DisplayFromStr>', 'u16', 'Option<String>'],
    ['DefaultOnError', 'u16', 'u16'],
    ['serde_with::PickFirst<(_, DisplayFromStr)>', 'u16', 'u16'],
    ['VecSkipError<DisplayFromStr>', 'Vec<u16>', 'Vec<String>'],
    ['serde_with::SetPreventDuplicates<_>', 'HashSet<u16>', 'HashSet<u16>'],
    ['serde_with::SetLastValueWins<DisplayFromStr>', 'std::collections::BTreeSet<u16>', 'BTreeSet<String>'],
    ['serde_with::MapPreventDuplicates<_, DisplayFromStr>', 'HashMap<u8, u16>', 'HashMap<u8, String>'],
    ['MapFirstKeyWins<DisplayFromStr, _>', 'BTreeMap<u8, u16>', 'BTreeMap<String, u16>'],
    ['MapSkipError<_, _>', 'BTreeMap<u8, u16>', 'BTreeMap<u8, u16>'],
    ['serde_with::IfIsHumanReadable<DisplayFromStr>', 'u16', 'u16'],
    ['serde_with::IfIsHumanReadable<DisplayFromStr, FromInto<u32>>', 'geo::Own', 'u32'],
    ['serde_with::BorrowCow', "Cow<'static, str>", 'String'],
    ['OneOrMany<_>', 'Vec<u16>', 'unreadable'],
    ['serde_with::KeyValueMap<_>', 'Vec<u16>', 'unreadable'],
    ['serde_with::EnumMap', 'Vec<u16>', 'unreadable'],
    ['serde_with::BytesOrString', 'Vec<u8>', 'bytes'],
    ['smallvec::SmallVec<[DisplayFromStr; 4]>', 'smallvec::SmallVec<[u16; 4]>', 'SmallVec<String>'],
  ])('serde_as(%s) on %s determines its encoding', (as, rust, expected) => {
    expect(fieldType(rust, '', `#[serde_as(as = "${as}")]`)).toBe(expected)
  })
})

describe('types of other crates', () => {
  const crates = [
    ...'glam num_complex num_rational primitive_types log heapless tinyvec ecow bstr arcstr nonempty euclid geo_types ipnet'.split(
      ' ',
    ),
    ...'ipnetwork multiaddr libp2p_identity cid mac_address smartstring slotmap enumflags2 bytesize bitvec generic_array'.split(
      ' ',
    ),
    ...'rgb alloy_primitives ruint ethereum_types im im_rc imbl rpds smallvec arrayvec'.split(' '),
  ]
  /** Crates whose types have another form in JSON: texts, or arrays that crbus shows as base64. */
  const otherInJson = 'bstr bitvec ipnet multiaddr libp2p_identity cid bytesize alloy_primitives ruint'.split(' ')
  /** What these vectors show is not in the table. */
  const notKnown = ['slotmap::SlotMap', 'slotmap::new_key_type', 'bitvec::array::BitArray']
  const vectors = readFileSync(new URL('../../../vectors/known-types/known-types.txt', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([name = '']) => crates.includes(name.split('::')[0] ?? '') && !notKnown.includes(name))
    .map(([name = '', hex = '', json = '']) => ({ name, hex, json }))

  test.each(vectors)(
    'decodes $name as Rust wrote it, and encodes it again with the same bytes',
    ({ name, hex, json }) => {
      const rust = name.replace(/ [a-z0-9 ]+$/, '')
      const source = `use generic_array::typenum::U2; #[repr(u16)] enum Color { Red = 1, Green = 2 }
#[derive(serde::Serialize)] pub struct Root(${rust});`
      const imported = importRust(source, { root: 'Root' })
      if (!imported.ok) return expect.fail(JSON.stringify(imported.problems))
      const decoded = compileDecoder(imported.schema).decodeToJson(Buffer.from(hex, 'hex'))
      if (!decoded.ok) return expect.fail(decoded.reason)
      const value: unknown = JSON.parse(decoded.json)
      if (!otherInJson.includes(name.split('::')[0] ?? '')) expect(value).toEqual(JSON.parse(json))
      const encoded = compileEncoder(imported.schema).encode(value)
      expect(encoded.ok && Buffer.from(encoded.bytes).toString('hex')).toBe(hex)
    },
  )

  test('are asked about if a module of Solana cannot encode the type of the field', () => {
    expect([
      fieldType('i64', '', '#[serde(with = "solana_serde_varint")]'),
      fieldType('String', '', '#[serde(with = "solana_short_vec")]'),
    ]).toMatchObject([
      [{ reason: 'with = "solana_serde_varint" needs a field of another type than i64' }],
      [{ reason: 'with = "solana_short_vec" needs a field of another type than String' }],
    ])
    expect(fieldType('solana_short_vec::ShortVec<u16>')).toBe('ShortVec<u16>')
    expect(fieldType('solana_short_vec::ShortU16')).toBe('u16 as varint')
  })

  test('are asked about where the source does not show their encoding', () => {
    expect([
      fieldType('generic_array::GenericArray<u8, Length>'),
      fieldType('enumflags2::BitFlags<Color>', 'enum Color { Red = 1 }'),
      fieldType('enumflags2::BitFlags<Color>', '#[cfg_attr(feature = "small", repr(u8))] enum Color { Red = 1 }'),
    ]).toMatchObject([
      [{ reason: 'the length is not the name of a number of typenum, such as U32' }],
      [{ reason: 'the argument is not an enum of the service with a repr such as #[repr(u8)]' }],
      [{ reason: 'the argument is not an enum of the service with a repr such as #[repr(u8)]' }],
    ])
  })

  test.each([
    ['slotmap::new_key_type! { /// A key.\n #[repr(C)] pub struct OrderKey; struct Other; }', 'slotmap'],
    ['use slotmap::new_key_type; new_key_type! { pub(crate) struct Other; pub struct OrderKey; }', 'slotmap'],
    [
      'macro_rules! new_key_type { (struct $n:ident;) => { #[derive(Serialize)] struct $n(u8); } } new_key_type! { struct OrderKey; }',
      'own',
    ],
  ])('include the keys that a macro of slotmap defines, but not those of another macro: %s', (more, of) => {
    const imported = importRust(`use serde::Serialize; ${more} #[derive(Serialize)] pub struct Root(OrderKey);`, {
      root: 'Root',
    })
    const bytes = Buffer.from(of === 'own' ? '07' : '0100000003000000', 'hex')
    expect(imported.ok && compileDecoder(imported.schema).decode(bytes)).toMatchObject({
      ok: true,
      value: of === 'own' ? 7 : { idx: 1, version: 3 },
    })
  })

  test('keep the names of Rust in their own scope', () => {
    const more = 'struct T; struct Vec<A>(A); mod geo_types2 {} type u16 = String;'
    expect(fieldType('geo_types::LineString', more)).toBe('Vec<Coord<f64>>')
  })

  test('use the item of an array only where the array is the whole of their arguments', () => {
    expect([fieldType('arrayvec::ArrayVec<[u8; 4]>'), fieldType('arrayvec::ArrayVec<[u8; 4], 8>')]).toEqual([
      'ArrayVec<u8>',
      'ArrayVec<[u8; 4]>',
    ])
  })
})
