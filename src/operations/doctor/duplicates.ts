import type { CommittedOffset, TopicPartition } from '../../bus/admin.ts'
import { comparePartitions } from '../../bus/compare.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { advice } from '../../bus/hints.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import type { Position } from '../../bus/record.ts'
import { sleep } from '../../bus/time/sleep.ts'
import { decodeEnvelope } from '../../codecs/envelope.ts'
import { messageId } from '../../codecs/message-id.ts'
import { readSkippingUnreadable } from '../events/skip-unreadable.ts'
import { operationHints } from '../hints.ts'
import { newestSlices } from '../topics/newest-slices.ts'
import { error, type Finding, ok, warning } from './finding.ts'
import { judgeGroup, rebalancing } from './group.ts'
import type { WatchRequest } from './slow.ts'

/** Milliseconds between two samples. Shorter than the rebalance of a classic group, which takes at least a heartbeat. */
const INTERVAL_MS = 500
/** Kafka's clients commit every five seconds by default; crbus commits within 200 ms. */
const LATE_MS = 4000
/** The newest records of a topic that are compared. */
const SAMPLE = 1000

/** Finds out why a group sees events twice: watches its members and commits. Only reads, and joins no group. */
export async function diagnoseDuplicates(bus: EventBus, request: WatchRequest): Promise<readonly Finding[]> {
  const { group, duration, signal } = request
  const { findings, isConsumer, description, committed } = await judgeGroup(bus, group)
  if (!isConsumer) return findings
  const topics = [
    ...new Set(
      [...committed, ...description.members.flatMap(({ assignment }) => assignment)].map(({ topic }) => topic),
    ),
  ].sort()
  const watch = new GroupWatch()
  const began = performance.now()
  for (;;) {
    // The ends last, so that a group that commits in between does not seem to have read everything.
    const [{ state, members }, offsets] = await Promise.all([
      bus.admin.describeGroup(group),
      bus.admin.committedOffsets(group),
    ])
    const ends = await bus.log.rangesOf(topics)
    const isWaiting = ({ topic, partition, offset }: Position) =>
      (ends.get(topic)?.find((own) => own.partition === partition)?.end ?? 0n) > offset
    watch.add(performance.now() - began, { state, members, offsets, isWaiting })
    const left = duration - (performance.now() - began)
    if (left <= 0 || signal.aborted) break
    await sleep(Math.min(INTERVAL_MS, left), signal)
  }
  return [
    ...findings,
    ...watch.judge(group, duration),
    ...(await neverCommitted(bus, request)),
    ...(await judgeRepeats(bus, topics, signal)),
  ]
}

interface Sample {
  readonly state: string
  readonly members: readonly { readonly memberId: string }[]
  readonly offsets: readonly CommittedOffset[]
  readonly isWaiting: (position: Position) => boolean
}

interface WatchedPartition extends TopicPartition {
  offset: bigint
  /** Since when events wait at this offset; absent if none did. Milliseconds, as the others. */
  since: number | undefined
  /** The commit with the most events, and the one that the longest wait preceded. */
  largest: bigint
  longest: number
  movedBack?: { readonly from: bigint; readonly to: bigint }
}

/** Compares the samples of a group. */
class GroupWatch {
  readonly #partitions = new PartitionMap<WatchedPartition>()
  readonly #joined = new Set<string>()
  readonly #left = new Set<string>()
  #members: ReadonlySet<string> | undefined
  #isRebalancing = false
  #rebalances = 0

  add(at: number, { state, members, offsets, isWaiting }: Sample): void {
    const ids = new Set(members.map(({ memberId }) => memberId))
    const before = this.#members ?? ids
    const joined = [...ids.difference(before)]
    const left = [...before.difference(ids)]
    const isRebalancing = rebalancing.has(state)
    // Members that change during a rebalance are part of the same one.
    if (!this.#isRebalancing && (isRebalancing || joined.length + left.length > 0)) this.#rebalances += 1
    for (const id of joined) this.#joined.add(id)
    for (const id of left) this.#left.add(id)
    this.#members = ids
    this.#isRebalancing = isRebalancing
    for (const own of offsets) this.#addOffset(at, own, isWaiting(own))
  }

  #addOffset(at: number, { topic, partition, offset }: Position, isWaiting: boolean): void {
    const known = this.#partitions.get({ topic, partition })
    if (known === undefined) {
      const since = isWaiting ? at : undefined
      this.#partitions.set({ topic, partition }, { topic, partition, offset, since, largest: 0n, longest: 0 })
      return
    }
    if (offset < known.offset) known.movedBack ??= { from: known.offset, to: offset }
    if (offset > known.offset) {
      if (offset - known.offset > known.largest) known.largest = offset - known.offset
      known.longest = Math.max(known.longest, at - (known.since ?? at))
    }
    if (offset !== known.offset || !isWaiting) known.since = isWaiting ? at : undefined
    else known.since ??= at
    known.offset = offset
  }

