/**
 * Milliseconds that the clock of a producer may be ahead of ours before its records count as dated in the future. Clocks
 * synchronized by NTP differ by less than a second; a minute allows for clocks that are not.
 */
const CLOCK_SKEW_MS = 60_000

/**
 * Milliseconds since the timestamp of a record; 0 when it is up to {@link CLOCK_SKEW_MS} ahead of `now`. `undefined` when the
 * record has no timestamp or is dated further in the future.
 */
export function ageOf(timestamp: bigint, now: number): number | undefined {
  if (timestamp < 0n || aheadOf(timestamp, now) !== undefined) return undefined
  return Math.max(0, now - Number(timestamp))
}

/** Milliseconds that a record is dated ahead of `now`; `undefined` up to {@link CLOCK_SKEW_MS}. */
export function aheadOf(timestamp: bigint, now: number): number | undefined {
  const ahead = Number(timestamp) - now
  return ahead > CLOCK_SKEW_MS ? ahead : undefined
}
