import { isDate } from '../../bus/time/json-time.ts'
import { formatTime, type TimeZone } from './format-time.ts'

/**
 * Formats the timestamp of a record in a zone (see {@link formatTime}), or `-` when the record has none. A timestamp that is not a
 * date, for example because a producer counts microseconds, is a number with its unit: `1764412345678901ms`.
 */
export function formatTimestamp(timestamp: bigint, timeZone: TimeZone): string {
  if (timestamp === -1n) return '-'
  return isDate(timestamp) ? formatTime(Number(timestamp), timeZone) : `${timestamp}ms`
}
