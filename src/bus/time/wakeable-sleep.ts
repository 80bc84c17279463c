import { sleep } from './sleep.ts'

export interface WakeableSleep {
  /** As {@link sleep}, and also resolves on `wake`. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
  /** Ends the sleep of all callers. */
  wake(): void
}

/** Creates a sleep that ends early when there is something to do. */
export function wakeableSleep(): WakeableSleep {
  let alarm = new AbortController()
  return {
    sleep: (milliseconds, signal) => sleep(milliseconds, AbortSignal.any([signal, alarm.signal])),
    wake() {
      alarm.abort()
      alarm = new AbortController()
    },
  }
}
