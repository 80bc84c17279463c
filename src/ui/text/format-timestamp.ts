import { isDate } from '../../bus/time/json-time.ts'

/**
 * Formats the timestamp of a record: RFC 3339 in UTC, or `-` when the record has none. A timestamp that is not a date, for example
 * because a producer counts microseconds, is a number with its unit: `1764412345678901ms`.
 */
export function formatTimestamp(timestamp: bigint): string {
  if (timestamp === -1n) return '-'
  return isDate(timestamp) ? new Date(Number(timestamp)).toISOString() : `${timestamp}ms`
}
