import type { CommittedOffset, TopicPartition } from '../../bus/admin.ts'
import { comparePartitions } from '../../bus/compare.ts'
import { advice } from '../../bus/hints.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import type { Position } from '../../bus/record.ts'
import { operationHints } from '../hints.ts'
import { error, type Finding, ok, warning } from './finding.ts'
import { rebalancing } from './group.ts'

/** Kafka's clients commit every five seconds by default; crbus commits within 200 ms. */
const LATE_MS = 4000

/** A group at one moment. */
interface Sample {
  readonly state: string
  readonly members: readonly { readonly memberId: string }[]
  readonly offsets: readonly CommittedOffset[]
  /** Whether events wait at a position. */
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

/** Compares the samples of a group, which are added in the order of their times. */
export class GroupWatch {
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
