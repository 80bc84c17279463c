import { setTimeout as sleep } from 'node:timers/promises'

/** How the executor waits; a test has its own. */
export interface Pace {
  /** Milliseconds since some moment; never goes back. */
  readonly now: () => number
  /** Until the time is over or the signal aborts. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

export const realPace: Pace = {
  now: () => performance.now(),
  wait: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
}

/** Milliseconds before the next attempt: 50, 100, 200, … no more than five seconds. */
export const pauseAfter = (failures: number): number => Math.min(5000, 50 * 2 ** Math.min(failures - 1, 10))

/** Lets somebody wait until he is told or the time is over. */
export class Alarm {
  readonly #pace: Pace
  #ringing = new AbortController()
  #isRung = false

  constructor(pace: Pace) {
    this.#pace = pace
  }

  /** Wakes who waits; when nobody does, the next who would. */
  ring(): void {
    this.#isRung = true
    this.#ringing.abort()
  }

  async wait(milliseconds: number): Promise<void> {
    if (!this.#isRung) {
      this.#ringing = new AbortController()
      await this.#pace.wait(milliseconds, this.#ringing.signal)
    }
    this.#isRung = false
  }
}