  judge(group: string, duration: number): Finding[] {
    const watched = { group, duration } as const
    const findings: Finding[] = []
    const [joined, left] = [[...this.#joined], [...this.#left]]
    if (this.#rebalances > 0) {
      const hints = [
        operationHints.showMembers(group),
        advice('check the logs of the members for restarts, and for events that take longer than max.poll.interval.ms'),
      ]
      findings.push(warning({ code: 'rebalanced', ...watched, count: this.#rebalances, joined, left }, hints))
    } else if ((this.#members?.size ?? 0) > 0) {
      findings.push(ok({ code: 'no-rebalance', ...watched, memberCount: this.#members?.size ?? 0 }))
    }
    for (const { topic, partition, largest, longest, movedBack } of [...this.#partitions.values()].sort(
      comparePartitions,
    )) {
      const at = { ...watched, topic, partition }
      if (movedBack !== undefined) {
        const hints = [
          advice('check whether a member seeks, or a script resets the group'),
          operationHints.showMembers(group),
        ]
        findings.push(error({ code: 'offset-moved-back', ...at, ...movedBack }, hints))
      }
      if (largest === 0n) continue
      const commits = { ...at, largest, longest: Math.round(longest) }
      if (longest < LATE_MS) findings.push(ok({ code: 'commits-seen', ...commits }))
      else {
        const hints = [advice('commit more often: with auto.commit.interval.ms, or after each batch')]
        findings.push(warning({ code: 'commits-late', ...commits }, hints))
      }
    }
    return findings
  }
}

/** Reports partitions that a member reads without a commit: each new member begins there again. */
async function neverCommitted(bus: EventBus, { group, duration }: WatchRequest): Promise<Finding[]> {
  const [{ members }, offsets] = await Promise.all([bus.admin.describeGroup(group), bus.admin.committedOffsets(group)])
  const committed = new PartitionMap<true>()
  for (const own of offsets) committed.set(own, true)
  const open = members.flatMap(({ assignment }) => assignment).filter((own) => !committed.get(own))
  const ranges = await bus.log.rangesOf([...new Set(open.map(({ topic }) => topic))])
  const partitions = open.filter(({ topic, partition }) =>
    ranges.get(topic)?.some((own) => own.partition === partition && own.start < own.end),
  )
  if (partitions.length === 0) return []
  const hints = [advice('check that the consumers commit (enable.auto.commit), or acknowledge what they read')]
  return [warning({ code: 'never-committed', group, duration, partitions }, hints)]
}

/**
 * Reports events that are in a topic twice. Only events with a timestamp or a causation count: without these, two equal events
 * may be two events.
 */
async function judgeRepeats(bus: EventBus, topics: readonly string[], signal: AbortSignal): Promise<Finding[]> {
  const ranges = await bus.log.rangesOf(topics)
  const findings: Finding[] = []
  for (const topic of topics) {
    const firsts = new Map<string, Position>()
    const repeats: (readonly [Position, Position])[] = []
    let sampled = 0
    const slices = newestSlices(topic, ranges.get(topic) ?? [], SAMPLE)
    for await (const batch of readSkippingUnreadable(bus.log, slices, { signal }, () => {})) {
      for (const { value, partition, offset } of batch) {
        sampled += 1
        const decoded = value === null ? undefined : decodeEnvelope(value)
        const metadata = decoded?.ok ? decoded.event.metadata : undefined
        if (!decoded?.ok || (metadata?.timestamp === undefined && metadata?.causationId === undefined)) continue
        const id = messageId(decoded.event)
        const first = firsts.get(id)
        if (first === undefined) firsts.set(id, { topic, partition, offset })
        else repeats.push([first, { topic, partition, offset }])
      }
    }
    const [positions] = repeats
    if (positions === undefined) continue
    const hints = [
      advice('make the consumers ignore an event whose message id they have seen'),
      advice('check whether the publisher publishes again after a time-out'),
    ]
    findings.push(warning({ code: 'published-twice', topic, count: repeats.length, sampled, positions }, hints))
  }
  return findings
}
