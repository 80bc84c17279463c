/** The years 1 to 9999, which RFC 3339 supports. */
const FIRST_DATE = -62135596800000n
const LAST_DATE = 253402300799999n

/** Whether the timestamp of a record, which is any 64-bit integer, can be written as a date. */
export const isDate = (timestamp: bigint): boolean => timestamp >= FIRST_DATE && timestamp <= LAST_DATE

/**
 * Formats the timestamp of a record: RFC 3339 in UTC, or `-` when the record has none. A timestamp that is not a date, for example
 * because a producer counts microseconds, is a number with its unit: `1764412345678901ms`.
 */
export function formatTimestamp(timestamp: bigint): string {
  if (timestamp === -1n) return '-'
  return isDate(timestamp) ? new Date(Number(timestamp)).toISOString() : `${timestamp}ms`
}
