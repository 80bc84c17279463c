import type { EventStore, Timer } from '../../store/event-store.ts'
import type { Incoming } from '../engine/reaction.ts'
import { type Alarm, pauseAfter } from '../pace.ts'
import { asError, isStoreAway } from '../reports/problem.ts'
import type { Watch } from '../reports/watch.ts'

export interface TimerLoopOptions {
  readonly store: EventStore
  readonly owner: string
  readonly now: () => Date
  /** Ends the wait between two passes early: rung when a timer was set. */
  readonly alarm: Alarm
  readonly watch: Watch
  /** Resolves when all of them are dealt with; calls `onPassed` when the others need not wait for them any more. */
  readonly submit: (messages: readonly Incoming[], onPassed: () => void) => Promise<void>
}

/** What timers wait for, in {@link Watch}'s words. */
const STORE = 'store (timers)'
/** Other processes set timers too: it looks this often. Milliseconds. */
const LOOK_MS = 1000
/** The most timers fired together. */
const MOST_TIMERS = 500
/** The most timers that wait for another attempt while others fire. */
const MAX_IN_HAND = 5000
/** While timers wait for another attempt, the store names them as the next ones, so it looks for others this often. Milliseconds. */
const LOOK_BEHIND_MS = 50

/** Fires timers when they are due. They are in the store, so it does not matter which process set them. */
export class TimerLoop {
  readonly #options: TimerLoopOptions
  /** Timers that were submitted and are not dealt with: in the store they are due still. */
  readonly #inHand = new Set<string>()
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

  /** Milliseconds until it is worth looking again. */
  async #pass(): Promise<number> {
    try {
      const fired = await this.fire()
      const pause = fired > 0 ? 0 : await this.#pause()
      this.#failures = 0
      this.#options.watch.restored(STORE)
      return pause
    } catch (error) {
      // The next start fires what was given up.
      if (this.#isStopping) return 0
      if (!isStoreAway(error)) throw error
      this.#failures += 1
      const reason = asError(error)
      this.#options.watch.lost(STORE, { message: `timers wait for their store: ${reason.message}`, error: reason })
      return pauseAfter(this.#failures)
    }
  }

  /** Fires what is due; returns how many that were. */
  async fire(): Promise<number> {
    const { store, owner, now } = this.#options
    if (this.#ended !== undefined) throw this.#ended.error
    if (this.#inHand.size >= MAX_IN_HAND) return 0
    const found = await store.timers.due(owner, now(), MOST_TIMERS + this.#inHand.size)
    const due = found.filter((timer) => !this.#inHand.has(keyOf(timer)))
    await this.#submit(due)
    return due.length
  }

  /** Resolves when the timers hold up no others: dealt with, or waiting for another attempt of their streams. */
  #submit(due: readonly Timer[]): Promise<void> {
    const keys = due.map(keyOf)
    for (const key of keys) this.#inHand.add(key)
    return new Promise((resolve, reject) => {
      const messages = due.map((timer) => ({ event: timer.event, timer }))
      const drop = () => {
        for (const key of keys) this.#inHand.delete(key)
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

  async #pause(): Promise<number> {
    const { store, owner, now } = this.#options
    if (this.#inHand.size > 0) return LOOK_BEHIND_MS
    const next = await store.timers.next(owner)
    if (next === undefined) return LOOK_MS
    return Math.min(LOOK_MS, Math.max(0, next.getTime() - now().getTime()))
  }
}

/** A timer that is set anew has another time. */
const keyOf = ({ id, due }: Timer): string => `${due.getTime()} ${id}`
