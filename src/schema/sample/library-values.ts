import type { Faker } from '@faker-js/faker'
import type { FieldContext } from './field-names.ts'
import { sampleDecimal } from './sample-number.ts'
import { chronoStamp, iso8601, jiffStamp, plausibleTime, rfc2822, timeStamp } from './sample-time.ts'

type Make = (faker: Faker, context: FieldContext) => unknown

const uuid: Make = (faker) => faker.string.uuid()
const pick =
  (...texts: readonly string[]): Make =>
  (faker) =>
    faker.helpers.arrayElement(texts)

/** Makes a plausible time for the field. `write` converts it from milliseconds since 1970. */
const time =
  (write: (at: number) => unknown): Make =>
  (faker, { names, at }) =>
    write(plausibleTime(names.join('_'), at, (limit) => faker.number.int(limit - 1)))

const HOUR = 3_600_000
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)
const clockOf = (stamp: string): string => stamp.slice(11)
const seconds = (faker: Faker): number => faker.number.int({ min: 1, max: 3600 })
/** Nanoseconds of a whole number of milliseconds. */
const nanos = (faker: Faker): number => faker.number.int(999) * 1_000_000
const port = (faker: Faker): number => faker.number.int({ min: 1024, max: 65_535 })
/** An address as Rust's `Display` writes it. No group is zero, so nothing is shortened to `::`. */
const ipv6: Make = (faker) =>
  ['2001', 'db8', ...Array.from({ length: 6 }, () => faker.number.int({ min: 1, max: 0xffff }).toString(16))].join(':')

/** The digits of Crockford's base 32, in which a ULID is written. */
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A ULID: 48 bits of milliseconds since 1970, then 80 random bits. */
function ulidNumber(faker: Faker, at: number): bigint {
  return (BigInt(Math.floor(at)) << 80n) | faker.number.bigInt({ min: 0n, max: 2n ** 80n - 1n })
}

function ulidText(number: bigint): string {
  let text = ''
  for (let left = number, count = 0; count < 26; count += 1, left >>= 5n) text = CROCKFORD[Number(left & 31n)] + text
  return text
}

/** Makes values of library types that need more than a random value of their kind. The values are written exactly as in Rust. */
const makers: Readonly<Record<string, Make>> = {
  Uuid: uuid,
  '[u8; 16] as uuid::compact': uuid,
  'String as uuid::simple': (faker) => faker.string.uuid().replaceAll('-', ''),
  'String as uuid::hyphenated': uuid,
  'String as uuid::urn': (faker) => `urn:uuid:${faker.string.uuid()}`,
  'String as uuid::braced': (faker) => `{${faker.string.uuid()}}`,
  Ulid: (faker, { at }) => ulidText(ulidNumber(faker, at)),
  'u128 as ulid': (faker, { at }) => `${ulidNumber(faker, at)}`,
  'DateTime<Utc>': time((at) => `${chronoStamp(at)}Z`),
  'DateTime<FixedOffset>': time((at) => `${chronoStamp(at + HOUR)}+01:00`),
  'DateTime<Local>': time((at) => `${chronoStamp(at)}Z`),
  'DateTime<Tz>': time((at) => `${chronoStamp(at)}Z`),
  NaiveDateTime: time(chronoStamp),
  NaiveDate: time(dayOf),
  NaiveTime: time((at) => clockOf(chronoStamp(at))),
  Weekday: pick('Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'),
  Month: pick('January', 'April', 'September', 'December'),
  Tz: pick('Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'UTC'),
  TimeDelta: (faker) => [seconds(faker), nanos(faker)],
  'time::Date': time(dayOf),
  'time::Time': time((at) => clockOf(timeStamp(at))),
  'time::PrimitiveDateTime': time(timeStamp),
  'time::UtcDateTime': time(timeStamp),
  'time::OffsetDateTime': time((at) => `${timeStamp(at)} +00:00:00`),
  'time::UtcOffset': pick('+00:00:00', '+01:00:00', '-05:00:00'),
  'time::Duration': (faker) => `${seconds(faker)}.${`${nanos(faker)}`.padStart(9, '0')}`,
  'time::Weekday': pick('Monday', 'Wednesday', 'Sunday'),
  'time::Month': pick('January', 'April', 'September', 'December'),
  'String as rfc3339': time((at) => `${jiffStamp(at)}Z`),
  'String as rfc2822': time(rfc2822),
  'String as iso8601': time(iso8601),
  'jiff::Timestamp': time((at) => `${jiffStamp(at)}Z`),
  'jiff::Zoned': time((at) => `${jiffStamp(at)}+00:00[UTC]`),
  'jiff::civil::DateTime': time(jiffStamp),
  'jiff::civil::Date': time(dayOf),
  'jiff::civil::Time': time((at) => clockOf(jiffStamp(at))),
  'jiff::SignedDuration': pick('PT30S', 'PT5M', 'PT1H30M'),
  'jiff::Span': pick('PT30S', 'PT5M', 'P1D', 'P1M'),
  Decimal: sampleDecimal,
  'String as decimal': sampleDecimal,
  BigDecimal: sampleDecimal,
  // A big integer is written as its sign and its 32-bit digits.
  BigInt: (faker) => [1, [faker.number.int({ min: 1, max: 0xffff_ffff })]],
  BigUint: (faker) => [faker.number.int({ min: 1, max: 0xffff_ffff })],
  Duration: (faker) => ({ secs: seconds(faker), nanos: nanos(faker) }),
  // Whole seconds, and the rest in nanoseconds.
  SystemTime: time((at) => ({
    secs_since_epoch: Math.floor(at / 1000),
    nanos_since_epoch: (at - Math.floor(at / 1000) * 1000) * 1_000_000,
  })),
  Ipv4Addr: (faker) => faker.internet.ipv4(),
  Ipv6Addr: ipv6,
  IpAddr: (faker) => faker.internet.ipv4(),
  SocketAddrV4: (faker) => `${faker.internet.ipv4()}:${port(faker)}`,
  SocketAddrV6: (faker, context) => `[${ipv6(faker, context)}]:${port(faker)}`,
  SocketAddr: (faker) => `${faker.internet.ipv4()}:${port(faker)}`,
  OsString: (faker) => ({ Unix: Buffer.from(faker.system.fileName()).toString('base64') }),
  PathBuf: (faker) => faker.system.filePath(),
  // Rust's Url always writes a path.
  Url: (faker) => `https://${faker.internet.domainName()}/${faker.lorem.slug(2)}`,
  Version: (faker) => faker.system.semver(),
  VersionReq: (faker) => `^${faker.number.int({ min: 0, max: 5 })}.${faker.number.int(20)}`,
  'String as humantime': pick('250ms', '30s', '5m', '1h 30m'),
}

/** Returns the maker of a library type's values; `undefined` if a random value of its kind is enough. */
export const libraryValueMaker = (name: string): Make | undefined => makers[name]
