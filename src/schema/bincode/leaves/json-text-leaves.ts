import type { JsonForm } from '../../library-types.ts'
import { type Cursor, fail, hasFailed, readI32, readI64, readLength, readU8, readU16, take } from '../reading/cursor.ts'
import { putBytes, putInteger64, putU8, putU16, putU32, refuseValue, type Sink } from '../writing/sink.ts'
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './ip-text.ts'
import type { Leaf } from './leaf.ts'
import {
  formatDate,
  formatDuration,
  formatOffset,
  formatTime,
  parseDate,
  parseDuration,
  parseOffset,
  parseTime,
} from './time-text.ts'

/** Converts between the bytes of a library type and its JSON string. */
interface Format {
  /** The fewest bytes a value takes. */
  readonly size: number
  readonly example: string
  /** Reads a value as a string; `undefined` for bytes that are not a valid value. `what` names the type in error messages. */
  readonly read: (cursor: Cursor, what: string) => string | undefined
  /** Writes the value that a string represents. Returns false if the string is not a valid value. */
  readonly write: (sink: Sink, text: string) => boolean
}

const noBytes = new Uint8Array(0)

/** Reads `size` bytes; none after a failure. */
function readBytes(cursor: Cursor, size: number, what: string): Uint8Array {
  const at = take(cursor, size, what)
  return at < 0 ? noBytes : cursor.bytes.subarray(at, at + size)
}

