import type { Fields, Primitive, Type } from './model.ts'

/** What bincode writes for a value: one type, the fields of a struct, or the number of a variant and its fields. */
export type Wire =
  | Type
  | Extract<Fields, { kind: 'fields' }>
  | { readonly kind: 'variants'; readonly variants: readonly { readonly name: string; readonly fields: Fields }[] }

/** How serde_json writes a value: as it would write the wire form, or as a string in a format of its own. */
export type JsonForm =
  | 'wire'
  /** `550e8400-e29b-41d4-a716-446655440000`, 16 bytes on the wire. */
  | 'uuid'
  /** `192.168.0.1`, `2001:db8::1:0:0:1`, `::ffff:1.2.3.4`, as Rust's `Display` writes addresses. */
  | 'ipv4'
  | 'ipv6'
  | 'ip'
  /** `127.0.0.1:8080`, `[::1]:8080`. */
  | 'socket-v4'
  | 'socket-v6'
  | 'socket'
  /** `2025-11-21`, `-0044-03-15`; on the wire a year and the day of the year, from 1. */
  | 'time-date'
  /** `06:26:20.5`, `06:00:00.0`: at least one fractional digit, and no trailing zeros after it. */
  | 'time-time'
  /** `2025-11-21 06:26:20.5`. */
  | 'time-date-time'
  /** `2025-11-21 06:26:20.5 +02:00:00`. */
  | 'time-offset-date-time'
  /** `+02:30:01`, `-00:30:00`; on the wire all three parts have the sign. */
  | 'time-offset'
  /** `5.250000000`, `-0.000000001`: nine fractional digits; on the wire both parts have the sign. */
  | 'time-duration'
  /** `Monday` to `Sunday`; 1 to 7 on the wire. */
  | 'time-weekday'
  /** `January` to `December`; 1 to 12 on the wire. */
  | 'time-month'

/** A type of Rust's library or of a common crate. An import takes its bytes from this table and does not read its source. */
export interface LibraryType {
  /** The name in schema files. `i64 as ts_seconds` is an i64 written by the serde `with` module `ts_seconds`. */
  readonly name: string
  /** Paths in Rust code; for a name with `as`, the paths of the `with` modules. */
  readonly paths: readonly string[]
  /** `undefined` for a type that cannot be read, since its bytes do not say what they hold. */
  readonly wire: Wire | undefined
  readonly json: JsonForm
  /** Why bincode in Rust cannot read back what it wrote; `undefined` where it can. */
  readonly unreadable?: string
}

const of = (kind: Primitive): Type => ({ kind })
const u8 = of('u8')
const u16 = of('u16')
const u32 = of('u32')
const u64 = of('u64')
const text = of('String')
const bytes = of('bytes')
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

const known = (name: string, paths: string[], wire: Wire | undefined, json: JsonForm = 'wire'): LibraryType => ({
  name,
  paths,
  wire,
  json,
})
const texts = (named: Record<string, string[]>): LibraryType[] =>
  Object.entries(named).map(([name, paths]) => known(name, paths, text))

const socketV4 = tuple(octets(4), u16)
const socketV6 = tuple(octets(16), u16)
const timeDate = [of('i32'), u16]
const timeTime = [u8, u8, u8, u32]
const timeOffset = [of('i8'), of('i8'), of('i8')]
const needsAny = 'it needs deserialize_any, which bincode does not support'

/**
 * The table of library types. Every row was compared with what bincode 1.3 and serde_json write in Rust: see
 * `test/vectors/known-types`.
 */
