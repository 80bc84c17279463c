import type { MonotonicClock } from '../bus/time/monotonic-clock.ts'

/** Lets one waiter sleep until the alarm rings or a time is over. */
export class Alarm {
  readonly #clock: MonotonicClock
  #wake: (() => void) | undefined
  #isRung = false

  constructor(clock: MonotonicClock) {
    this.#clock = clock
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
      const cancel = this.#clock.after(milliseconds, wake)
    })
  }
}
