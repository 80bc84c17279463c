/**
 * Converts between the numbers that the Rust crate `time` writes to bincode and the strings that it writes to JSON. Every
 * function returns `undefined` for values that the crate does not have.
 */

const between = (value: number, min: number, max: number): boolean => value >= min && value <= max
/** Formats the absolute value with leading zeros. */
const pad = (value: number, digits = 2): string => `${Math.abs(value)}`.padStart(digits, '0')

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
const daysOfMonths = (year: number): number[] => [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Formats a date. `ordinal` is the day of the year, from 1. */
export function formatDate(year: number, ordinal: number): string | undefined {
  if (!between(year, -9999, 9999) || !between(ordinal, 1, isLeap(year) ? 366 : 365)) return undefined
  let day = ordinal
  let month = 0
  for (const days of daysOfMonths(year)) {
    if (day <= days) break
    day -= days
    month += 1
  }
  return `${year < 0 ? '-' : ''}${pad(year, 4)}-${pad(month + 1)}-${pad(day)}`
}

export function parseDate(text: string): [year: number, ordinal: number] | undefined {
  const [, year, month, day] = (/^([+-]?\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number)
  if (year === undefined || month === undefined || day === undefined) return undefined
  const days = daysOfMonths(year)
  if (!between(month, 1, 12) || !between(day, 1, days[month - 1] as number)) return undefined
  return [year, days.slice(0, month - 1).reduce((sum, daysOfMonth) => sum + daysOfMonth, day)]
}

export function formatTime(hour: number, minute: number, second: number, nanos: number): string | undefined {
  if (hour > 23 || minute > 59 || second > 59 || nanos > 999_999_999) return undefined
  // The crate drops trailing zeros, but keeps at least one digit.
  return `${pad(hour)}:${pad(minute)}:${pad(second)}.${pad(nanos, 9).replace(/0{1,8}$/, '')}`
}

export function parseTime(text: string): [hour: number, minute: number, second: number, nanos: number] | undefined {
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/.exec(text)
  if (match === null) return undefined
  const [hour, minute, second] = match.slice(1, 4).map(Number) as [number, number, number]
  const nanos = Number((match[4] ?? '').padEnd(9, '0'))
  return hour > 23 || minute > 59 || second > 59 ? undefined : [hour, minute, second, nanos]
}

/** The largest hours of an offset from UTC in the crate. */
const MAX_OFFSET_HOURS = 25

/** Formats an offset from UTC. All parts must have the same sign. */
export function formatOffset(hours: number, minutes: number, seconds: number): string | undefined {
  const parts = [hours, minutes, seconds]
  if (Math.abs(hours) > MAX_OFFSET_HOURS || Math.abs(minutes) > 59 || Math.abs(seconds) > 59) return undefined
  const isNegative = parts.some((part) => part < 0)
  if (isNegative && parts.some((part) => part > 0)) return undefined
  return `${isNegative ? '-' : '+'}${parts.map((part) => pad(part)).join(':')}`
}

export function parseOffset(text: string): [hours: number, minutes: number, seconds: number] | undefined {
  const match = /^([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text)
  if (match === null) return undefined
  const parts = match.slice(2).map((part) => Number(part ?? 0)) as [number, number, number]
  if (parts[0] > MAX_OFFSET_HOURS || parts[1] > 59 || parts[2] > 59) return undefined
  // `0 - part`, because `-part` of 0 is -0.
  return match[1] === '-' ? (parts.map((part) => 0 - part) as [number, number, number]) : parts
}

/** Formats a duration. `seconds` is a string of digits beyond 2^53. Both parts must have the same sign. */
export function formatDuration(seconds: number | string, nanos: number): string | undefined {
  const whole = BigInt(seconds)
  if (Math.abs(nanos) > 999_999_999 || (whole > 0n && nanos < 0) || (whole < 0n && nanos > 0)) return undefined
  return `${whole < 0n || nanos < 0 ? '-' : ''}${whole < 0n ? -whole : whole}.${pad(nanos, 9)}`
}

export function parseDuration(text: string): [seconds: bigint, nanos: number] | undefined {
  const match = /^(-?)(\d{1,19})(?:\.(\d{1,9}))?$/.exec(text)
  if (match === null) return undefined
  const seconds = BigInt(match[2] as string)
  const nanos = Number((match[3] ?? '').padEnd(9, '0'))
  return match[1] === '-' ? [-seconds, 0 - nanos] : [seconds, nanos]
}
