import type { Fields, Schema, Type } from '../../../../src/schema/model.ts'
import { listOf, type Random } from './random.ts'

/** Random values as crbus decodes them; crbus has to encode them to the bytes that Rust writes. */
export function randomValue(schema: Schema, type: Type, random: Random, depth = 4): unknown {
  const again = (item: Type) => randomValue(schema, item, random, depth)
  switch (type.kind) {
    case 'option': {
      if (depth === 0 || random.chance(0.4)) return null
      const value = again(type.item)
      return isNullable(schema, type.item) ? { Some: value } : value
    }
    case 'sequence': {
      if (type.name === 'Vec' && type.item.kind === 'u8') return randomBytes(random, random.below(20))
      const items = listOf(depth === 0 ? 0 : random.below(4), () => again(type.item))
      return isSet(type.name) ? unique(items, (item) => item) : items
    }
    case 'map': {
      const count = depth === 0 ? 0 : random.below(4)
      const pairs = unique(
        listOf(count, () => [again(type.key), again(type.value)] as [unknown, unknown]),
        ([key]) => key,
      )
      return isTextKey(schema, type.key) ? objectOf(pairs.map(([key, value]) => [`${key}`, value])) : pairs
    }
    case 'array':
      if (type.item.kind === 'u8') return randomBytes(random, type.length)
      return listOf(type.length, () => again(type.item))
    case 'tuple':
      return type.items.map(again)
    case 'result':
      return random.chance(0.5) ? { Ok: again(type.ok) } : { Err: again(type.error) }
    case 'known':
      return randomKnown(type.name, random)
    case 'named': {
      const named = schema.types.get(type.name)
      if (named === undefined) throw new Error(`no type ${type.name}`)
      const inner = depth === 0 ? 0 : depth - 1
      if (named.kind === 'struct') return randomFields(schema, named.fields, random, inner)
      const variant = named.variants[depth === 0 ? 0 : random.below(named.variants.length)]
      if (variant === undefined) throw new Error(`no variant of ${type.name}`)
      if (variant.fields.kind === 'unit') return variant.name
      return { [variant.name]: randomFields(schema, variant.fields, random, inner) }
    }
    default:
      return randomPrimitive(type.kind, random)
  }
}

function randomFields(schema: Schema, fields: Fields, random: Random, depth: number): unknown {
  if (fields.kind === 'unit') return null
  if (fields.kind === 'fields') {
    return objectOf(fields.fields.map((field) => [field.name, randomValue(schema, field.type, random, depth)]))
  }
  const items = fields.items.map((item) => randomValue(schema, item, random, depth))
  return items.length === 1 ? items[0] : items
}

export const isSet = (name: string): boolean => name.endsWith('Set')

