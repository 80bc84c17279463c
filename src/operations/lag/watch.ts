import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { sleep } from '../../bus/time/sleep.ts'
import { type LagRequest, reportLag } from './lag.ts'
import type { LagReport } from './report.ts'
import { chooseGroups, type LagSnapshot, takeSnapshot } from './snapshot.ts'

/**
 * Milliseconds between the two snapshots that rates and verdicts compare. Kafka's clients commit every five seconds by
 * default, so over a much shorter time a group that keeps up would appear stalled.
 */
const WINDOW_MS = 10_000

/** Minimum time between two snapshots that are kept for comparison, so that many updates a second do not cost much memory. */
const MIN_SPACING_MS = WINDOW_MS / 8

export interface LagWatchRequest extends Omit<LagRequest, 'sample'> {
  /** Milliseconds between two updates. */
  readonly interval: number
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
  const { interval, now, signal } = request
  let earlier: readonly LagSnapshot[] = []
  const measure = async (): Promise<LagUpdate> => {
    const snapshot = await takeSnapshot(bus, await chooseGroups(bus, request), request)
    const before = earlier.findLast(({ taken }) => snapshot.taken - taken >= WINDOW_MS) ?? earlier[0]
    const report = await reportLag(bus, snapshot, before, now())
    earlier = withSnapshot(earlier, snapshot, before)
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

/**
 * Adds a snapshot to the earlier ones, unless the last of them is too recent. Drops those older than `before`, because no later
 * snapshot is compared with them.
 */
function withSnapshot(
  earlier: readonly LagSnapshot[],
  snapshot: LagSnapshot,
  before: LagSnapshot | undefined,
): readonly LagSnapshot[] {
  const recent = before === undefined ? earlier : earlier.slice(earlier.indexOf(before))
  const last = recent.at(-1)
  return last !== undefined && snapshot.taken - last.taken < MIN_SPACING_MS ? recent : [...recent, snapshot]
}
