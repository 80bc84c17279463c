import type { GroupDescription, GroupState } from '../../bus/admin.ts'
import { compareNumbers, compareText } from '../../bus/compare.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import { ageOf, aheadOf } from '../events/record-age.ts'
import { countLag, firstRecord, mayCountGaps } from './count-lag.ts'
import { type FirstWaiting, firstWaitingOffset } from './first-waiting.ts'
import { notesOf } from './notes.ts'
import type { GroupLag, LagRates, LagReport, LagSummary, PartitionLag, TopicLag } from './report.ts'
import type { LagSnapshot, PartitionSnapshot } from './snapshot.ts'
import { judgeLag, type PartitionOffsets, verdictRank, worstVerdict } from './verdict.ts'

// Computes a report from snapshots and the first waiting records. Reads nothing itself.

/** The partitions of every group with their verdicts, before they are summed up. */
interface JudgedSnapshot {
  /** Milliseconds between the two snapshots; `undefined` if there is only one. */
  readonly elapsed: number | undefined
  readonly groups: readonly {
    readonly description: GroupDescription
    readonly byTopic: ReadonlyMap<string, readonly PartitionLag[]>
  }[]
}

interface LagFindings {
  readonly snapshot: LagSnapshot
  /** The earlier snapshot. */
  readonly before: LagSnapshot | undefined
  /** Returns the first waiting records of a partition of `snapshot`. */
  readonly waiting: (partition: PartitionSnapshot) => FirstWaiting
  /** Milliseconds since 1970. */
  readonly now: number
  readonly commitInterval?: number | undefined
}

/** Counts and judges the lag of every partition of a snapshot, compared with the earlier snapshot if there is one. */
export function judgeSnapshot({ snapshot, before, waiting, now, commitInterval }: LagFindings): JudgedSnapshot {
  const elapsed = before === undefined ? undefined : snapshot.taken - before.taken
  const earlierGroups = new Map(before?.groups.map(({ description, partitions }) => [description.group, partitions]))
  const groups = snapshot.groups.map(({ description, partitions }) => {
    const earlier = new PartitionMap<PartitionOffsets>()
    for (const partition of earlierGroups.get(description.group) ?? []) earlier.set(partition, partition)
    const owners = ownersOf(description)
    const judged = partitions.map((partition) =>
      judgePartition(partition, description, {
        owner: owners.get(partition),
        before: earlier.get(partition),
        elapsed,
        waiting: waiting(partition),
        now,
        commitInterval,
      }),
    )
    return { description, byTopic: Map.groupBy(judged, (_, at) => partitions[at]?.topic ?? '') }
  })
  return { elapsed, groups }
}

/** Lists the topics whose lag is only an upper bound if the topic is compacted, so that only their settings are read. */
export function uncertainTopics({ groups }: JudgedSnapshot): string[] {
  const uncertain = groups.flatMap(({ byTopic }) => [...byTopic].filter(([, own]) => own.some(mayCountGaps)))
  return [...new Set(uncertain.map(([topic]) => topic))]
}

/** Sums up judged partitions by topic and group, worst first. `compacted` contains the compacted topics. */
export function toReport({ elapsed, groups }: JudgedSnapshot, compacted: ReadonlySet<string>): LagReport {
  const summarized = groups.map(({ description, byTopic }) => summarizeGroup(description, byTopic, compacted))
  return {
    sample: elapsed === undefined ? undefined : Math.round(elapsed),
    groups: summarized.sort(worstFirst('group')),
  }
}

type Member = GroupDescription['members'][number]

/** Maps each assigned partition to the member that reads it. */
function ownersOf({ members }: GroupDescription): PartitionMap<Member> {
  const owners = new PartitionMap<Member>()
  for (const member of members) for (const assigned of member.assignment) owners.set(assigned, member)
  return owners
}

interface PartitionContext {
  readonly waiting: FirstWaiting
  readonly owner: Member | undefined
  readonly before: PartitionOffsets | undefined
  readonly elapsed: number | undefined
  readonly now: number
  readonly commitInterval: number | undefined
}

function judgePartition(
  snapshot: PartitionSnapshot,
  { state }: GroupDescription,
  { owner, before, elapsed, waiting, now, commitInterval }: PartitionContext,
): PartitionLag {
  const { partition, committed, start, end, lastStable = end } = snapshot
  const { open } = waiting
  const first = firstRecord(waiting)
  const age = first === undefined ? undefined : ageOf(first.timestamp, now)
  const mayBeHeldBack = open !== undefined && lastStable !== undefined && firstWaitingOffset(snapshot) <= lastStable
  const verdict = judgeLag({
    current: snapshot,
    before,
    elapsed,
    hasReader: owner !== undefined ? true : isSettled(state) ? false : undefined,
    hasWaiting: first !== undefined,
    isHeldBack: mayBeHeldBack && waiting.committed === undefined,
    age,
    commitInterval,
  })
  const { lag, gone } = countLag(snapshot, waiting)
  const judged = {
    partition,
    committed,
    start,
    end,
    lag,
    age,
    rates: before === undefined || elapsed === undefined ? undefined : ratesOf(before, snapshot, elapsed, lag),
    verdict,
  }
  const ahead = first === undefined || age !== undefined ? undefined : aheadOf(first.timestamp, now)
  const unreadable = first?.unreadable
  // A report may have 100,000 partitions. Most of them have none of the fields below, and leaving these out saves memory.
  const isUsual = gone === undefined && ahead === undefined && unreadable === undefined && lastStable === end
  if (isUsual && owner === undefined) return judged
  return {
    ...judged,
    lastStable: lastStable === end ? undefined : lastStable,
    gone,
    ahead,
    unreadable,
    transaction: mayBeHeldBack
      ? { offset: lastStable, since: ageOf(open.timestamp, now) === undefined ? undefined : Number(open.timestamp) }
      : undefined,
    memberId: owner?.memberId,
    clientId: owner?.clientId,
    host: owner?.host,
  }
}

