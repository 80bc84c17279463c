import type { GroupDescription, GroupState } from '../../bus/admin.ts'
import { compareNumbers, compareText } from '../../bus/compare.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import { ageOf, aheadOf } from '../events/record-age.ts'
import { countLag, firstOfBoth, maySkipOffsets } from './count-lag.ts'
import { type FirstWaiting, firstWaitingOffset } from './first-waiting.ts'
import { notesOf } from './notes.ts'
import type { GroupLag, LagRates, LagReport, LagSummary, PartitionLag, TopicLag } from './report.ts'
import type { LagSnapshot, PartitionSnapshot } from './snapshot.ts'
import { judgeLag, type PartitionOffsets, verdictRank, worstVerdict } from './verdict.ts'

// Pure: from snapshots and the first waiting records to a report.

/** The partitions of every group with their verdicts, before they are summed up. */
interface JudgedSnapshot {
  readonly elapsed: number | undefined
  readonly groups: readonly {
    readonly description: GroupDescription
    readonly byTopic: ReadonlyMap<string, readonly PartitionLag[]>
  }[]
}

interface LagFindings {
  readonly snapshot: LagSnapshot
  readonly before: LagSnapshot | undefined
  readonly waiting: (partition: PartitionSnapshot) => FirstWaiting
  readonly now: number
}

/** Counts and judges the lag of every partition of a snapshot, compared with an earlier snapshot when there is one. */
export function judgeSnapshot({ snapshot, before, waiting, now }: LagFindings): JudgedSnapshot {
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
      }),
    )
    return { description, byTopic: Map.groupBy(judged, (_, at) => partitions[at]?.topic ?? '') }
  })
  return { elapsed, groups }
}

/** The topics whose lag would be an upper bound if they are compacted. */
export function uncertainTopics({ groups }: JudgedSnapshot): string[] {
  const uncertain = groups.flatMap(({ byTopic }) => [...byTopic].filter(([, own]) => own.some(maySkipOffsets)))
  return [...new Set(uncertain.map(([topic]) => topic))]
}

/** Sums judged partitions up by topic and group, worst first. */
export function toReport({ elapsed, groups }: JudgedSnapshot, compacted: ReadonlySet<string>): LagReport {
  const summarized = groups.map(({ description, byTopic }) => summarizeGroup(description, byTopic, compacted))
  return {
    sample: elapsed === undefined ? undefined : Math.round(elapsed),
    groups: summarized.sort(worstFirst('group')),
  }
}

type Member = GroupDescription['members'][number]

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
}

function judgePartition(
  snapshot: PartitionSnapshot,
  { state }: GroupDescription,
  { owner, before, elapsed, waiting, now }: PartitionContext,
): PartitionLag {
  const { partition, committed, start, end, lastStable = end } = snapshot
  const { open } = waiting
  const first = firstOfBoth(waiting)
  const age = first === undefined ? undefined : ageOf(first.timestamp, now)
  const mayBeHeldBack = open !== undefined && lastStable !== undefined && firstWaitingOffset(snapshot) <= lastStable
  const verdict = judgeLag({
    current: snapshot,
    before,
    elapsed,
    hasReader: owner === undefined ? (isSettled(state) ? false : undefined) : true,
    hasWaiting: first !== undefined,
    isHeldBack: mayBeHeldBack && waiting.committed === undefined,
    age,
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
  // A report may have 100,000 partitions, and most of them have none of the fields below.
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

/** Whether the group is not rebalancing, so that a partition without an owner will not get one. */
const isSettled = (state: GroupState): boolean => state === 'Empty' || state === 'Dead' || state === 'Stable'

function ratesOf(
  before: PartitionOffsets,
  after: PartitionOffsets,
  elapsed: number,
  lag: bigint | undefined,
): LagRates {
  const perSecond = (from: bigint | undefined, to: bigint | undefined) =>
    from === undefined || to === undefined ? 0 : (Number(to - from) * 1000) / elapsed
  const [incoming, out] = [perSecond(before.end, after.end), perSecond(before.committed, after.committed)]
  return { in: incoming, out, catchUp: catchUpOf(after, lag, incoming, out) }
}

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

/** Sums parts up: lags and rates are added, the oldest age, the longest time to catch up and the worst verdict count. */
function summarize(parts: readonly LagSummary[]): LagSummary {
  const rates = parts.flatMap((part) => part.rates ?? [])
  const isNever = rates.some(({ catchUp }) => catchUp === undefined)
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
            catchUp: isNever ? undefined : rates.reduce((longest, rate) => Math.max(longest, rate.catchUp ?? 0), 0),
          },
    verdict: worstVerdict(parts.map(({ verdict }) => verdict)),
  }
}

/** The sum over the parts that have a value; `undefined` when none has. */
const sumOf = (parts: readonly LagSummary[], read: (part: LagSummary) => bigint | undefined): bigint | undefined =>
  parts.reduce<bigint | undefined>((sum, part) => {
    const own = read(part)
    return own === undefined ? sum : (sum ?? 0n) + own
  }, undefined)

const larger = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

function summarizeGroup(
  { group, state, members }: GroupDescription,
  byTopic: ReadonlyMap<string, readonly PartitionLag[]>,
  compacted: ReadonlySet<string>,
): GroupLag {
  const topics = [...byTopic].map(([topic, partitions]): TopicLag => {
    const summary = summarize(partitions)
    const skips = compacted.has(topic) && partitions.some(maySkipOffsets)
    const counts = summary.lag === undefined ? undefined : skips ? 'offsets' : 'records'
    return { topic, ...summary, counts, partitions }
  })
  const counted = new Set(topics.map(({ counts }) => counts))
  const counts = counted.has('offsets') ? 'offsets' : counted.has('records') ? 'records' : undefined
  const summary = summarize(topics)
  const notes = notesOf({ gone: summary.gone, topics })
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

/** Orders by verdict, then by lag, then by name. */
function worstFirst<Name extends 'group' | 'topic'>(name: Name) {
  return (a: LagSummary & Record<Name, string>, b: LagSummary & Record<Name, string>): number =>
    verdictRank(a.verdict) - verdictRank(b.verdict) ||
    compareNumbers(b.lag ?? 0n, a.lag ?? 0n) ||
    compareText(a[name], b[name])
}
