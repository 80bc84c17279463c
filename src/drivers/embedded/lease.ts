/** The assumed session time-out of members of older crbus versions, which did not store it: Kafka's maximum. */
const MAX_SESSION_TIMEOUT_MS = 30 * 60_000

/** The columns of `members` that decide whether a member is alive, in milliseconds. */
export interface LeaseRow {
  /** Since 1970, by the clock of the member at its last renewal. */
  readonly expires_at: number
  readonly session_timeout: number | null
}

/**
 * Whether the lease of a member is valid. A lease that ends later than one session time-out from now was written while the clock
 * was ahead, and a living member would have renewed it since. Twice the time-out is tolerated, for small corrections of the
 * clock.
 */
export const isAlive = ({ expires_at, session_timeout }: LeaseRow, now: number): boolean =>
  expires_at >= now && expires_at <= now + 2 * (session_timeout ?? MAX_SESSION_TIMEOUT_MS)

/** Detects jumps of the system clock by comparing it with the monotonic clock. */
export class ClockWatch {
  readonly #settleTime: number
  #difference = difference()
  #settledAt = Number.NEGATIVE_INFINITY

  /** @param settleTime How long after a jump leases are not trusted, in milliseconds: their members have to renew them first. */
  constructor(settleTime: number) {
    this.#settleTime = settleTime
  }

  /** Whether the leases of other members can be trusted. */
  get isSettled(): boolean {
    const now = difference()
    if (Math.abs(now - this.#difference) > this.#settleTime / 4) this.#settledAt = performance.now() + this.#settleTime
    this.#difference = now
    return performance.now() >= this.#settledAt
  }
}

const difference = (): number => Date.now() - performance.now()