export const libraryTypes: readonly LibraryType[] = [
  known('Uuid', ['uuid::Uuid', 'uuid::NonNilUuid', 'sqlx::types::Uuid', 'sea_orm::prelude::Uuid'], bytes, 'uuid'),
  known('[u8; 16] as uuid::compact', ['uuid::serde::compact'], octets(16), 'uuid'),
  ...texts({
    'String as uuid::simple': ['uuid::serde::simple', 'uuid::fmt::Simple'],
    'String as uuid::hyphenated': ['uuid::serde::hyphenated', 'uuid::fmt::Hyphenated'],
    'String as uuid::urn': ['uuid::serde::urn', 'uuid::fmt::Urn'],
    'String as uuid::braced': ['uuid::serde::braced', 'uuid::fmt::Braced'],
    Ulid: ['ulid::Ulid'],
  }),
  known('u128 as ulid', ['ulid::serde::ulid_as_u128'], of('u128')),

  // RFC 3339: no fraction, or one of 3, 6 or 9 digits; `Z` for UTC.
  ...texts({
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
  { ...known('DateTime<Tz>', ['chrono::DateTime<Tz>'], text), unreadable: 'chrono cannot deserialize DateTime<Tz>' },
  known('TimeDelta', ['chrono::TimeDelta'], tuple(of('i64'), of('i32'))),
  known('i64 as ts_seconds', ['chrono::serde::ts_seconds', 'chrono::naive::serde::ts_seconds'], of('i64')),
  known(
    'i64 as ts_milliseconds',
    ['chrono::serde::ts_milliseconds', 'chrono::naive::serde::ts_milliseconds'],
    of('i64'),
  ),
  known(
    'i64 as ts_microseconds',
    ['chrono::serde::ts_microseconds', 'chrono::naive::serde::ts_microseconds'],
    of('i64'),
  ),
  known('i64 as ts_nanoseconds', ['chrono::serde::ts_nanoseconds', 'chrono::naive::serde::ts_nanoseconds'], of('i64')),

  known('time::Date', ['time::Date'], tuple(...timeDate), 'time-date'),
  known('time::Time', ['time::Time'], tuple(...timeTime), 'time-time'),
  known('time::PrimitiveDateTime', ['time::PrimitiveDateTime'], tuple(...timeDate, ...timeTime), 'time-date-time'),
  known('time::UtcDateTime', ['time::UtcDateTime'], tuple(...timeDate, ...timeTime), 'time-date-time'),
  known(
    'time::OffsetDateTime',
    ['time::OffsetDateTime'],
    tuple(...timeDate, ...timeTime, ...timeOffset),
    'time-offset-date-time',
  ),
  known('time::UtcOffset', ['time::UtcOffset'], tuple(...timeOffset), 'time-offset'),
  known('time::Duration', ['time::Duration'], tuple(of('i64'), of('i32')), 'time-duration'),
  known('time::Weekday', ['time::Weekday'], u8, 'time-weekday'),
  known('time::Month', ['time::Month'], u8, 'time-month'),
  ...texts({
    'String as rfc3339': ['time::serde::rfc3339'],
    'String as rfc2822': ['time::serde::rfc2822'],
    'String as iso8601': ['time::serde::iso8601'],
  }),
  known('i64 as timestamp', ['time::serde::timestamp'], of('i64')),
  known('i128 as timestamp::milliseconds', ['time::serde::timestamp::milliseconds'], of('i128')),
  known('i128 as timestamp::microseconds', ['time::serde::timestamp::microseconds'], of('i128')),
  known('i128 as timestamp::nanoseconds', ['time::serde::timestamp::nanoseconds'], of('i128')),

  ...texts({
    'jiff::Timestamp': ['jiff::Timestamp'],
    'jiff::Zoned': ['jiff::Zoned'],
    'jiff::civil::DateTime': ['jiff::civil::DateTime'],
    'jiff::civil::Date': ['jiff::civil::Date'],
    'jiff::civil::Time': ['jiff::civil::Time'],
    'jiff::SignedDuration': ['jiff::SignedDuration'],
    'jiff::Span': ['jiff::Span'],
  }),

  {
    ...known('Decimal', ['rust_decimal::Decimal', 'sqlx::types::Decimal', 'sea_orm::prelude::Decimal'], text),
    unreadable: `without rust_decimal's feature serde-str ${needsAny}`,
  },
  known('String as decimal', ['rust_decimal::serde::str'], text),
  { ...known('f64 as decimal', ['rust_decimal::serde::float'], of('f64')), unreadable: needsAny },
  { ...known('BigDecimal', ['bigdecimal::BigDecimal', 'sqlx::types::BigDecimal'], text), unreadable: needsAny },
  known('BigInt', ['num_bigint::BigInt', 'num::BigInt'], tuple(of('i8'), vec(u32))),
  known('BigUint', ['num_bigint::BigUint', 'num::BigUint'], vec(u32)),
  ...(['u8', 'u16', 'u32', 'u64', 'u128', 'usize', 'i8', 'i16', 'i32', 'i64', 'i128', 'isize'] as const).map((kind) => {
    const name = `NonZero${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
    return known(name, [`std::num::${name}`], of(kind))
  }),

  known('Duration', ['std::time::Duration'], fields({ secs: u64, nanos: u32 })),
  known('SystemTime', ['std::time::SystemTime'], fields({ secs_since_epoch: u64, nanos_since_epoch: u32 })),
  known('Ipv4Addr', ['std::net::Ipv4Addr'], octets(4), 'ipv4'),
  known('Ipv6Addr', ['std::net::Ipv6Addr'], octets(16), 'ipv6'),
  known('IpAddr', ['std::net::IpAddr'], variants({ V4: [octets(4)], V6: [octets(16)] }), 'ip'),
  known('SocketAddrV4', ['std::net::SocketAddrV4'], socketV4, 'socket-v4'),
  known('SocketAddrV6', ['std::net::SocketAddrV6'], socketV6, 'socket-v6'),
  known('SocketAddr', ['std::net::SocketAddr'], variants({ V4: [socketV4], V6: [socketV6] }), 'socket'),
  known('OsString', ['std::ffi::OsString'], variants({ Unix: [vec(u8)], Windows: [vec(u16)] })),
  ...texts({
    PathBuf: ['std::path::PathBuf', 'std::path::Path', 'camino::Utf8PathBuf', 'camino::Utf8Path'],
    Url: ['url::Url'],
    Version: ['semver::Version'],
    VersionReq: ['semver::VersionReq'],
    'String as humantime': ['humantime_serde'],
  }),

  // A type of the service that cannot be read because of its serde attributes (`flatten`, `untagged`, `tag`).
  { ...known('unreadable', [], undefined), unreadable: needsAny },
  ...['Value', 'Map', 'Number'].map(
    (name): LibraryType => ({
      ...known(`serde_json::${name}`, [`serde_json::${name}`], undefined),
      unreadable: needsAny,
    }),
  ),
]

const byName = new Map(libraryTypes.map((type) => [type.name, type]))

/** The row of a type `{ kind: 'known', name }`. */
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

/** The time unit of a library type that is an integer on the wire; `undefined` for every other type. */
export const timeUnitOf = (name: string): TimeUnit | undefined => timeUnits[name]
