/**
 * Milliseconds that the clock of a producer may be ahead of this one without its records counting as dated in the
 * future. Machines that keep time by NTP differ by less than a second; a minute leaves room for those that do not.
 */
const CLOCK_SKEW_MS = 60_000

/**
 * Milliseconds since a record was written, by its own timestamp; 0 within {@link CLOCK_SKEW_MS} ahead of `now`.
 * `undefined` where the timestamp does not tell: there is none, or it lies in the future.
 */
export function ageOf(timestamp: bigint, now: number): number | undefined {
  if (timestamp < 0n || aheadOf(timestamp, now) !== undefined) return undefined
  return Math.max(0, now - Number(timestamp))
}

/** Milliseconds that a record is dated ahead of `now`, where that is more than {@link CLOCK_SKEW_MS}. */
export function aheadOf(timestamp: bigint, now: number): number | undefined {
  const ahead = Number(timestamp) - now
  return ahead > CLOCK_SKEW_MS ? ahead : undefined
}
