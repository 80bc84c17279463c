import { parseMoment } from './moment.ts'

/** The years 1 to 9999, which RFC 3339 supports. */
const FIRST_DATE = -62135596800000n
const LAST_DATE = 253402300799999n

/** Whether the timestamp of a record, which is any 64-bit integer, can be written as a date. */
export const isDate = (timestamp: bigint): boolean => timestamp >= FIRST_DATE && timestamp <= LAST_DATE

/**
 * A time in a JSON document: RFC 3339 in UTC with milliseconds. A timestamp that is not a date, for example because a producer
 * counts microseconds, is the number of milliseconds.
 */
export type JsonTime = string | bigint

/** Converts the timestamp of a record for JSON documents; `null` when the record has none. */
export function toJsonTime(timestamp: bigint): JsonTime | null {
  if (timestamp === -1n) return null
  return isDate(timestamp) ? new Date(Number(timestamp)).toISOString() : timestamp
}

/**
 * Reads a timestamp of a JSON document as milliseconds: RFC 3339 with any zone, or a 64-bit number, also as text; `null` means
 * that the record has none. `undefined` when the value is invalid.
 */
export function fromJsonTime(time: unknown): bigint | null | undefined {
  if (time === null) return null
  if (typeof time === 'bigint') return BigInt.asIntN(64, time) === time ? time : undefined
  if (typeof time === 'number') return Number.isSafeInteger(time) ? BigInt(time) : undefined
  if (typeof time !== 'string') return undefined
  // Numbers beyond 2^53 are strings in JSON documents.
  if (/^-?\d{1,19}$/.test(time)) return fromJsonTime(BigInt(time))
  const moment = parseMoment(time)
  return moment.ok && moment.hasZone ? BigInt(moment.time) : undefined
}
