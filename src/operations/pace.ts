/** Time as a pace sees it. */
export interface Clock {
  /** Milliseconds that never go back. */
  readonly now: () => number
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, milliseconds)
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted) done()
    }),
}

/** How late a pace may be and still catch up: timers oversleep, and a rate that never made up for it would fall short. */
const SLACK = 100

/**
 * At most `rate` a second: the function waits until the next `count` are due. Time in which nothing was asked for is
 * not saved up, so that a source that paused does not burst.
 */
export function paced(rate: number, clock: Clock = systemClock): (count: number, signal: AbortSignal) => Promise<void> {
  let due = clock.now()
  return async (count, signal) => {
    const now = clock.now()
    due = Math.max(due, now - SLACK)
    const wait = due - now
    due += (count / rate) * 1000
    if (wait >= 1 && !signal.aborted) await clock.sleep(wait, signal)
  }
}
