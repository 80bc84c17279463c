import type { EventStore } from '../store/event-store.ts'
import { Alarm, type Pace, pauseAfter } from './pace.ts'
import { asError, isStoreAway, type OnError } from './problem.ts'
import type { Incoming } from './reaction.ts'

export interface TimerLoopOptions {
  readonly store: EventStore
  readonly owner: string
  readonly now: () => Date
  readonly pace: Pace
  readonly onError: OnError
  /** Resolves when all of them are dealt with. */
  readonly submit: (messages: readonly Incoming[]) => Promise<void>
}

/** Other processes set timers too: it looks this often. Milliseconds. */
const LOOK_MS = 1000
/** The most timers fired together. */
const MOST_TIMERS = 500

/** Fires timers when they are due. They are in the store, so it does not matter which process set them. */
export class TimerLoop {
  readonly #options: TimerLoopOptions
  readonly #alarm: Alarm
  #failures = 0
  #isStopping = false

  constructor(options: TimerLoopOptions) {
    this.#options = options
    this.#alarm = new Alarm(options.pace)
  }

  /** A timer was set. */
  wake(): void {
    this.#alarm.ring()
  }

  stop(): void {
    this.#isStopping = true
    this.#alarm.ring()
  }

  async run(): Promise<void> {
    while (!this.#isStopping) {
      const pause = await this.#pass()
      if (pause > 0 && !this.#isStopping) await this.#alarm.wait(pause)
    }
  }

  /** Milliseconds until it is worth looking again. */
  async #pass(): Promise<number> {
    try {
      const fired = await this.fire()
      const pause = fired > 0 ? 0 : await this.#pause()
      this.#failures = 0
      return pause
    } catch (error) {
      // The next start fires what was given up.
      if (this.#isStopping) return 0
      if (!isStoreAway(error)) throw error
      this.#failures += 1
      const reason = asError(error)
      this.#options.onError({ message: `timers wait for their store: ${reason.message}`, error: reason })
      return pauseAfter(this.#failures)
    }
  }

  /** Fires what is due; returns how many that were. */
  async fire(): Promise<number> {
    const { store, owner, now, submit } = this.#options
    const due = await store.timers.due(owner, now(), MOST_TIMERS)
    await submit(due.map((timer) => ({ event: timer.event, timer })))
    return due.length
  }

  async #pause(): Promise<number> {
    const { store, owner, now } = this.#options
    const next = await store.timers.next(owner)
    if (next === undefined) return LOOK_MS
    return Math.min(LOOK_MS, Math.max(0, next.getTime() - now().getTime()))
  }
}
