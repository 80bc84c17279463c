import type { Fields, Primitive, Type } from './model.ts'

/** What bincode writes for a value: a value of one type, the fields of a struct, or the number and the fields of a variant. */
export type Wire =
  | Type
  | Extract<Fields, { kind: 'fields' }>
  | { readonly kind: 'variants'; readonly variants: readonly { readonly name: string; readonly fields: Fields }[] }
  | VarintWire

/** An integer in LEB128: seven bits in each byte, the lowest first, in as few bytes as possible. */
export interface VarintWire {
  readonly kind: 'varint'
  readonly integer: 'u16' | 'u32' | 'u64'
}

/** How serde_json writes a value: like the value that bincode writes (`wire`), or as a string in one of these formats. */
export type JsonForm =
  | 'wire'
  /** `550e8400-e29b-41d4-a716-446655440000`, 16 bytes in bincode. */
  | 'uuid'
  /** `192.168.0.1`, `2001:db8::1:0:0:1`, `::ffff:1.2.3.4`, as Rust's `Display` writes addresses. */
  | 'ipv4'
  | 'ipv6'
  | 'ip'
  /** `127.0.0.1:8080`, `[::1]:8080`. */
  | 'socket-v4'
  | 'socket-v6'
  | 'socket'
  /** `2025-11-21`, `-0044-03-15`; in bincode a year and the day of the year, from 1. */
  | 'time-date'
  /** `06:26:20.5`, `06:00:00.0`: at least one fractional digit, and no trailing zeros after it. */
  | 'time-time'
  /** `2025-11-21 06:26:20.5`. */
  | 'time-date-time'
  /** `2025-11-21 06:26:20.5 +02:00:00`. */
  | 'time-offset-date-time'
  /** `+02:30:01`, `-00:30:00`; in bincode all three parts have the sign. */
  | 'time-offset'
  /** `5.250000000`, `-0.000000001`: nine fractional digits; in bincode both parts have the sign. */
  | 'time-duration'
  /** `Monday` to `Sunday`; 1 to 7 in bincode. */
  | 'time-weekday'
  /** `January` to `December`; 1 to 12 in bincode. */
  | 'time-month'

/**
 * A type of Rust's standard library or of a common crate. An import takes the encoding from this table and does not read the
 * source of the crate.
 */
export interface LibraryType {
  /** The name in schema files. `i64 as ts_seconds` is an i64 written by the serde `with` module `ts_seconds`. */
  readonly name: string
  /** Paths in Rust code; for a name with `as`, the paths of the `with` modules. */
  readonly paths: readonly string[]
  /** `undefined` if nothing can decode the type, because its bytes do not identify the type of the value. */
  readonly wire: Wire | undefined
  readonly json: JsonForm
  /** Why Rust cannot decode the type from bincode. Absent if Rust can. */
  readonly unreadable?: string
}

const primitive = (kind: Primitive): Type => ({ kind })
const u8 = primitive('u8')
const u16 = primitive('u16')
const u32 = primitive('u32')
const u64 = primitive('u64')
const text = primitive('String')
const bytes = primitive('bytes')
const octets = (length: number): Type => ({ kind: 'array', item: u8, length })
const vec = (item: Type): Type => ({ kind: 'sequence', name: 'Vec', item })
const tuple = (...items: Type[]): Type => ({ kind: 'tuple', items })
const fields = (parts: Record<string, Type>): Wire => ({
  kind: 'fields',
  fields: Object.entries(parts).map(([name, type]) => ({ name, type })),
})
const variants = (parts: Record<string, Type[]>): Wire => ({
  kind: 'variants',
  variants: Object.entries(parts).map(([name, items]) => ({ name, fields: { kind: 'tuple', items } })),
})

const varint = (integer: VarintWire['integer']): Wire => ({ kind: 'varint', integer })

const libraryRow = (name: string, paths: string[], wire: Wire | undefined, json: JsonForm = 'wire'): LibraryType => ({
  name,
  paths,
  wire,
  json,
})
/** Rows of types that are encoded as a string, by name, with their paths. */
const textRows = (named: Record<string, string[]>): LibraryType[] =>
  Object.entries(named).map(([name, paths]) => libraryRow(name, paths, text))

const socketV4 = tuple(octets(4), u16)
const socketV6 = tuple(octets(16), u16)
const timeDate = [primitive('i32'), u16]
const timeTime = [u8, u8, u8, u32]
const timeOffset = [primitive('i8'), primitive('i8'), primitive('i8')]
/** The reason of types that Rust cannot decode because bincode, unlike JSON, does not store the types of values. */
export const NEEDS_DESERIALIZE_ANY = 'decoding needs deserialize_any, which bincode does not support'

/**
 * The table of library types. Tests compare every row with what bincode 1.3 and serde_json wrote in Rust: see
 * `test/vectors/known-types`.
 */