/** Whether a group is not rebalancing. A partition without an owner then stays without one. */
const isSettled = (state: GroupState): boolean => state === 'Empty' || state === 'Dead' || state === 'Stable'

/** Computes the rates from two snapshots that were taken `elapsed` milliseconds apart. */
function ratesOf(
  before: PartitionOffsets,
  after: PartitionOffsets,
  elapsed: number,
  lag: bigint | undefined,
): LagRates {
  const perSecond = (from: bigint | undefined, to: bigint | undefined) =>
    from === undefined || to === undefined ? 0 : (Number(to - from) * 1000) / elapsed
  const incoming = perSecond(before.end, after.end)
  const out = perSecond(before.committed, after.committed)
  return { in: incoming, out, catchUp: catchUpOf(after, lag, incoming, out) }
}

/** Returns the milliseconds until no event waits; `undefined` if the lag does not shrink or the log is gone. */
function catchUpOf(
  { committed, start, end }: PartitionOffsets,
  lag: bigint | undefined,
  incoming: number,
  out: number,
): number | undefined {
  if (start === undefined || end === undefined || (committed !== undefined && committed > end)) return undefined
  // A partition without a commit is caught up as long as it holds no events.
  const left = Number(lag ?? end - start)
  if (left === 0) return 0
  return lag !== undefined && out > incoming ? Math.round((left * 1000) / (out - incoming)) : undefined
}

/** Sums up parts: adds lags and rates, and takes the oldest age, the longest time to catch up and the worst verdict. */
function summarize(parts: readonly LagSummary[]): LagSummary {
  const rates = parts.flatMap((part) => part.rates ?? [])
  const neverCatchesUp = rates.some(({ catchUp }) => catchUp === undefined)
  return {
    lag: sumOf(parts, ({ lag }) => lag),
    gone: sumOf(parts, ({ gone }) => gone),
    age: parts.reduce<number | undefined>((oldest, { age }) => larger(oldest, age), undefined),
    rates:
      rates.length === 0
        ? undefined
        : {
            in: rates.reduce((sum, rate) => sum + rate.in, 0),
            out: rates.reduce((sum, rate) => sum + rate.out, 0),
            catchUp: neverCatchesUp
              ? undefined
              : rates.reduce((longest, rate) => Math.max(longest, rate.catchUp ?? 0), 0),
          },
    verdict: worstVerdict(parts.map(({ verdict }) => verdict)),
  }
}

/** Returns the sum over the parts that have a value; `undefined` if no part has one. */
const sumOf = (parts: readonly LagSummary[], read: (part: LagSummary) => bigint | undefined): bigint | undefined =>
  parts.reduce<bigint | undefined>((sum, part) => {
    const own = read(part)
    return own === undefined ? sum : (sum ?? 0n) + own
  }, undefined)

/** Returns the larger of two values, of which one or both may be absent. */
const larger = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

function summarizeGroup(
  { group, state, members }: GroupDescription,
  byTopic: ReadonlyMap<string, readonly PartitionLag[]>,
  compacted: ReadonlySet<string>,
): GroupLag {
  const topics = [...byTopic].map(([topic, partitions]): TopicLag => {
    const summary = summarize(partitions)
    const countsGaps = compacted.has(topic) && partitions.some(mayCountGaps)
    const counts = summary.lag === undefined ? undefined : countsGaps ? 'offsets' : 'records'
    return { topic, ...summary, counts, partitions }
  })
  const topicCounts = new Set(topics.map(({ counts }) => counts))
  const counts = topicCounts.has('offsets') ? 'offsets' : topicCounts.has('records') ? 'records' : undefined
  const summary = summarize(topics)
  const notes = notesOf({ lag: summary.lag, gone: summary.gone, topics })
  return {
    group,
    state,
    memberCount: members.length,
    ...summary,
    counts,
    notes: notes.length === 0 ? undefined : notes,
    topics: topics.sort(worstFirst('topic')),
  }
}

/** Returns a comparison for sorting: the worst verdict first, then the largest lag, then by name. */
function worstFirst<Name extends 'group' | 'topic'>(name: Name) {
  return (a: LagSummary & Record<Name, string>, b: LagSummary & Record<Name, string>): number =>
    verdictRank(a.verdict) - verdictRank(b.verdict) ||
    compareNumbers(b.lag ?? 0n, a.lag ?? 0n) ||
    compareText(a[name], b[name])
}
