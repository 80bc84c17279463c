/**
 * Milliseconds by which the clock of a producer may be ahead of the clock here before its records count as dated in the future.
 * Clocks synchronized by NTP differ by less than a second; a minute allows for clocks that are not synchronized.
 */
const CLOCK_SKEW_MS = 60_000

/**
 * Returns the milliseconds since the timestamp of a record; 0 if the timestamp is up to {@link CLOCK_SKEW_MS} after `now`.
 * `undefined` if the record has no timestamp (-1) or is dated further in the future.
 */
export function ageOf(timestamp: bigint, now: number): number | undefined {
  if (timestamp < 0n || aheadOf(timestamp, now) !== undefined) return undefined
  return Math.max(0, now - Number(timestamp))
}

/** Returns by how many milliseconds a record is dated after `now`; `undefined` if by at most {@link CLOCK_SKEW_MS}. */
export function aheadOf(timestamp: bigint, now: number): number | undefined {
  const ahead = Number(timestamp) - now
  return ahead > CLOCK_SKEW_MS ? ahead : undefined
}
