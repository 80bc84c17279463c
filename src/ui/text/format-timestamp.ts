/** Years 1 to 9999, which RFC 3339 can write. */
const FIRST_DATE = -62135596800000n
const LAST_DATE = 253402300799999n

/** Whether a record's timestamp, any 64-bit integer, can be written as a date. */
export const isDate = (timestamp: bigint): boolean => timestamp >= FIRST_DATE && timestamp <= LAST_DATE

/**
 * A record's timestamp for people: RFC 3339 in UTC; `-` for a record without one; for what no date stands for, as where
 * a producer counts microseconds, the number with its unit: `1764412345678901ms`.
 */
export function formatTimestamp(timestamp: bigint): string {
  if (timestamp === -1n) return '-'
  return isDate(timestamp) ? new Date(Number(timestamp)).toISOString() : `${timestamp}ms`
}
