/**
 * The condition of a consumer group on a partition, worst first:
 *
 * - `beyond-the-log`: the committed offset is before the start or after the end of the log, or the topic is gone
 * - `stopped`: events wait and no member reads them
 * - `stalled`: events wait, a member owns the partition, and nothing was committed during a sample of five seconds or more
 * - `rewound`: the committed offset moved back during the sample
 * - `held-back`: all waiting events come after the start of an open transaction, where read-committed consumers stop
 * - `falling-behind`: the group commits, but the lag does not shrink
 * - `never-committed`: the partition holds events and the group has committed nothing
 * - `catching-up`: the lag shrinks
 * - `ok`: no events wait, or only events that arrived during the sample
 */
export const lagVerdicts = [
  'beyond-the-log',
  'stopped',
  'stalled',
  'rewound',
  'held-back',
  'falling-behind',
  'never-committed',
  'catching-up',
  'ok',
] as const
export type LagVerdict = (typeof lagVerdicts)[number]

/**
 * The offsets of a partition and the committed offset of one group, at one moment. `start` and `end` are absent if the partition
 * is gone.
 */
export interface PartitionOffsets {
  readonly committed: bigint | undefined
  readonly start: bigint | undefined
  /** The high watermark. The isolation level of a group is not known, so lag counts up to here, as in Kafka's own tools. */
  readonly end: bigint | undefined
  /** The start of the oldest open transaction. Absent or equal to `end`: no transaction is open. */
  readonly lastStable?: bigint | undefined
}

/** The measurements that a verdict is based on. */
export interface LagEvidence {
  readonly current: PartitionOffsets
  /** The offsets in the earlier snapshot, if there is one. */
  readonly before?: PartitionOffsets | undefined
  /** Milliseconds between the two snapshots. */
  readonly elapsed?: number | undefined
  /**
   * Whether a member reads the partition. `undefined`: not known, because the group is rebalancing or does not report
   * assignments.
   */
  readonly hasReader: boolean | undefined
  /** False if the unread offsets hold no record, only transaction markers or gaps that compaction left. */
  readonly hasWaiting: boolean
  /** Whether all waiting events come after the start of an open transaction, where read-committed consumers stop. */
  readonly isHeldBack?: boolean | undefined
  /** Age of the first waiting record in milliseconds. */
  readonly age: number | undefined
  /** Milliseconds in which a group that keeps up commits. Default: {@link COMMIT_INTERVAL_MS}. */
  readonly commitInterval?: number | undefined
}

/**
 * Age of the first waiting event from which one snapshot is enough for `held-back`. Kafka's clients commit every five seconds by
 * default, so a reader of uncommitted records would have committed beyond the start of the transaction by then.
 */
const MIN_HELD_BACK_AGE_MS = 10_000

/** Kafka's default `auto.commit.interval.ms`. A group that keeps up may commit nothing for this long, so it has not stalled yet. */
export const COMMIT_INTERVAL_MS = 5000

/**
 * Returns the verdict; `undefined` if events wait, a member may read them, and there is no earlier snapshot to see progress, or
 * one that is too recent for a commit since then.
 */
export function judgeLag(evidence: LagEvidence): LagVerdict | undefined {
  const { current, before, hasReader, hasWaiting, isHeldBack = false, commitInterval = COMMIT_INTERVAL_MS } = evidence
  const { committed, start, end } = current
  if (start === undefined || end === undefined) return 'beyond-the-log'
  if (committed === undefined) return start === end ? 'ok' : 'never-committed'
  if (committed > end || committed < start) return 'beyond-the-log'
  if (before?.committed !== undefined && committed < before.committed) return 'rewound'
  if (committed === end || !hasWaiting) return 'ok'
  if (before?.committed === undefined || before.end === undefined) {
    if (hasReader === false) return 'stopped'
    return isHeldBack && (evidence.age ?? 0) >= MIN_HELD_BACK_AGE_MS ? 'held-back' : undefined
  }
  const moved = committed > before.committed
  if (!moved && hasReader === false) return 'stopped'
  if (isHeldBack && !arrivedDuringSample(evidence)) return 'held-back'
  const wasCaughtUp = before.committed >= (before.lastStable ?? before.end)
  if (!moved && !wasCaughtUp) return (evidence.elapsed ?? 0) < commitInterval ? undefined : 'stalled'
  if (arrivedDuringSample(evidence)) return 'ok'
  return end - committed < before.end - before.committed ? 'catching-up' : 'falling-behind'
}

/** Whether the first waiting event arrived during the sample. A group that keeps up has such events at any moment. */
const arrivedDuringSample = ({ age, elapsed }: LagEvidence): boolean =>
  age !== undefined && elapsed !== undefined && age <= elapsed

/** Returns a number for sorting: smaller is worse. An unknown verdict is worse than `ok` and better than every other verdict. */
export const verdictRank = (verdict: LagVerdict | undefined): number =>
  verdict === undefined ? lagVerdicts.indexOf('ok') - 0.5 : lagVerdicts.indexOf(verdict)

/** Whether a verdict is worse than another one. */
export const isWorse = (verdict: LagVerdict, limit: LagVerdict): boolean => verdictRank(verdict) < verdictRank(limit)

/**
 * Whether one snapshot shows every verdict that is worse than this limit. The others, from `stalled` on, are about movement
 * between two snapshots.
 */
export const oneSnapshotTells = (limit: LagVerdict): boolean => verdictRank(limit) <= verdictRank('stalled')

/** Returns the worst of some verdicts; `ok` for an empty list. */
export function worstVerdict(verdicts: readonly (LagVerdict | undefined)[]): LagVerdict | undefined {
  return verdicts.reduce((worst, verdict) => (verdictRank(verdict) < verdictRank(worst) ? verdict : worst), 'ok')
}
