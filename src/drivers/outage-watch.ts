import { EventBusError } from '../bus/errors.ts'
import type { OutageOptions } from '../bus/outage.ts'
import type { LogSlice } from '../bus/topic-log.ts'
import { driverHints } from './hints.ts'

/** The default limit of a read with an end. A broker restarts within seconds, a machine within about a minute. */
const READ_OUTAGE_LIMIT_MS = 60_000
/** A shorter outage is not reported, because electing a new leader takes less time. */
const MIN_REPORTED_MS = 2000

/**
 * Tracks the outage of a reader. The reader depends on parts (connections to brokers, a group, a file) that fail and recover
 * independently. The outage lasts from the first failure until every part works again.
 */
export class OutageWatch {
  readonly #options: OutageOptions
  readonly #limit: number
  readonly #failing = new Set<string | number>()
  #since = 0
  #isReported = false

  /** Creates a watch for a read. If every slice has an end, `outageLimit` defaults to {@link READ_OUTAGE_LIMIT_MS}. */
  static ofRead(slices: readonly LogSlice[], options: OutageOptions): OutageWatch {
    const hasEnd = slices.every(({ to }) => to !== undefined)
    return new OutageWatch(options, hasEnd ? READ_OUTAGE_LIMIT_MS : undefined)
  }

  /** `limit` is the default of the option `outageLimit`, in milliseconds. */
  constructor(options: OutageOptions, limit = Number.POSITIVE_INFINITY) {
    this.#options = options
    this.#limit = options.outageLimit ?? limit
  }

  /**
   * Records the failure of a part. Returns the error to end with if the limit is exceeded, or `undefined` if the caller may
   * retry.
   */
  failed(part: string | number, error: EventBusError): EventBusError | undefined {
    if (this.#failing.size === 0) this.#since = performance.now()
    this.#failing.add(part)
    const lasted = performance.now() - this.#since
    if (lasted > this.#limit) {
      const { code, message, topic, group, isPassing } = error
      const hints = [...error.hints, driverHints.raiseOutageLimit()]
      const gaveUp = `${message}; gave up after ${this.#limit / 1000} s`
      return new EventBusError(code, gaveUp, { topic, group, hints, isPassing, cause: error })
    }
    if (lasted >= MIN_REPORTED_MS && !this.#isReported) {
      this.#isReported = true
      this.#options.onOutage?.({ state: 'lost', error })
    }
    return undefined
  }

  /** Records that a part works. Ends the outage if it was the last failing part. */
  worked(part: string | number): void {
    if (this.#failing.size === 0 || !this.#failing.delete(part) || this.#failing.size > 0) return
    if (this.#isReported) this.#options.onOutage?.({ state: 'restored', lasted: performance.now() - this.#since })
    this.#isReported = false
  }

  /** Forgets failing parts that the reader no longer needs, which may end the outage. */
  keepOnly(isNeeded: (part: string | number) => boolean): void {
    for (const part of [...this.#failing]) if (!isNeeded(part)) this.worked(part)
  }
}
