/** How long a member may be silent that a crbus joined which did not write down its session time-out. Kafka's longest. */
const MAX_SESSION_TIMEOUT_MS = 30 * 60_000

/** What of a row of `members` says whether the member lives. Milliseconds. */
export interface LeaseRow {
  /** Since 1970, by the clock of the member when it renewed its lease. */
  readonly expires_at: number
  readonly session_timeout: number | null
}

/**
 * Whether a member's lease holds. A lease is never longer than the session time-out: one that seems to be was renewed while
 * the clock was ahead, by a member that would have renewed it since. Twice as long is let pass for a clock that is corrected
 * by a little.
 */
export const isAlive = ({ expires_at, session_timeout }: LeaseRow, now: number): boolean =>
  expires_at >= now && expires_at <= now + 2 * (session_timeout ?? MAX_SESSION_TIMEOUT_MS)

/** Tells when the system's clock was set, by comparing it with the one that only goes forward. */
export class ClockWatch {
  readonly #patience: number
  #difference = difference()
  #settledAt = Number.NEGATIVE_INFINITY

  /** @param patience Milliseconds after a jump during which leases say nothing: their members have to renew them first. */
  constructor(patience: number) {
    this.#patience = patience
  }

  /** Whether leases of other members can be believed. */
  get isSettled(): boolean {
    const now = difference()
    if (Math.abs(now - this.#difference) > this.#patience / 4) this.#settledAt = performance.now() + this.#patience
    this.#difference = now
    return performance.now() >= this.#settledAt
  }
}

const difference = (): number => Date.now() - performance.now()
