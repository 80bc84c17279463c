/** The session time-out that is assumed for members of older crbus versions, which did not store theirs: Kafka's maximum. */
const MAX_SESSION_TIMEOUT_MS = 30 * 60_000

/** The columns of the table `members` that decide whether a member is alive, in milliseconds. */
export interface LeaseRow {
  /** When the lease ends: milliseconds since 1970, by the clock of the member at its last renewal. */
  readonly expires_at: number
  /** NULL for a member of an older crbus. */
  readonly session_timeout: number | null
}

/**
 * Whether the lease of a member is valid. A lease that ends much later than one session time-out from now was written while the
 * clock was ahead, and a living member would have renewed it since. Up to twice the time-out is accepted, to allow for small
 * corrections of the clock.
 */
export const isAlive = ({ expires_at, session_timeout }: LeaseRow, now: number): boolean =>
  expires_at >= now && expires_at <= now + 2 * (session_timeout ?? MAX_SESSION_TIMEOUT_MS)

/** Detects jumps of the system clock by comparing it with the monotonic clock. */
export class ClockWatch {
  readonly #settleTime: number
  #difference = clockDifference()
  /** Until when leases are not trusted, by `performance.now()`. */
  #settledAt = Number.NEGATIVE_INFINITY

  /**
   * @param settleTime How long leases are not trusted after a jump, in milliseconds; living members renew theirs in this time.
   */
  constructor(settleTime: number) {
    this.#settleTime = settleTime
  }

  /** Whether the leases of other members can be trusted. */
  get isSettled(): boolean {
    const now = clockDifference()
    if (Math.abs(now - this.#difference) > this.#settleTime / 4) this.#settledAt = performance.now() + this.#settleTime
    this.#difference = now
    return performance.now() >= this.#settledAt
  }
}

/** Constant in milliseconds, except when the system clock is set. */
const clockDifference = (): number => Date.now() - performance.now()
