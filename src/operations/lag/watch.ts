import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { sleep } from '../../bus/time/sleep.ts'
import { type LagRequest, reportLag } from './lag.ts'
import type { LagReport } from './report.ts'
import { chooseGroups, type LagSnapshot, takeSnapshot } from './snapshot.ts'

/**
 * Milliseconds between the two snapshots that rates and verdicts compare. Kafka's clients commit every five seconds by
 * default, so over a shorter time a group that keeps up would appear stalled.
 */
const WINDOW_MS = 10_000

/** Minimum distance between the snapshots that are kept for comparison, so that many updates a second cost no memory. */
const MIN_SPACING_MS = WINDOW_MS / 8

export interface LagWatchRequest extends Omit<LagRequest, 'sample'> {
  /** Milliseconds between two updates. */
  readonly interval: number
}

/** A new report, or the reason why measuring failed. `time` is the request's clock. */
export type LagUpdate =
  | { readonly ok: true; readonly time: number; readonly report: LagReport }
  | { readonly ok: false; readonly time: number; readonly reason: string }

/**
 * Measures lag again and again until the signal aborts. Measures only when the caller takes the next update, so a caller
 * that pauses causes no requests. Each snapshot is compared with the one ten seconds before it, or the nearest there is:
 * the previous one when the interval is longer, the first one at the beginning.
 *
 * Rejects when the first snapshot fails, as `measureLag` does. A later failure of the bus is an update with `ok: false`, and
 * the next update tries again.
 */
export async function* watchLag(bus: EventBus, request: LagWatchRequest): AsyncGenerator<LagUpdate, void> {
  const { interval, now, signal } = request
  let kept: readonly LagSnapshot[] = []
  const measure = async (): Promise<LagUpdate> => {
    const snapshot = await takeSnapshot(bus, await chooseGroups(bus, request), request)
    const before = kept.findLast(({ taken }) => snapshot.taken - taken >= WINDOW_MS) ?? kept[0]
    const report = await reportLag(bus, snapshot, before, now())
    kept = keep(kept, snapshot, before)
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
    const wait = due - performance.now()
    if (wait > 0) await sleep(wait, signal)
    if (signal.aborted) return
  }
}

/** Adds a snapshot to those kept, without the snapshots older than `before`, which no later one is compared with. */
function keep(
  kept: readonly LagSnapshot[],
  snapshot: LagSnapshot,
  before: LagSnapshot | undefined,
): readonly LagSnapshot[] {
  const recent = before === undefined ? kept : kept.slice(kept.indexOf(before))
  const last = recent.at(-1)
  return last !== undefined && snapshot.taken - last.taken < MIN_SPACING_MS ? recent : [...recent, snapshot]
}
