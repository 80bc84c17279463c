/**
 * What is the matter with a group on a partition, worst first:
 *
 * - `beyond-the-log`: committed outside what the log holds (behind its end, before its start, or of a topic that is gone)
 * - `stopped`: events wait and nobody reads them
 * - `stalled`: events wait, somebody owns them, and nothing was committed during the sample
 * - `rewound`: the committed offset moved back during the sample
 * - `held-back`: only what an open transaction keeps from readers of committed records waits
 * - `falling-behind`: commits move, and the lag does not shrink
 * - `never-committed`: there are events and nothing was committed
 * - `catching-up`: the lag shrinks
 * - `ok`: nothing waits, or only what came during the sample
 */
const lagVerdicts = [
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

/** A partition as a group sees it at one moment; without a log when the topic or partition is gone. */
export interface LagLook {
  readonly committed: bigint | undefined
  readonly start: bigint | undefined
  /** The high watermark: a group's isolation level is not known, and lag counts up to here as in Kafka's own tools. */
  readonly end: bigint | undefined
  /** Where the oldest open transaction begins; `end` without one, and when absent. */
  readonly lastStable?: bigint | undefined
}

export interface LagEvidence {
  readonly look: LagLook
  /** The look before, when there were two. */
  readonly before?: LagLook | undefined
  /** Milliseconds between the two. */
  readonly elapsed?: number | undefined
  /** `undefined` while nobody can tell: the group is rebalancing, or of a kind that does not say. */
  readonly hasReader: boolean | undefined
  /** False when the offsets that are left hold no record: a transaction's marker, or what compaction took. */
  readonly hasWaiting: boolean
  /** All that waits lies behind the start of an open transaction, where readers of committed records do not come. */
  readonly isHeldBack?: boolean | undefined
  /** Age of the first waiting record in milliseconds. */
  readonly age: number | undefined
}

/**
 * One look takes a group for held back by a transaction that is older than this. Kafka's clients commit every five
 * seconds unless told otherwise: a reader of uncommitted records would have committed beyond its start by then.
 */
const HELD_BACK_MS = 10_000

/** The verdict, or `undefined` where events wait, somebody reads, and one look cannot tell how it goes. */
export function judgeLag(evidence: LagEvidence): LagVerdict | undefined {
  const { look, before, hasReader, hasWaiting, isHeldBack = false } = evidence
  const { committed, start, end } = look
  if (start === undefined || end === undefined) return 'beyond-the-log'
  if (committed === undefined) return start === end ? 'ok' : 'never-committed'
  if (committed > end || committed < start) return 'beyond-the-log'
  if (before?.committed !== undefined && committed < before.committed) return 'rewound'
  if (committed === end || !hasWaiting) return 'ok'
  if (before?.committed === undefined || before.end === undefined) {
    if (hasReader === false) return 'stopped'
    return isHeldBack && (evidence.age ?? 0) >= HELD_BACK_MS ? 'held-back' : undefined
  }
  const moved = committed > before.committed
  if (!moved && hasReader === false) return 'stopped'
  if (isHeldBack && !isYoung(evidence)) return 'held-back'
  const wasCaughtUp = before.committed >= (before.lastStable ?? before.end)
  if (!moved && !wasCaughtUp) return 'stalled'
  if (isYoung(evidence)) return 'ok'
  return end - committed < before.end - before.committed ? 'catching-up' : 'falling-behind'
}

/** Came during the sample: a group that keeps up has some of these at any moment. */
const isYoung = ({ age, elapsed }: LagEvidence): boolean => age !== undefined && elapsed !== undefined && age <= elapsed

/** Smaller is worse; not to know is better than anything that is known to be wrong. */
export const verdictRank = (verdict: LagVerdict | undefined): number =>
  verdict === undefined ? lagVerdicts.indexOf('ok') - 0.5 : lagVerdicts.indexOf(verdict)

/** What is the matter with a whole, by its parts; a whole without parts is `ok`. */
export function worstVerdict(verdicts: readonly (LagVerdict | undefined)[]): LagVerdict | undefined {
  return verdicts.reduce((worst, one) => (verdictRank(one) < verdictRank(worst) ? one : worst), 'ok')
}
