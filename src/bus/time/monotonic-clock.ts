/** A clock that never goes back and can call a function after a time. Tests replace it. */
export interface MonotonicClock {
  /** Returns milliseconds since an arbitrary moment. */
  readonly now: () => number
  /** Calls `wake` once after so many milliseconds. Returns a function that cancels the call. */
  readonly after: (milliseconds: number, wake: () => void) => () => void
}

export const monotonicClock: MonotonicClock = {
  now: () => performance.now(),
  after(milliseconds, wake) {
    const timer = setTimeout(wake, milliseconds)
    return () => clearTimeout(timer)
  },
}
