import { EventBusError } from '../bus/errors.ts'
import { advice } from '../bus/hints.ts'
import type { OutageOptions } from '../bus/outage.ts'
import type { LogSlice } from '../bus/topic-log.ts'

/** The default limit of a read with an end. A restarting broker is away for some seconds, a restarting machine for a minute. */
const READ_OUTAGE_LIMIT_MS = 60_000
/** An outage shorter than this is not reported: electing a new leader takes less time. */
const MIN_REPORTED_MS = 2000

const WAIT_LONGER = advice(
  'to wait longer, set a larger outageLimit (milliseconds) in the options of the read or subscription',
)

/**
 * Tracks the outage of a reader. Its parts (connections to brokers, a group, a file) fail and recover independently; the
 * outage lasts from the first failure until every part works again.
 */
export class OutageWatch {
  readonly #options: OutageOptions
  readonly #limit: number
  readonly #failing = new Set<string | number>()
  #since = 0
  #isReported = false

  /** Watches a read. If every slice has an end, `outageLimit` defaults to {@link READ_OUTAGE_LIMIT_MS}. */
  static ofRead(slices: readonly LogSlice[], options: OutageOptions): OutageWatch {
    const hasEnd = slices.every(({ to }) => to !== undefined)
    return new OutageWatch(options, hasEnd ? READ_OUTAGE_LIMIT_MS : undefined)
  }

  /** `limit` is the default of `outageLimit`, in milliseconds. */
  constructor(options: OutageOptions, limit = Number.POSITIVE_INFINITY) {
    this.#options = options
    this.#limit = options.outageLimit ?? limit
  }

  /** Records the failure of a part. Returns `undefined` to retry, or the error to end with once the limit is exceeded. */
  failed(part: string | number, error: EventBusError): EventBusError | undefined {
    if (this.#failing.size === 0) this.#since = performance.now()
    this.#failing.add(part)
    const lasted = performance.now() - this.#since
    if (lasted > this.#limit) {
      const { code, message, topic, group, isPassing } = error
      const hints = [...error.hints, WAIT_LONGER]
      const gaveUp = `${message}; gave up after ${this.#limit / 1000} s`
      return new EventBusError(code, gaveUp, { topic, group, hints, isPassing, cause: error })
    }
    if (lasted >= MIN_REPORTED_MS && !this.#isReported) {
      this.#isReported = true
      this.#options.onOutage?.({ state: 'lost', error })
    }
    return undefined
  }

  /** Records that a part works. */
  worked(part: string | number): void {
    if (this.#failing.size === 0 || !this.#failing.delete(part) || this.#failing.size > 0) return
    if (this.#isReported) this.#options.onOutage?.({ state: 'restored', lasted: performance.now() - this.#since })
    this.#isReported = false
  }

  /** Forgets failing parts that are no longer needed. */
  keepOnly(isNeeded: (part: string | number) => boolean): void {
    for (const part of [...this.#failing]) if (!isNeeded(part)) this.worked(part)
  }
}
