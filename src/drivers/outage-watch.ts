import { EventBusError } from '../bus/errors.ts'
import type { OutageOptions } from '../bus/outage.ts'

/** The limit of a read that has an end: a broker that restarts is away for some seconds, a machine for a minute. */
export const OUTAGE_LIMIT_MS = 60_000
/** An outage shorter than this is not worth a notice: a new leader is elected in less. */
const NOTICED_AFTER_MS = 2000

const LONGER = 'to wait longer: a larger outageLimit (milliseconds) in the options of the read or subscription'

/**
 * Follows what fails of a reading. Its parts (connections to brokers, a group, a file) fail and recover by themselves;
 * the outage lasts from the first failure until all of them work.
 */
export class OutageWatch {
  readonly #options: OutageOptions
  readonly #limit: number
  readonly #failing = new Set<string | number>()
  #since = 0
  #isTold = false

  /** `limit` is the default of `outageLimit`, in milliseconds. */
  constructor(options: OutageOptions, limit = Number.POSITIVE_INFINITY) {
    this.#options = options
    this.#limit = options.outageLimit ?? limit
  }

  /** Notes that a part failed. Returns the error to end with when the limit is exceeded, else `undefined`: try again. */
  failed(part: string | number, error: EventBusError): EventBusError | undefined {
    if (this.#failing.size === 0) this.#since = performance.now()
    this.#failing.add(part)
    const lasted = performance.now() - this.#since
    if (lasted > this.#limit) {
      const { code, message, topic, group, isPassing } = error
      const suggestions = [...error.suggestions, LONGER]
      const gaveUp = `${message}; gave up after ${this.#limit / 1000} s`
      return new EventBusError(code, gaveUp, { topic, group, suggestions, isPassing, cause: error })
    }
    if (lasted >= NOTICED_AFTER_MS && !this.#isTold) {
      this.#isTold = true
      this.#options.onOutage?.({ state: 'lost', error })
    }
    return undefined
  }

  worked(part: string | number): void {
    if (this.#failing.size === 0 || !this.#failing.delete(part) || this.#failing.size > 0) return
    if (this.#isTold) this.#options.onOutage?.({ state: 'restored', lasted: performance.now() - this.#since })
    this.#isTold = false
  }

  /** Forgets parts that fail and that nobody needs any more. */
  keepOnly(isNeeded: (part: string | number) => boolean): void {
    for (const part of [...this.#failing]) if (!isNeeded(part)) this.worked(part)
  }
}
