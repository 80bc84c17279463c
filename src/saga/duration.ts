import { duration } from '../bus/time/duration.ts'

/** A duration in milliseconds, or a text of numbers with units: `'250ms'`, `'30s'`, `'1h30m'`, `'2d'`. */
export type Duration = number | string

/** Whole milliseconds. Throws a `RangeError` for what is no duration: a mistake of whoever wrote it. */
export function toMilliseconds(given: Duration): number {
  const milliseconds = typeof given === 'number' ? given : duration(given)
  if (milliseconds !== undefined && Number.isFinite(milliseconds) && milliseconds >= 0) return Math.round(milliseconds)
  throw new RangeError(`'${given}' is no duration: write milliseconds, or '250ms', '30s', '1h30m', '2d'`)
}