export const libraryTypes: readonly LibraryType[] = [
  libraryRow('Uuid', ['uuid::Uuid', 'uuid::NonNilUuid', 'sqlx::types::Uuid', 'sea_orm::prelude::Uuid'], bytes, 'uuid'),
  libraryRow('[u8; 16] as uuid::compact', ['uuid::serde::compact'], octets(16), 'uuid'),
  ...textRows({
    'String as uuid::simple': ['uuid::serde::simple', 'uuid::fmt::Simple'],
    'String as uuid::hyphenated': ['uuid::serde::hyphenated', 'uuid::fmt::Hyphenated', 'ulid::serde::ulid_as_uuid'],
    'String as uuid::urn': ['uuid::serde::urn', 'uuid::fmt::Urn'],
    'String as uuid::braced': ['uuid::serde::braced', 'uuid::fmt::Braced'],
    Ulid: ['ulid::Ulid'],
  }),
  libraryRow('u128 as ulid', ['ulid::serde::ulid_as_u128'], primitive('u128')),

  // RFC 3339: no fraction, or one of 3, 6 or 9 digits; `Z` for UTC.
  ...textRows({
    'DateTime<Utc>': ['chrono::DateTime<Utc>'],
    'DateTime<FixedOffset>': ['chrono::DateTime<FixedOffset>'],
    'DateTime<Local>': ['chrono::DateTime<Local>'],
    NaiveDateTime: ['chrono::NaiveDateTime'],
    NaiveDate: ['chrono::NaiveDate'],
    NaiveTime: ['chrono::NaiveTime'],
    Weekday: ['chrono::Weekday'],
    Month: ['chrono::Month'],
    Tz: ['chrono_tz::Tz'],
  }),
  {
    ...libraryRow('DateTime<Tz>', ['chrono::DateTime<Tz>'], text),
    unreadable: 'chrono cannot deserialize DateTime<Tz>',
  },
  libraryRow('TimeDelta', ['chrono::TimeDelta'], tuple(primitive('i64'), primitive('i32'))),
  ...(['seconds', 'milliseconds', 'microseconds', 'nanoseconds'] as const).map((unit) =>
    libraryRow(
      `i64 as ts_${unit}`,
      [
        `chrono::serde::ts_${unit}`,
        `chrono::naive::serde::ts_${unit}`,
        // jiff writes nanoseconds as an i128.
        ...(unit === 'nanoseconds' ? [] : [`jiff::fmt::serde::timestamp::${unit.slice(0, -1)}::required`]),
      ],
      primitive('i64'),
    ),
  ),

  libraryRow('time::Date', ['time::Date'], tuple(...timeDate), 'time-date'),
  libraryRow('time::Time', ['time::Time'], tuple(...timeTime), 'time-time'),
  libraryRow('time::PrimitiveDateTime', ['time::PrimitiveDateTime'], tuple(...timeDate, ...timeTime), 'time-date-time'),
  libraryRow('time::UtcDateTime', ['time::UtcDateTime'], tuple(...timeDate, ...timeTime), 'time-date-time'),
  libraryRow(
    'time::OffsetDateTime',
    ['time::OffsetDateTime'],
    tuple(...timeDate, ...timeTime, ...timeOffset),
    'time-offset-date-time',
  ),
  libraryRow('time::UtcOffset', ['time::UtcOffset'], tuple(...timeOffset), 'time-offset'),
  libraryRow('time::Duration', ['time::Duration'], tuple(primitive('i64'), primitive('i32')), 'time-duration'),
  libraryRow('time::Weekday', ['time::Weekday'], u8, 'time-weekday'),
  libraryRow('time::Month', ['time::Month'], u8, 'time-month'),
  ...textRows({
    'String as rfc3339': ['time::serde::rfc3339'],
    'String as rfc2822': ['time::serde::rfc2822'],
    'String as iso8601': ['time::serde::iso8601'],
  }),
  libraryRow('i64 as timestamp', ['time::serde::timestamp'], primitive('i64')),
  libraryRow('i128 as timestamp::milliseconds', ['time::serde::timestamp::milliseconds'], primitive('i128')),
  libraryRow('i128 as timestamp::microseconds', ['time::serde::timestamp::microseconds'], primitive('i128')),
  libraryRow(
    'i128 as timestamp::nanoseconds',
    ['time::serde::timestamp::nanoseconds', 'jiff::fmt::serde::timestamp::nanosecond::required'],
    primitive('i128'),
  ),

  ...textRows({
    'jiff::Timestamp': ['jiff::Timestamp'],
    'jiff::Zoned': ['jiff::Zoned'],
    'jiff::civil::DateTime': ['jiff::civil::DateTime'],
    'jiff::civil::Date': ['jiff::civil::Date'],
    'jiff::civil::Time': ['jiff::civil::Time'],
    'jiff::SignedDuration': ['jiff::SignedDuration'],
    'jiff::Span': ['jiff::Span'],
  }),

  {
    ...libraryRow('Decimal', ['rust_decimal::Decimal', 'sqlx::types::Decimal', 'sea_orm::prelude::Decimal'], text),
    unreadable: `without rust_decimal's feature serde-str, ${NEEDS_DESERIALIZE_ANY}`,
  },
  libraryRow('String as decimal', ['rust_decimal::serde::str'], text),
  {
    ...libraryRow('f64 as decimal', ['rust_decimal::serde::float'], primitive('f64')),
    unreadable: NEEDS_DESERIALIZE_ANY,
  },
  {
    ...libraryRow('BigDecimal', ['bigdecimal::BigDecimal', 'sqlx::types::BigDecimal'], text),
    unreadable: NEEDS_DESERIALIZE_ANY,
  },
  libraryRow('BigInt', ['num_bigint::BigInt', 'num::BigInt'], tuple(primitive('i8'), vec(u32))),
  libraryRow('BigUint', ['num_bigint::BigUint', 'num::BigUint'], vec(u32)),
  ...(['u8', 'u16', 'u32', 'u64', 'u128', 'usize', 'i8', 'i16', 'i32', 'i64', 'i128', 'isize'] as const).map((kind) => {
    const name = `NonZero${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
    return libraryRow(name, [`std::num::${name}`], primitive(kind))
  }),

  libraryRow('Duration', ['std::time::Duration'], fields({ secs: u64, nanos: u32 })),
  libraryRow('SystemTime', ['std::time::SystemTime'], fields({ secs_since_epoch: u64, nanos_since_epoch: u32 })),
  libraryRow('Ipv4Addr', ['std::net::Ipv4Addr'], octets(4), 'ipv4'),
  libraryRow('Ipv6Addr', ['std::net::Ipv6Addr'], octets(16), 'ipv6'),
  libraryRow('IpAddr', ['std::net::IpAddr'], variants({ V4: [octets(4)], V6: [octets(16)] }), 'ip'),
  libraryRow('SocketAddrV4', ['std::net::SocketAddrV4'], socketV4, 'socket-v4'),
  libraryRow('SocketAddrV6', ['std::net::SocketAddrV6'], socketV6, 'socket-v6'),
  libraryRow('SocketAddr', ['std::net::SocketAddr'], variants({ V4: [socketV4], V6: [socketV6] }), 'socket'),
  libraryRow('OsString', ['std::ffi::OsString'], variants({ Unix: [vec(u8)], Windows: [vec(u16)] })),
  ...textRows({
    PathBuf: ['std::path::PathBuf', 'std::path::Path', 'camino::Utf8PathBuf', 'camino::Utf8Path'],
    Url: ['url::Url'],
    Version: ['semver::Version'],
    VersionReq: ['semver::VersionReq'],
    'String as humantime': ['humantime_serde'],
  }),

  // `with = "solana_serde_varint"` encodes the integer that the field is.
  libraryRow('u16 as varint', ['solana_serde_varint<u16>', 'solana_short_vec::ShortU16'], varint('u16')),
  libraryRow('u32 as varint', ['solana_serde_varint<u32>'], varint('u32')),
  libraryRow('u64 as varint', ['solana_serde_varint<u64>'], varint('u64')),

  // Stands for a type of the service that cannot be decoded because of its serde attributes (`flatten`, `untagged`, `tag`).
  { ...libraryRow('unreadable', [], undefined), unreadable: NEEDS_DESERIALIZE_ANY },
  ...['Value', 'Map', 'Number'].map(
    (name): LibraryType => ({
      ...libraryRow(`serde_json::${name}`, [`serde_json::${name}`], undefined),
      unreadable: NEEDS_DESERIALIZE_ANY,
    }),
  ),
]

const byName = new Map(libraryTypes.map((type) => [type.name, type]))

/** Returns the row of a type `{ kind: 'known', name }`, or `undefined` for a name that is not in the table. */
export const libraryType = (name: string): LibraryType | undefined => byName.get(name)

/** The unit in which an integer counts time since 1970. */
export type TimeUnit = 'seconds' | 'milliseconds' | 'microseconds' | 'nanoseconds'

const timeUnits: Readonly<Record<string, TimeUnit>> = {
  'i64 as ts_seconds': 'seconds',
  'i64 as ts_milliseconds': 'milliseconds',
  'i64 as ts_microseconds': 'microseconds',
  'i64 as ts_nanoseconds': 'nanoseconds',
  'i64 as timestamp': 'seconds',
  'i128 as timestamp::milliseconds': 'milliseconds',
  'i128 as timestamp::microseconds': 'microseconds',
  'i128 as timestamp::nanoseconds': 'nanoseconds',
}

/** Returns the unit of a library type that counts time as an integer, or `undefined` for every other type. */
export const timeUnitOf = (name: string): TimeUnit | undefined => timeUnits[name]
