import { monotonicClock } from '../bus/time/monotonic-clock.ts'
import { sleep } from '../bus/time/sleep.ts'

/** How far behind its schedule the limiter may catch up. Timers oversleep; without catching up, the rate would be too low. */
const MAX_CATCH_UP_MS = 100

/**
 * Returns a function that waits until the next `count` items are due, at most `rate` a second. Idle time is not saved up, so
 * a source that paused does not burst.
 */
export function rateLimiter(
  rate: number,
  clock = monotonicClock,
): (count: number, signal: AbortSignal) => Promise<void> {
  let due = clock.now()
  return async (count, signal) => {
    const now = clock.now()
    due = Math.max(due, now - MAX_CATCH_UP_MS)
    const wait = due - now
    due += (count / rate) * 1000
    if (wait >= 1 && !signal.aborted) await sleep(wait, signal, clock)
  }
}
