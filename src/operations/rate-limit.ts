import { monotonicClock } from '../bus/time/monotonic-clock.ts'
import { sleep } from '../bus/time/sleep.ts'

/** Delay that the limiter makes up for. Timers fire late; if the limiter did not catch up, the rate would be too low. */
const MAX_CATCH_UP_MS = 100

/**
 * Returns a function that waits until the next `count` items may be sent, at `rate` items per second. Unused time is not saved
 * up, so there is no burst after a pause. An abort ends the wait.
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
