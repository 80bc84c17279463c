import { sleep } from '../../bus/time/sleep.ts'
import type { Measurement } from '../../operations/metrics/measurement.ts'

/** Measures for all requests of a server. At most one measurement runs at a time, and requests that arrive meanwhile share it. */
export interface SharedMeasurement {
  /** Resolves with a measurement; with `undefined` after `timeout` milliseconds. The measurement then goes on for later requests. */
  take(timeout?: number): Promise<Measurement | undefined>
  /** Returns the last measurement if it is not older than `maxAge` milliseconds. */
  last(maxAge: number): Measurement | undefined
}

/** `onMeasured` is called after each measurement, also if no request waits for it any more. */
export function shareMeasurement(
  measure: () => Promise<Measurement>,
  onMeasured: (measurement: Measurement) => void,
): SharedMeasurement {
  let running: Promise<Measurement> | undefined
  let last: { readonly measurement: Measurement; readonly ended: number } | undefined
  const run = async (): Promise<Measurement> => {
    try {
      const measurement = await measure()
      last = { measurement, ended: performance.now() }
      onMeasured(measurement)
      return measurement
    } finally {
      running = undefined
    }
  }
  return {
    async take(timeout) {
      running ??= run()
      if (timeout === undefined) return running
      const done = new AbortController()
      try {
        return await Promise.race([running, sleep(timeout, done.signal).then(() => undefined)])
      } finally {
        done.abort()
      }
    },
    last: (maxAge) => (last !== undefined && performance.now() - last.ended <= maxAge ? last.measurement : undefined),
  }
}
