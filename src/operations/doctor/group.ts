import type { CommittedOffset, GroupDescription } from '../../bus/admin.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { advice, type Hint } from '../../bus/hints.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import { decodeEnvelope } from '../../codecs/envelope.ts'
import { operationHints } from '../hints.ts'
import { readFirstWaiting } from '../lag/first-waiting.ts'
import type { PartitionSnapshot } from '../lag/snapshot.ts'
import { error, type Finding, ok, warning } from './finding.ts'

/** A group, and what is wrong with it as a whole. */
export interface JudgedGroup {
  readonly findings: readonly Finding[]
  readonly description: GroupDescription
  readonly committed: readonly CommittedOffset[]
  /** Whether the group exists and is a group of consumers. */
  readonly isConsumer: boolean
}

/** What the complaints that watch a group ask for. */
export interface WatchRequest {
  readonly group: string
  /** How long to watch the group, in milliseconds. */
  readonly duration: number
  readonly now: () => number
  readonly signal: AbortSignal
}

/** A group, and for how many milliseconds it was watched. */
export interface Watched {
  readonly group: string
  readonly duration: number
}

/** The states of a group while its partitions are assigned again. */
export const rebalancing: ReadonlySet<string> = new Set([
  'PreparingRebalance',
  'CompletingRebalance',
  'Assigning',
  'Reconciling',
])

/** Checks that a group exists, consists of consumers and has members. */
export async function judgeGroup(bus: EventBus, group: string): Promise<JudgedGroup> {
  const [listed, description, committed] = await Promise.all([
    bus.admin.listGroups(),
    bus.admin.describeGroup(group),
    bus.admin.committedOffsets(group),
  ])
  const { state, members } = description
  const known = listed.find((own) => own.group === group)
  const isUnknown = state === 'Dead' && committed.length === 0
  const { protocolType } = known ?? description
  const base = { description, committed }
  if (isUnknown && known === undefined) {
    const names = listed.map((own) => own.group)
    const hints = [...(await similar('group', group, names)), operationHints.listGroups()]
    return { ...base, findings: [error({ code: 'group-missing', group }, hints)], isConsumer: false }
  }
  if (isUnknown || (protocolType !== 'consumer' && protocolType !== '')) {
    const hints = [advice('give the consumers a group of their own')]
    return { ...base, findings: [error({ code: 'group-not-consumer', group, protocolType }, hints)], isConsumer: false }
  }
  if (members.length === 0) {
    const hints = [advice('start a service that subscribes with this group'), operationHints.listGroups()]
    return { ...base, findings: [error({ code: 'group-without-members', group }, hints)], isConsumer: true }
  }
  const findings = [ok({ code: 'group-has-members', group, memberCount: members.length })]
  if (rebalancing.has(state)) {
    findings.push(warning({ code: 'group-rebalancing', group, state }, [operationHints.watchGroup(group)]))
  }
  return { ...base, findings, isConsumer: true }
}

/** Reports partitions that a member reads without a commit: each new member begins there again. */
export async function neverCommitted(bus: EventBus, { group, duration }: Watched): Promise<Finding[]> {
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

/** The most similar names that a hint has. */
const MAX_SIMILAR_NAMES = 3

/** Returns a hint with the names like a missing one, if there are any. */
export async function similar(kind: 'topic' | 'group', name: string, known: readonly string[]): Promise<Hint[]> {
  const { namesLike } = await import('../../bus/names/names-like.ts')
  const names = namesLike(name, [...known]).slice(0, MAX_SIMILAR_NAMES)
  return names.length === 0 ? [] : [operationHints.similarNames(kind, names)]
}

/** Reports the first waiting events that a consumer cannot get past: those that cannot be read, and those that cannot be decoded. */
export async function judgeWaiting(
  bus: EventBus,
  group: string,
  partitions: readonly PartitionSnapshot[],
): Promise<Finding[]> {
  const waiting = await readFirstWaiting(bus, partitions)
  const first = partitions.map((own) => ({ ...own, record: waiting(own).committed }))
  const unreadable = first.flatMap(({ topic, partition, record }) => {
    if (record?.unreadable === undefined) return []
    const { offset, unreadable: reason } = record
    return [
      error(
        { code: 'waiting-event-unreadable', group, topic, partition, offset, reason },
        skipping(group, topic, partition, offset),
      ),
    ]
  })
  const slices = first.flatMap(({ topic, partition, record }) =>
    record === undefined || record.unreadable !== undefined
      ? []
      : [{ topic, partition, from: record.offset, to: record.offset + 1n }],
  )
  const records = await bus.log.firstRecords(slices)
  const undecodable = records.flatMap((record) => {
    if (record === undefined || record.value === null) return []
    const decoded = decodeEnvelope(record.value)
    if (decoded.ok) return []
    const { topic, partition, offset } = record
    const fact = { code: 'waiting-event-undecodable', group, topic, partition, offset, reason: decoded.reason } as const
    return [warning(fact, skipping(group, topic, partition, offset))]
  })
  return [...unreadable, ...undecodable]
}

const skipping = (group: string, topic: string, partition: number, offset: bigint): Hint[] => [
  operationHints.readRecord(topic, partition, offset),
  operationHints.moveGroup(group, topic, `${offset + 1n}`, partition),
]
