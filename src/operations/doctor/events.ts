import type { TopicPartition } from '../../bus/admin.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { advice } from '../../bus/hints.ts'
import type { PartitionRange } from '../../bus/topic-log.ts'
import { operationHints } from '../hints.ts'
import { error, type Finding, info, isFault, ok, warning } from './finding.ts'
import { type JudgedGroup, judgeGroup, judgeWaiting, rebalancing, similar } from './group.ts'

/** Finds out why a group sees no events of a topic. Only reads, and joins no group. */
export async function diagnoseEvents(
  bus: EventBus,
  { topic, group }: { readonly topic: string; readonly group: string },
): Promise<readonly Finding[]> {
  const judged = await judgeGroup(bus, group)
  const known = (await bus.admin.listTopics()).filter(({ internal }) => !internal).map((own) => own.topic)
  const ranges = (await bus.log.rangesOf([topic])).get(topic)
  if (ranges === undefined) {
    const hints = [
      ...(await similar('topic', topic, known)),
      operationHints.listTopics(),
      operationHints.createTopic(topic),
    ]
    return [error({ code: 'topic-missing', topic }, hints), ...judged.findings]
  }
  const findings = [...judgeTopic(topic, ranges), ...judged.findings]
  if (!judged.isConsumer) return findings
  const read = readersOf(topic, ranges, judged, known)
  findings.push(...read.findings)
  if (read.isRead) findings.push(...(await judgePositions(bus, { topic, group, ranges, judged })))
  return findings
}

function judgeTopic(topic: string, ranges: readonly PartitionRange[]): Finding[] {
  const eventCount = ranges.reduce((sum, { start, end }) => sum + end - start, 0n)
  const partitionCount = ranges.length
  if (eventCount === 0n) {
    const gone = ranges.reduce((sum, { end }) => sum + end, 0n)
    const hints =
      gone === 0n
        ? [advice('check that the publisher publishes to this topic, on this bus'), operationHints.showConfig()]
        : [
            operationHints.describeTopic(topic),
            advice('raise retention.ms of the topic if its events are needed longer'),
          ]
    return [error({ code: 'topic-empty', topic, gone }, hints)]
  }
  const empty = ranges.filter(({ start, end }) => start === end).length
  const found = ok({ code: 'topic-has-events', topic, eventCount, partitionCount })
  return empty === 0 ? [found] : [found, info({ code: 'partitions-empty', topic, empty, partitionCount })]
}

/** Checks that members subscribe to the topic and that every partition is assigned. `isRead`: whether positions matter. */
function readersOf(
  topic: string,
  ranges: readonly PartitionRange[],
  { description }: JudgedGroup,
  known: readonly string[],
): { readonly findings: Finding[]; readonly isRead: boolean } {
  const { group, state, members } = description
  // Without members, the committed offsets still say what a new member would read.
  if (members.length === 0) return { findings: [], isRead: true }
  const assigned = new Set(
    members.flatMap(({ assignment }) => assignment.filter((own) => own.topic === topic).map((own) => own.partition)),
  )
  const topics = [
    ...new Set(
      members.flatMap(({ subscription = [], assignment }) => [...subscription, ...assignment.map((own) => own.topic)]),
    ),
  ].sort()
  if (!topics.includes(topic)) {
    // During a rebalance, members may not report their subscriptions yet.
    if (rebalancing.has(state) && topics.length === 0) return { findings: [], isRead: true }
    const missing = topics.filter((own) => !known.includes(own))
    const hints = [
      advice(
        missing.length === 0
          ? `subscribe to '${topic}' in the service, or publish to a topic that it subscribes to`
          : `correct the topic in the service: ${missing.join(', ')} does not exist`,
      ),
      operationHints.showMembers(group),
    ]
    return { findings: [error({ code: 'topic-not-subscribed', group, topic, topics }, hints)], isRead: false }
  }
  const unassigned = ranges.filter(({ partition }) => !assigned.has(partition))
  if (rebalancing.has(state) || unassigned.length === 0) return { findings: [], isRead: true }
  const partitions = unassigned.map(({ partition }) => ({ topic, partition }))
  const hints = [
    advice('restart the members; crbus notices added partitions within half a minute'),
    operationHints.showMembers(group),
  ]
  return { findings: [error({ code: 'partitions-unassigned', group, partitions }, hints)], isRead: true }
}

interface Read {
  readonly topic: string
  readonly group: string
  readonly ranges: readonly PartitionRange[]
  readonly judged: JudgedGroup
}

/** Compares the committed offsets with the log. */
async function judgePositions(bus: EventBus, { topic, group, ranges, judged }: Read): Promise<Finding[]> {
  const committedOf = new Map(
    judged.committed.filter((own) => own.topic === topic).map(({ partition, offset }) => [partition, offset]),
  )
  const all = ranges.map((range) => ({ topic, ...range, committed: committedOf.get(range.partition) }))
  const where = (holds: (own: (typeof all)[number]) => boolean): TopicPartition[] =>
    all.filter(holds).map(({ partition }) => ({ topic, partition }))
  const toStart = operationHints.moveGroup(group, topic, 'start')
  const findings: Finding[] = []
  const beyond = where(({ committed = 0n, end }) => committed > end)
  if (beyond.length > 0) {
    findings.push(error({ code: 'position-beyond-end', group, partitions: beyond }, [toStart]))
  }
  const before = where(({ committed, start }) => committed !== undefined && committed < start)
  if (before.length > 0) {
    const hints = [
      advice('raise retention.ms of the topic, or keep the consumers running'),
      operationHints.describeTopic(topic),
    ]
    findings.push(warning({ code: 'position-before-start', group, partitions: before }, hints))
  }
  const held = where(({ committed = 0n, end, lastStable = end }) => committed >= lastStable && committed < end)
  if (held.length > 0) {
    const hints = [
      advice('end the transaction: restart its producer, or abort it with kafka-transactions'),
      operationHints.describeTopic(topic),
    ]
    findings.push(warning({ code: 'held-by-transaction', group, partitions: held }, hints))
  }
  const fresh = where(({ committed, start, end }) => committed === undefined && start < end)
  if (fresh.length > 0) {
    const hints = [advice("let the consumers begin at the oldest event: autoOffsetReset: 'earliest'"), toStart]
    findings.push(warning({ code: 'starts-at-latest', group, partitions: fresh }, hints))
  }
  const waiting = all.filter(({ committed, end }) => committed !== undefined && committed < end)
  findings.push(...(await judgeWaiting(bus, group, waiting)))
  if (findings.some(isFault)) return findings
  const lag = waiting.reduce(
    (sum, { committed = 0n, start, end }) => sum + end - (committed < start ? start : committed),
    0n,
  )
  // Without members, nothing reads: that is a finding of its own.
  if (judged.description.members.length === 0) return findings
  if (lag > 0n) findings.push(info({ code: 'events-wait', group, lag }, [operationHints.findSlowness(group)]))
  else if (committedOf.size > 0) findings.push(info({ code: 'nothing-waits', group, lag }, [toStart]))
  return findings
}
