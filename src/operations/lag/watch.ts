import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { sleep } from '../../bus/time/sleep.ts'
import type { WakeableSleep } from '../../bus/time/wakeable-sleep.ts'
import type { LagRequest } from './lag.ts'
import type { LagReport } from './report.ts'
import { lagWindow } from './window.ts'

export interface LagWatchRequest extends Omit<LagRequest, 'sample'> {
  /** Milliseconds between two updates. */
  readonly interval: number
  /** Waits between two updates. Default: {@link sleep}. */
  readonly sleep?: WakeableSleep['sleep'] | undefined
}

/** A new report, or the reason why measuring failed. `time` is in milliseconds since 1970. */
export type LagUpdate =
  | { readonly ok: true; readonly time: number; readonly report: LagReport }
  | { readonly ok: false; readonly time: number; readonly reason: string }

/**
 * Measures lag repeatedly until the signal aborts. Measures only when the caller takes the next update, so a caller that pauses
 * causes no requests. Each snapshot is compared with the latest one that is at least ten seconds older; at the beginning, with
 * the first one.
 *
 * Throws if the first measurement fails, as `measureLag` does. After a later failure of the bus, yields an update with `ok:
 * false`; the next update tries again.
 */
export async function* watchLag(bus: EventBus, request: LagWatchRequest): AsyncGenerator<LagUpdate, void> {
  const { interval, now, signal, sleep: wait = sleep } = request
  const measureLag = lagWindow(bus, request)
  const measure = async (): Promise<LagUpdate> => {
    const report = await measureLag()
    return { ok: true, time: now(), report }
  }
  const measureAgain = () =>
    measure().catch((error: unknown): LagUpdate => {
      if (error instanceof EventBusError) return { ok: false, time: now(), reason: error.message }
      throw error
    })

  for (let update = await measure(); !signal.aborted; update = await measureAgain()) {
    const due = performance.now() + interval
    yield update
    const left = due - performance.now()
    if (left > 0) await wait(left, signal)
    if (signal.aborted) return
  }
}