/** Writes the bytes and returns true; returns false for `undefined`. */
function putIfValid(sink: Sink, bytes: readonly number[] | undefined): boolean {
  if (bytes !== undefined) putBytes(sink, bytes)
  return bytes !== undefined
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const isUuid = /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/

function readUuid(cursor: Cursor, what: string): string {
  const at = take(cursor, 16, what)
  if (at < 0) return ''
  const { bytes } = cursor
  let text = ''
  for (let index = 0; index < 16; index += 1) {
    text += hex[bytes[at + index] as number]
    if (index === 3 || index === 5 || index === 7 || index === 9) text += '-'
  }
  return text
}

function putUuid(sink: Sink, text: string): void {
  putBytes(sink, Buffer.from(text.replaceAll('-', ''), 'hex'))
}

/** A UUID without a length, as `uuid::serde::compact` writes it. */
const compactUuid: Format = {
  size: 16,
  example: '550e8400-e29b-41d4-a716-446655440000',
  read: readUuid,
  write: (sink, text) => {
    if (!isUuid.test(text)) return false
    putUuid(sink, text)
    return true
  },
}

/** A UUID with its length in front, as the serde implementation of the `uuid` crate writes it. */
const uuid: Format = {
  ...compactUuid,
  size: 24,
  read: (cursor, what) => {
    const { position } = cursor
    const length = readLength(cursor, 1, what)
    // After `fail` no bytes are left, so `readUuid` returns an empty string.
    if (length !== 16) fail(cursor, `expected ${what}: a length of 16, got ${length}`, position)
    return readUuid(cursor, what)
  },
  write: (sink, text) => {
    if (!isUuid.test(text)) return false
    putInteger64(sink, 16)
    putUuid(sink, text)
    return true
  },
}

const ipv4: Format = {
  size: 4,
  example: '192.168.0.1',
  read: (cursor, what) => formatIpv4(readBytes(cursor, 4, what)),
  write: (sink, text) => putIfValid(sink, parseIpv4(text)),
}

const ipv6: Format = {
  size: 16,
  example: '2001:db8::1',
  read: (cursor, what) => formatIpv6(readBytes(cursor, 16, what)),
  write: (sink, text) => putIfValid(sink, parseIpv6(text)),
}

const isPort = /^(?:0|[1-9]\d{0,4})$/

/**
 * An address and a port. `pattern` captures both from the text; `formatHost` adds the brackets around an IPv6 address.
 */
function socket(address: Format, pattern: RegExp, formatHost: (text: string) => string, example: string): Format {
  return {
    size: address.size + 2,
    example,
    read: (cursor, what) => `${formatHost(address.read(cursor, what) ?? '')}:${readU16(cursor, what)}`,
    write: (sink, text) => {
      const [, host, port] = pattern.exec(text) ?? []
      if (host === undefined || port === undefined || !isPort.test(port) || Number(port) > 65_535) return false
      if (!address.write(sink, host)) return false
      putU16(sink, Number(port))
      return true
    },
  }
}

const socketV4 = socket(ipv4, /^(.+):(\d+)$/, (text) => text, '127.0.0.1:8080')
const socketV6 = socket(ipv6, /^\[(.+)\]:(\d+)$/, (text) => `[${text}]`, '[::1]:8080')

/** An enum of an IPv4 and an IPv6 variant, such as `IpAddr`. */
const either = (v4: Format, v6: Format, isV6: (text: string) => boolean): Format => ({
  size: 4 + v4.size,
  example: v4.example,
  read: (cursor, what) => {
    const { position } = cursor
    const variant = readI32(cursor, what)
    if (variant === 0) return v4.read(cursor, what)
    if (variant !== 1) fail(cursor, `expected ${what}: variant 0 (V4) or 1 (V6), got ${variant >>> 0}`, position)
    return v6.read(cursor, what)
  },
  write: (sink, text) => {
    putU32(sink, isV6(text) ? 1 : 0)
    return (isV6(text) ? v6 : v4).write(sink, text)
  },
})

/** The crate `time` writes a date as its year and the day of the year. */
const readDate = (cursor: Cursor, what: string) => {
  const year = readI32(cursor, what)
  const dayOfYear = readU16(cursor, what)
  return formatDate(year, dayOfYear)
}

const readTime = (cursor: Cursor, what: string) => {
  const hour = readU8(cursor, what)
  const minute = readU8(cursor, what)
  const second = readU8(cursor, what)
  return formatTime(hour, minute, second, readI32(cursor, what) >>> 0)
}

const readI8 = (cursor: Cursor, what: string): number => (readU8(cursor, what) << 24) >> 24

const readUtcOffset = (cursor: Cursor, what: string) => {
  const hours = readI8(cursor, what)
  const minutes = readI8(cursor, what)
  return formatOffset(hours, minutes, readI8(cursor, what))
}

/** Joins the parts with spaces; `undefined` if a part is undefined. */
const joined = (...parts: (string | undefined)[]): string | undefined =>
  parts.every((part) => part !== undefined) ? parts.join(' ') : undefined

function putDate(sink: Sink, text: string | undefined): boolean {
  const parts = parseDate(text ?? '')
  if (parts === undefined) return false
  putU32(sink, parts[0])
  putU16(sink, parts[1])
  return true
}

function putTime(sink: Sink, text: string | undefined): boolean {
  const parts = parseTime(text ?? '')
  if (parts === undefined) return false
  const [hour, minute, second, nanos] = parts
  putBytes(sink, [hour, minute, second])
  putU32(sink, nanos)
  return true
}

const putUtcOffset = (sink: Sink, text: string | undefined): boolean =>
  putIfValid(
    sink,
    parseOffset(text ?? '')?.map((part) => part & 0xff),
  )

const date: Format = { size: 6, example: '2025-11-21', read: readDate, write: putDate }
const time: Format = { size: 7, example: '06:26:20.5', read: readTime, write: putTime }
const offset: Format = { size: 3, example: '+02:00:00', read: readUtcOffset, write: putUtcOffset }

const dateTime: Format = {
  size: 13,
  example: '2025-11-21 06:26:20.5',
  read: (cursor, what) => joined(readDate(cursor, what), readTime(cursor, what)),
  write: (sink, text) => {
    const parts = text.split(' ')
    return parts.length === 2 && putDate(sink, parts[0]) && putTime(sink, parts[1])
  },
}

const offsetDateTime: Format = {
  size: 16,
  example: '2025-11-21 06:26:20.5 +02:00:00',
  read: (cursor, what) => joined(readDate(cursor, what), readTime(cursor, what), readUtcOffset(cursor, what)),
  write: (sink, text) => {
    const parts = text.split(' ')
    return parts.length === 3 && putDate(sink, parts[0]) && putTime(sink, parts[1]) && putUtcOffset(sink, parts[2])
  },
}

const duration: Format = {
  size: 12,
  example: '5.250000000',
  read: (cursor, what) => {
    const seconds = readI64(cursor, what)
    return formatDuration(seconds, readI32(cursor, what))
  },
  write: (sink, text) => {
    const parts = parseDuration(text)
    if (parts === undefined || BigInt.asIntN(64, parts[0]) !== parts[0]) return false
    const bits = BigInt.asUintN(64, parts[0])
    putU32(sink, Number(bits & 0xffffffffn))
    putU32(sink, Number(bits >> 32n))
    putU32(sink, parts[1])
    return true
  },
}

/** An enum that is written as one byte: the number of the name in the list, from 1. */
const numberedName = (names: readonly string[]): Format => ({
  size: 1,
  example: names[0] as string,
  read: (cursor, what) => names[readU8(cursor, what) - 1],
  write: (sink, text) => {
    const index = names.indexOf(text)
    if (index >= 0) putU8(sink, index + 1)
    return index >= 0
  },
})

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const months = 'January February March April May June July August September October November December'.split(' ')

const formats: Readonly<Record<Exclude<JsonForm, 'wire'>, Format>> = {
  uuid,
  ipv4,
  ipv6,
  ip: either(ipv4, ipv6, (text) => text.includes(':')),
  'socket-v4': socketV4,
  'socket-v6': socketV6,
  socket: either(socketV4, socketV6, (text) => text.startsWith('[')),
  'time-date': date,
  'time-time': time,
  'time-date-time': dateTime,
  'time-offset-date-time': offsetDateTime,
  'time-offset': offset,
  'time-duration': duration,
  'time-weekday': numberedName(weekdays),
  'time-month': numberedName(months),
}

/**
 * The leaf of a library type that serde_json writes as a string in a format of its own, such as an IP address. None of these
 * strings has characters that JSON escapes. `isCompact`: the bytes of a UUID have no length in front.
 */
export function jsonTextLeaf(name: string, json: Exclude<JsonForm, 'wire'>, isCompact: boolean): Leaf {
  const format = json === 'uuid' && isCompact ? compactUuid : formats[json]
  const read = (cursor: Cursor): string => {
    const { position } = cursor
    const text = format.read(cursor, name)
    if (text === undefined && !hasFailed(cursor))
      fail(cursor, `expected ${name}, the bytes are not a valid value`, position)
    return text ?? ''
  }
  return {
    kind: 'leaf',
    name,
    size: format.size,
    read,
    readJson: (cursor) => `"${read(cursor)}"`,
    write: (sink, value) => {
      if (typeof value === 'string' && format.write(sink, value)) return true
      return refuseValue(sink, `${name}, like "${format.example}"`, value)
    },
    key: (text) => text,
    isLoose: true,
  }
}