const objectOf = (pairs: readonly (readonly [string, unknown])[]): object => {
  const made = {}
  for (const [key, value] of pairs) {
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return made
}

function unique<T>(items: readonly T[], keyOf: (item: T) => unknown): T[] {
  const seen = new Set<string>()
  return items.filter((item) => {
    const key = JSON.stringify(keyOf(item))
    return seen.size < seen.add(key).size
  })
}

/** Follows newtypes to the type they hold. */
function held(schema: Schema, type: Type): Type {
  if (type.kind !== 'named') return type
  const named = schema.types.get(type.name)
  if (named?.kind !== 'struct') return type
  if (named.fields.kind === 'unit') return { kind: 'unit' }
  const [item] = named.fields.kind === 'tuple' && named.fields.items.length === 1 ? named.fields.items : []
  return item === undefined ? type : held(schema, item)
}

export const isNullable = (schema: Schema, type: Type): boolean => {
  const { kind } = held(schema, type)
  return kind === 'unit' || kind === 'option'
}

export function isTextKey(schema: Schema, type: Type): boolean {
  const key = held(schema, type)
  if (key.kind === 'named') {
    const named = schema.types.get(key.name)
    return named?.kind === 'enum' && named.variants.every((variant) => variant.fields.kind === 'unit')
  }
  if (key.kind === 'known') return !['Duration', 'TimeDelta', 'BigInt', 'OsString'].includes(key.name)
  return /^(?:bool|char|String|[ui](?:\d+|size))$/.test(key.kind)
}

const randomBytes = (random: Random, length: number): string =>
  Buffer.from(listOf(length, () => random.below(256))).toString('base64')

const texts = [
  ...['', 'a', 'order-1', 'Grüße', '日本語', '🦀 crab', '"quoted"\\', 'two\nlines', '\u0000\u001b[31m', '\u007f\u0085'],
  ...['\u202eflow', '\ufeff', '__proto__', 'constructor', '7', '10', '07', '-1', 'x'.repeat(300), 'é'.repeat(200)],
]
const chars = ['a', ' ', 'é', 'ß', '語', '🦀', '\u0000', '"', '\u202e', '5', '\uffff']

function randomInteger(random: Random, bits: number, signed: boolean): number | string {
  const width = BigInt(bits)
  const least = signed ? -(2n ** (width - 1n)) : 0n
  const most = signed ? 2n ** (width - 1n) - 1n : 2n ** width - 1n
  const form = random.below(6)
  let value = BigInt(random.below(100))
  if (form === 0) value = least
  if (form === 1) value = most
  if (form === 2) value = BigInt.asUintN(bits, 2n ** 53n + BigInt(random.below(3)) - 1n)
  if (form >= 3) for (let word = 0; word < bits; word += 32) value = (value << 32n) | BigInt(random.below(2 ** 32))
  value = signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : `${value}`
}

const scratch = new DataView(new ArrayBuffer(8))

function randomFloat(random: Random): number | string {
  const form = random.below(8)
  if (form === 0) return random.pick(['NaN', 'inf', '-inf', 'NaN(0xfff8000000000000)', 'NaN(0x7ff800000000beef)'])
  if (form === 1) return random.pick([0, -0, 1, 0.1, -2.5, 5e-324, 1.7976931348623157e308, 2 ** 53, 1e21])
  scratch.setUint32(0, random.below(2 ** 32))
  scratch.setUint32(4, random.below(2 ** 32))
  const value = scratch.getFloat64(0)
  return Number.isFinite(value) ? value : 0.5
}

function randomFloat32(random: Random): number | string {
  const form = random.below(8)
  if (form === 0) return random.pick(['NaN', 'inf', '-inf', 'NaN(0xffc00000)', 'NaN(0x7fc0beef)'])
  if (form === 1) return random.pick([0, -0, 1, 0.1, -2.5, 16777216, 1e-45, 3.4028235e38])
  scratch.setUint32(0, random.below(2 ** 32))
  const value = scratch.getFloat32(0)
  if (!Number.isFinite(value)) return 0.5
  // The digits of a float halfway between two decimals depend on rounding; vectors made by Rust cover them.
  return Number.isInteger(value * 1024) && !Number.isInteger(value) ? 0.1 : Number(shortest(value))
}

/** The shortest decimal that stands for an f32. */
const shortest = (value: number): string =>
  listOf(9, (digits) => value.toPrecision(digits + 1)).find((text) => Math.fround(Number(text)) === value) ?? `${value}`

function randomPrimitive(kind: string, random: Random): unknown {
  if (kind === 'unit') return null
  if (kind === 'bool') return random.chance(0.5)
  if (kind === 'char') return random.pick(chars)
  if (kind === 'String') return random.chance(0.7) ? random.pick(texts) : `id-${random.below(1e6)}`
  if (kind === 'bytes') return randomBytes(random, random.below(20))
  if (kind === 'f64') return randomFloat(random)
  if (kind === 'f32') return randomFloat32(random)
  return randomInteger(random, kind.endsWith('size') ? 64 : Number(kind.slice(1)), kind.startsWith('i'))
}

const pad = (value: number, digits = 2): string => `${value}`.padStart(digits, '0')
const hex = (random: Random, digits: number): string => listOf(digits, () => random.below(16).toString(16)).join('')
const uuid = (random: Random): string => [8, 4, 4, 4, 12].map((digits) => hex(random, digits)).join('-')
const days = (random: Random): string =>
  `${pad(1970 + random.below(100), 4)}-${pad(1 + random.below(12))}-${pad(1 + random.below(28))}`
const clock = (random: Random): string => `${pad(random.below(24))}:${pad(random.below(60))}:${pad(random.below(60))}`
/** A fraction of a second as chrono writes it: none, or 3, 6 or 9 digits of which the last three are not all zero. */
const fraction = (random: Random): string =>
  ['', '.', '.123', '.000001'].map((start) => (start === '' ? '' : `${start}${pad(1 + random.below(999), 3)}`))[
    random.below(4)
  ] as string
/** A fraction of a second as time and jiff write it: no trailing zeros. */
const shortFraction = (random: Random): string => `${1 + random.below(99_999_999)}`.replace(/0+$/, '')
const offset = (random: Random): string =>
  `${random.pick(['+', '-'])}${pad(1 + random.below(13))}:${random.pick(['00', '30'])}`
const stamp = (random: Random): string => `${days(random)}T${clock(random)}`
const octets = (random: Random): string => listOf(4, () => random.below(256)).join('.')
const ipv6s = [
  '::',
  '::1',
  '2001:db8::1:0:0:1',
  '::ffff:1.2.3.4',
  'fe80::1',
  '1:2:3:4:5:6:7:8',
  '1:0:2:0:3:0:4:0',
  'ff02::',
]
const signed = (random: Random, most: number): number => random.below(most) * (random.chance(0.5) ? 1 : -1) + 0
const timeOfDay = (random: Random): string => `${clock(random)}.${random.chance(0.3) ? '0' : shortFraction(random)}`
const timeDay = (random: Random): string =>
  random.pick(['-0044-03-15', '0000-12-31', '9999-12-31', '2024-02-29', '-9999-01-01', days(random), days(random)])

const known: Readonly<Record<string, (random: Random) => unknown>> = {
  Uuid: uuid,
  '[u8; 16] as uuid::compact': uuid,
  'String as uuid::simple': (random) => hex(random, 32),
  'String as uuid::hyphenated': uuid,
  'String as uuid::urn': (random) => `urn:uuid:${uuid(random)}`,
  'String as uuid::braced': (random) => `{${uuid(random)}}`,
  Ulid: (random) => `0${listOf(25, () => random.pick([...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'])).join('')}`,
  'u128 as ulid': (random) => randomInteger(random, 128, false),
  'DateTime<Utc>': (random) => `${stamp(random)}${fraction(random)}Z`,
  'DateTime<FixedOffset>': (random) => `${stamp(random)}${fraction(random)}${offset(random)}`,
  'DateTime<Local>': (random) => `${stamp(random)}${fraction(random)}Z`,
  NaiveDateTime: (random) => `${stamp(random)}${fraction(random)}`,
  NaiveDate: (random) => random.pick([days(random), '-0044-03-15', '0000-02-29', '+12345-06-07']),
  NaiveTime: (random) => `${clock(random)}${fraction(random)}`,
  Weekday: (random) => random.pick(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']),
  Month: (random) => random.pick(['January', 'May', 'September']),
  Tz: (random) => random.pick(['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+3']),
  TimeDelta: (random) => [signed(random, 1e12), random.below(1e9)],
  'i64 as ts_seconds': (random) => signed(random, 4e9),
  'i64 as ts_milliseconds': (random) => signed(random, 4e12),
  'i64 as ts_microseconds': (random) => signed(random, 4e15),
  'i64 as ts_nanoseconds': (random) => {
    const nanos = BigInt(signed(random, 9e15)) * 1000n
    return Number.isSafeInteger(Number(nanos)) ? Number(nanos) : `${nanos}`
  },
  'time::Date': timeDay,
  'time::Time': timeOfDay,
  'time::PrimitiveDateTime': (random) => `${timeDay(random)} ${timeOfDay(random)}`,
  'time::UtcDateTime': (random) => `${timeDay(random)} ${timeOfDay(random)}`,
  'time::OffsetDateTime': (random) =>
    `${days(random)} ${timeOfDay(random)} ${offset(random)}:${random.pick(['00', '15'])}`,
  'time::UtcOffset': (random) => random.pick(['+00:00:00', '-00:30:00', '+25:59:59', '-00:00:01', '+02:30:01']),
  'time::Duration': (random) =>
    random.pick(['0.000000000', '-0.000000001', '-5.250000000', `${random.below(1e9)}.${pad(random.below(1e9), 9)}`]),
  'time::Weekday': (random) => random.pick(['Monday', 'Wednesday', 'Sunday']),
  'time::Month': (random) => random.pick(['January', 'February', 'December']),
  'String as rfc3339': (random) => `${stamp(random)}.${shortFraction(random)}${offset(random)}`,
  'String as rfc2822': (random) => `Fri, 21 Nov 2025 ${clock(random)} +0200`,
  'String as iso8601': (random) => `+00${stamp(random)}.${pad(random.below(1e9), 9)}${offset(random)}`,
  'i64 as timestamp': (random) => signed(random, 4e9),
  'i128 as timestamp::milliseconds': (random) => signed(random, 4e12),
  'i128 as timestamp::microseconds': (random) => signed(random, 4e15),
  'i128 as timestamp::nanoseconds': (random) => signed(random, 4e15),
  'jiff::Timestamp': (random) => `${stamp(random)}.${shortFraction(random)}Z`,
  'jiff::Zoned': () => '2025-11-21T06:26:20+01:00[Europe/Berlin]',
  'jiff::civil::DateTime': stamp,
  'jiff::civil::Date': days,
  'jiff::civil::Time': clock,
  'jiff::SignedDuration': (random) => random.pick(['-PT5.5S', 'PT0S', 'PT1H2M3S']),
  'jiff::Span': (random) => random.pick(['PT5H', 'P1Y2M3D', '-P7D']),
  'String as decimal': (random) =>
    random.pick(['0', '-12.30', '79228162514264337593543950335', '0.0000000001', '19.99']),
  BigInt: (random) =>
    random.pick([
      [0, []],
      [-1, [2, 1]],
      [1, [4294967295, 7, 9]],
    ]),
  BigUint: (random) => random.pick([[], [5], [0, 1], [1, 2, 3, 4, 5]]),
  'u16 as varint': (random) => random.pick([0, 1, 127, 128, 16383, 65535]),
  'u32 as varint': (random) => random.pick([0, 127, 128, 65536, 4294967295]),
  'u64 as varint': (random) => random.pick([0, 127, 128, 4294967296, '18446744073709551615']),
  Duration: (random) => ({ secs: random.below(1e12), nanos: random.below(1e9) }),
  SystemTime: (random) => ({ secs_since_epoch: random.below(4e9), nanos_since_epoch: random.below(1e9) }),
  Ipv4Addr: octets,
  Ipv6Addr: (random) => random.pick(ipv6s),
  IpAddr: (random) => (random.chance(0.5) ? octets(random) : random.pick(ipv6s)),
  SocketAddrV4: (random) => `${octets(random)}:${random.below(65536)}`,
  SocketAddrV6: (random) => `[${random.pick(ipv6s)}]:${random.below(65536)}`,
  SocketAddr: (random) => (random.chance(0.5) ? `${octets(random)}:80` : `[${random.pick(ipv6s)}]:443`),
  OsString: (random) => ({ Unix: randomBytes(random, random.below(9)) }),
  PathBuf: (random) => random.pick(['/tmp/a', '', 'relative/ü', '/']),
  Url: (random) => random.pick(['https://example.com/a?b=c#d', 'mailto:a@b.c', 'http://[::1]:8080/']),
  Version: (random) => random.pick(['1.2.3', '0.0.1-alpha.1+build.5']),
  VersionReq: (random) => random.pick(['^1.2', '*', '>=1.0.0, <2.0.0']),
  'String as humantime': (random) => random.pick(['5s', '1h 2m 3s', '0s', '250ms']),
}

function randomKnown(name: string, random: Random): unknown {
  const whole = /^NonZero(.+)$/.exec(name)?.[1]?.toLowerCase()
  if (whole !== undefined) {
    const value = randomPrimitive(whole, random)
    return value === 0 ? 1 : value
  }
  const make = known[name === 'Decimal' ? 'String as decimal' : name]
  if (make === undefined) throw new Error(`no random ${name}`)
  return make(random)
}
