import { monotonicClock } from '../../../bus/time/monotonic-clock.ts'
import { sleep } from '../../../bus/time/sleep.ts'

/** The pace of a transfer. */
export interface Pace {
  /** Returns the milliseconds to wait before a record with this timestamp; below 1, the record is due. */
  wait(timestamp: bigint): number
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

/** A record is not waited for on its own if it is due so soon: it goes with those before it. */
export const MIN_WAIT_MS = 20

/** Keeps a number of records per second. */
export function ratePace(rate: number, clock = monotonicClock): Pace {
  let due = clock.now()
  return {
    wait() {
      const now = clock.now()
      // Unused time is not saved up, so there is no burst after a pause.
      due = Math.max(due, now - MIN_WAIT_MS)
      const wait = due - now
      due += 1000 / rate
      return wait
    },
    sleep: (milliseconds, signal) => sleep(milliseconds, signal, clock),
  }
}

/** Keeps the pace of the record timestamps, `speed` times as fast. Waits at most `maxGap` milliseconds between two records. */
export function recordedPace(speed: number, maxGap = Number.POSITIVE_INFINITY, clock = monotonicClock): Pace {
  let due = clock.now()
  let latest: bigint | undefined
  return {
    wait(timestamp) {
      // Records without a timestamp, and late ones, are due with the record before.
      if (timestamp !== -1n) {
        const gap = latest === undefined || timestamp <= latest ? 0 : Number(timestamp - latest)
        due += Math.min(gap / speed, maxGap)
        if (latest === undefined || timestamp > latest) latest = timestamp
      }
      return due - clock.now()
    },
    sleep: (milliseconds, signal) => sleep(milliseconds, signal, clock),
  }
}
