import type { EventBus } from '../../bus/event-bus.ts'
import { sleep } from '../../bus/time/sleep.ts'
import { judgeSnapshot, toReport, uncertainTopics } from './build-report.ts'
import { readFirstWaiting } from './first-waiting.ts'
import type { LagReport } from './report.ts'
import { chooseGroups, type LagSelection, type LagSnapshot, takeSnapshot } from './snapshot.ts'

export interface LagRequest extends LagSelection {
  /** Milliseconds between two snapshots. Absent: one snapshot. */
  readonly sample?: number | undefined
  /** Milliseconds in which a group that keeps up commits, so that a shorter sample finds none stalled. Default: five seconds. */
  readonly commitInterval?: number | undefined
  /** Returns the time that ages are relative to, in milliseconds since 1970. */
  readonly now: () => number
  readonly signal: AbortSignal
}

/**
 * Measures how far groups lag, in events and in milliseconds, with a verdict for each. Only reads, and joins no group. The
 * number of requests grows with the brokers, not with groups, topics or partitions. Throws `GROUP_NOT_FOUND` if a named group
 * does not exist.
 */
export async function measureLag(bus: EventBus, request: LagRequest): Promise<LagReport> {
  const groups = await chooseGroups(bus, request)
  const before = request.sample === undefined ? undefined : await takeSnapshot(bus, groups, request)
  if (request.sample !== undefined) await sleep(request.sample, request.signal)
  return reportLag(bus, await takeSnapshot(bus, groups, request), before, request)
}

/**
 * Reports the lag of a snapshot, compared with the earlier one if there is one. Reads the first waiting record of every
 * partition.
 */
export async function reportLag(
  bus: EventBus,
  snapshot: LagSnapshot,
  before: LagSnapshot | undefined,
  { now, commitInterval }: Pick<LagRequest, 'now' | 'commitInterval'>,
): Promise<LagReport> {
  const waiting = await readFirstWaiting(
    bus,
    snapshot.groups.flatMap(({ partitions }) => partitions),
  )
  const judged = judgeSnapshot({ snapshot, before, waiting, now: now(), commitInterval })
  return toReport(judged, await bus.admin.compactedTopics(uncertainTopics(judged)))
}
