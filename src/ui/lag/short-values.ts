import { formatDuration } from '../text/format-duration.ts'
import { type TimeZone, timeParts } from '../text/format-time.ts'

const units = ['k', 'M', 'G', 'T', 'P', 'E'] as const
const MILLION = 1_000_000

/** Formats a number of events in at most seven characters: `999,999`, then `1.23M`. */
export const formatCount = (count: bigint): string =>
  count < MILLION ? grouped(count.toString()) : shortened(Number(count))

/** Formats a rate in at most six characters: `12.3`, `1,234`, `12.3k`. */
export function formatRate(rate: number): string {
  // A reset may move a group back by any number of events, so this rate is not limited by how fast a group reads.
  if (rate < 0) return `-${formatRate(-rate).slice(0, 5)}`
  if (rate < 99.95) return rate.toFixed(1)
  return Math.round(rate) < 10_000 ? grouped(String(Math.round(rate))) : shortened(rate)
}

/** Formats a duration in at most six characters. Leaves out the hours if there are many days. */
export function formatAge(milliseconds: number): string {
  const text = formatDuration(milliseconds)
  return text.length <= 6 ? text : `${text.slice(0, text.indexOf('d'))}d`
}

/** Formats the time of day in the local time zone: `14:03:59`. */
export const formatClock = (milliseconds: number, timeZone: TimeZone): string => {
  const { time, zone } = timeParts(milliseconds, timeZone)
  return `${time.slice(0, 8)}${timeZone === 'utc' ? zone : ''}`
}

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ',')

/** Formats a number with three significant digits and a unit. */
function shortened(count: number): string {
  let unit = -1
  let value = count
  // A value that would be rounded up to 1000 gets the next unit.
  while (value >= 999.5) {
    value /= 1000
    unit += 1
  }
  return `${value.toPrecision(3)}${units[unit] ?? ''}`
}
