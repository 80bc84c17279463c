import type { EventBus } from '../../bus/event-bus.ts'
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

/**
 * Returns a function that measures lag each time that it is called. Each snapshot is compared with the latest one that is at
 * least ten seconds older; at the beginning, with the first one. The snapshots of the last ten seconds are kept.
 */
export function lagWindow(bus: EventBus, request: Omit<LagRequest, 'sample' | 'signal'>): () => Promise<LagReport> {
  let earlier: readonly LagSnapshot[] = []
  return async () => {
    const snapshot = await takeSnapshot(bus, await chooseGroups(bus, request), request)
    const before = earlier.findLast(({ taken }) => snapshot.taken - taken >= WINDOW_MS) ?? earlier[0]
    const report = await reportLag(bus, snapshot, before, request)
    earlier = withSnapshot(earlier, snapshot, before)
    return report
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
