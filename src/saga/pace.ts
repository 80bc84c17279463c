/** How the executor waits; a test has its own. */
export interface Pace {
  /** Milliseconds since some moment; never goes back. */
  readonly now: () => number
  /** Calls back after a while, unless it is called off. Returns how to call it off. */
  readonly after: (milliseconds: number, wake: () => void) => () => void
}

export const realPace: Pace = {
  now: () => performance.now(),
  after(milliseconds, wake) {
    const timer = setTimeout(wake, milliseconds)
    return () => clearTimeout(timer)
  },
}

/** Milliseconds before the next attempt: 50, 100, 200, … no more than five seconds. */
export const pauseAfter = (failures: number): number => Math.min(5000, 50 * 2 ** Math.min(failures - 1, 10))

/** Lets somebody wait until he is told or the time is over. */
export class Alarm {
  readonly #pace: Pace
  #wake: (() => void) | undefined
  #isRung = false

  constructor(pace: Pace) {
    this.#pace = pace
  }

  /** Wakes who waits; when nobody does, the next who would. */
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
        callOff()
        resolve()
      }
      this.#wake = wake
      const callOff = this.#pace.after(milliseconds, wake)
    })
  }
}
