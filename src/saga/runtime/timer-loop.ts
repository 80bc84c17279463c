import type { EventStore, Timer } from '../../store/event-store.ts'
import type { Alarm } from '../alarm.ts'
import { pauseAfter } from '../back-off.ts'
import type { Incoming } from '../engine/reaction.ts'
import { asError, isStoreAway } from '../reports/problem.ts'
import type { Watch } from '../reports/watch.ts'

export interface TimerLoopOptions {
  readonly store: EventStore
  readonly owner: string
  readonly now: () => Date
  /** Rung when a timer was set. Ends the wait between two passes early. */
  readonly alarm: Alarm
  readonly watch: Watch
  /** See `Engine.submit`. */
  readonly submit: (messages: readonly Incoming[], onPassed: () => void) => Promise<void>
}

/** The name of the store in {@link Watch.lost}. */
const STORE = 'store (timers)'
/** How often the loop reads the store for timers that other processes set. */
const POLL_MS = 1000
/** The most timers that are fired together. */
const MAX_TIMERS = 500
/** The most timers that may be unsettled while others fire. */
const MAX_IN_FLIGHT = 5000
/**
 * The polling interval while timers wait for a retry. The store then returns these as the next timers, so the time at which
 * others are due is not known.
 */
const POLL_DURING_RETRY_MS = 50

/** Fires timers when they are due, whichever process set them. */
export class TimerLoop {
  readonly #options: TimerLoopOptions
  /** The keys of submitted timers that are not settled. The store still returns them as due. */
  readonly #inFlight = new Set<string>()
  #failures = 0
  #ended: { readonly error: unknown } | undefined
  #isStopping = false

  constructor(options: TimerLoopOptions) {
    this.#options = options
  }

  stop(): void {
    this.#isStopping = true
    this.#options.alarm.ring()
  }

  async run(): Promise<void> {
    while (!this.#isStopping) {
      const pause = await this.#pass()
      if (pause > 0 && !this.#isStopping) await this.#options.alarm.wait(pause)
    }
  }

  /** Fires the due timers. Returns the milliseconds until the next pass. */
  async #pass(): Promise<number> {
    try {
      const fired = await this.fire()
      const pause = fired > 0 ? 0 : await this.#pause()
      this.#failures = 0
      this.#options.watch.restored(STORE)
      return pause
    } catch (error) {
      // The engine abandoned timers because it stops: the next start fires them.
      if (this.#isStopping) return 0
      if (!isStoreAway(error)) throw error
      this.#failures += 1
      const reason = asError(error)
      this.#options.watch.lost(STORE, { message: `timers wait for the store: ${reason.message}`, error: reason })
      return pauseAfter(this.#failures)
    }
  }

  /** Fires the due timers and returns their number. */
  async fire(): Promise<number> {
    const { store, owner, now } = this.#options
    if (this.#ended !== undefined) throw this.#ended.error
    if (this.#inFlight.size >= MAX_IN_FLIGHT) return 0
    const found = await store.timers.due(owner, now(), MAX_TIMERS + this.#inFlight.size)
    const due = found.filter((timer) => !this.#inFlight.has(keyOf(timer)))
    await this.#submit(due)
    return due.length
  }

  /** Submits timers to the engine. Resolves when other timers may fire: all submitted ones are settled or wait for a retry. */
  #submit(due: readonly Timer[]): Promise<void> {
    const keys = due.map(keyOf)
    for (const key of keys) this.#inFlight.add(key)
    return new Promise((resolve, reject) => {
      const messages = due.map((timer) => ({ event: timer.event, timer }))
      const drop = () => {
        for (const key of keys) this.#inFlight.delete(key)
      }
      this.#options.submit(messages, resolve).then(
        () => {
          drop()
          resolve()
        },
        (error) => {
          drop()
          this.#ended = { error }
          reject(error)
        },
      )
    })
  }

  /** Returns the milliseconds to wait when no timer is due. */
  async #pause(): Promise<number> {
    const { store, owner, now } = this.#options
    if (this.#inFlight.size > 0) return POLL_DURING_RETRY_MS
    const next = await store.timers.next(owner)
    if (next === undefined) return POLL_MS
    return Math.min(POLL_MS, Math.max(0, next.getTime() - now().getTime()))
  }
}

/** Identifies a timer. Includes the due time, because a timer that was set again is another timer. */
const keyOf = ({ id, due }: Timer): string => `${due.getTime()} ${id}`
