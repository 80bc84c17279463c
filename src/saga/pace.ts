/** The clock and the timers that the engine and the loops wait by. Tests replace it. */
export interface Pace {
  /** Returns milliseconds since an arbitrary moment; monotonic. */
  readonly now: () => number
  /** Calls `wake` once after a time. Returns a function that cancels the call. */
  readonly after: (milliseconds: number, wake: () => void) => () => void
}

export const realPace: Pace = {
  now: () => performance.now(),
  after(milliseconds, wake) {
    const timer = setTimeout(wake, milliseconds)
    return () => clearTimeout(timer)
  },
}

/** Returns the back-off before the next attempt in milliseconds: 50, 100, 200, … up to five seconds. */
export const pauseAfter = (failures: number): number => Math.min(5000, 50 * 2 ** Math.min(failures - 1, 10))

/** Lets one waiter sleep until the alarm rings or a time is over. */
export class Alarm {
  readonly #pace: Pace
  #wake: (() => void) | undefined
  #isRung = false

  constructor(pace: Pace) {
    this.#pace = pace
  }

  /** Wakes the waiter. Without a waiter, the next `wait` resolves at once. */
  ring(): void {
    if (this.#wake === undefined) this.#isRung = true
    else this.#wake()
  }

  wait(milliseconds: number): Promise<void> {
    if (this.#isRung) {
      this.#isRung = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const wake = () => {
        this.#wake = undefined
        cancel()
        resolve()
      }
      this.#wake = wake
      const cancel = this.#pace.after(milliseconds, wake)
    })
  }
}
