import type { CommitDetails, CommittedOffset, TopicPartition } from '../../bus/admin.ts'
import { comparePartitions } from '../../bus/compare.ts'
import { EventBusError, groupNotFound, topicNotFound } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import type { Position } from '../../bus/record.ts'
import type { PartitionRange } from '../../bus/topic-log.ts'
import { operationHints } from '../hints.ts'
import { detailsOf } from '../offsets/commit-details.ts'
import { offsetOf } from '../offsets/resolve-slices.ts'
import { computeEffects, type StepOffsets } from './effects.ts'
import type { Clamp, ResetNote } from './notes.ts'
import type { ResetPlan } from './plan.ts'
import { isChosen, type ResetScope, type ResetTarget } from './target.ts'

export interface ResetRequest {
  readonly group: string
  readonly scope: ResetScope
  readonly target: ResetTarget
  /** The target as the user gave it. */
  readonly to: string
  /** Whether the reset may create the group. */
  readonly newGroup?: boolean | undefined
  /** Whether the group is deleted with all its offsets. */
  readonly removesGroup?: boolean | undefined
  /** Milliseconds since 1970. */
  readonly now: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Plans a reset of the offsets of a group. Only reads and joins no group, so it can plan for a running group. Throws
 * `GROUP_NOT_FOUND`, unless the request allows a new group, `TOPIC_NOT_FOUND` for a missing topic that the request names, and
 * `REFUSED` if the target gives no offset.
 */
export async function planReset(bus: EventBus, request: ResetRequest): Promise<ResetPlan> {
  const { group, scope, target, now } = request
  const [description, cluster, committed, source] = await Promise.all([
    bus.admin.describeGroup(group),
    bus.admin.describeCluster(),
    bus.admin.committedOffsets(group),
    readSource(bus, target),
  ])
  const isKnown = description.state !== 'Dead' || committed.length > 0
  if (!isKnown && !request.newGroup) {
    throw groupNotFound(group, target.kind === 'nothing' ? [] : [operationHints.createGroup(group)])
  }
  const { ranges, missing } = await readRanges(bus, scope, source ?? committed, target.kind === 'nothing')
  const offsetsAtTime = await readOffsetsAtTime(bus, target, [...ranges.keys()])
  const current = new Map(committed.map((position) => [partitionName(position), position]))
  const fromSource = new Map(source?.map((position) => [partitionName(position), position]))
  const steps: StepOffsets[] = []
  const notes: ResetNote[] = []
  for (const partition of partitionsOf(scope, ranges, source ?? committed)) {
    const key = partitionName(partition)
    const step = planStep(request, {
      ...partition,
      range: ranges.get(partition.topic)?.find((range) => range.partition === partition.partition),
      own: current.get(key),
      given: fromSource.get(key),
      atTime: offsetsAtTime.get(partition.topic)?.get(partition.partition),
    })
    if (step === undefined) continue
    if ('code' in step) notes.push(step)
    else steps.push(step)
  }
  const { effects, notes: unreadable } = await computeEffects(bus, steps, request.signal)
  return {
    group,
    bus: { kind: cluster.kind, clusterId: cluster.clusterId },
    to: request.to,
    plannedAt: new Date(now).toISOString(),
    state: description.state,
    memberIds: description.members.map(({ memberId }) => memberId),
    makesGroup: !isKnown,
    removesGroup: request.removesGroup ?? false,
    isExact: false,
    ...effects,
    notes: [...missing, ...notes, ...unreadable, ...notesOf(steps, source !== undefined)],
  }
}

interface PartitionContext extends TopicPartition {
  readonly range: PartitionRange | undefined
  /** The offset that the group has committed. */
  readonly own: CommittedOffset | undefined
  /** The offset in the source of the target, which is a group or a file. */
  readonly given: CommittedOffset | undefined
  /** The offset of the first record at or after the time of the target. */
  readonly atTime: bigint | undefined
}

/**
 * Plans the step of one partition. Returns a note instead if the partition cannot be moved, and `undefined` if its offset is to
 * be deleted but does not exist.
 */
function planStep(request: ResetRequest, context: PartitionContext): StepOffsets | ResetNote | undefined {
  const { target, group } = request
  const { topic, partition, range, own, given, atTime } = context
  const from = own?.offset ?? null
  const fromDetails = detailsOf(own)
  if (target.kind === 'nothing') {
    if (from === null) return undefined
    return { topic, partition, range, from, to: null, fromDetails, toDetails: undefined, clamped: null }
  }
  if (range === undefined) return { code: 'partition-missing', topic, partition }
  const wanted = wantedOffset(target, range, from, given?.offset, atTime)
  if (!wanted.ok) {
    throw new EventBusError('REFUSED', `${partitionName(context)} ${wanted.reason}`, {
      group,
      hints: [operationHints.resetTo('start'), operationHints.resetTo('end')],
    })
  }
  if (wanted.offset === undefined) return { code: 'no-offset-in-source', topic, partition, source: request.to }
  const clamped = clamp(wanted.offset, range, isTime(target))
  const toDetails = detailsOf(detailsAt(target, clamped.to, own, given))
  return { topic, partition, range, from, fromDetails, toDetails, ...clamped }
}

/** Lists notes on planned steps: committed offsets outside the log, events that consumers will miss, metadata that is kept. */
function notesOf(steps: readonly StepOffsets[], hasSource: boolean): ResetNote[] {
  const outside = steps.flatMap(({ topic, partition, from, range }): ResetNote[] => {
    if (from === null || range === undefined) return []
    const { start, end } = range
    if (from >= start && from <= end) return []
    const gone = from < start ? start - from : 0n
    return [{ code: 'committed-outside-log', topic, partition, committed: from, start, end, gone }]
  })
  const missed = steps.flatMap(({ topic, partition, from, to, range }): ResetNote[] => {
    const { lastStable } = range ?? {}
    if (lastStable === undefined || from === to || to === null || to <= lastStable) return []
    return [{ code: 'skips-open-transaction', topic, partition, to, lastStable }]
  })
  const kept = steps
    .filter(({ from, to, toDetails }) => from !== null && from !== to && toDetails?.metadata !== undefined)
    .map(({ topic, partition }) => ({ topic, partition }))
  const metadata: ResetNote[] = kept.length > 0 && !hasSource ? [{ code: 'metadata-kept', partitions: kept }] : []
  return [...outside, ...missed, ...metadata]
}

/** Reads the offsets of the group or file that a target copies; `undefined` for other targets. */
async function readSource(bus: EventBus, target: ResetTarget): Promise<readonly CommittedOffset[] | undefined> {
  if (target.kind === 'offsets') return target.offsets
  if (target.kind !== 'group') return undefined
  const offsets = await bus.admin.committedOffsets(target.group)
  if (offsets.length > 0) return offsets
  const { state } = await bus.admin.describeGroup(target.group)
  if (state === 'Dead') throw groupNotFound(target.group)
  throw new EventBusError('REFUSED', `group '${target.group}' has no committed offsets`, { group: target.group })
}

/** Reads the ranges of all topics in scope. Throws for a missing topic or partition that the scope names, unless `mayBeGone`. */
async function readRanges(
  bus: EventBus,
  scope: ResetScope,
  known: readonly Position[],
  mayBeGone: boolean,
): Promise<{
  readonly ranges: ReadonlyMap<string, readonly PartitionRange[]>
  readonly missing: readonly ResetNote[]
}> {
  const topics = new Set((scope === 'committed' ? known : scope).map(({ topic }) => topic))
  const ranges = await bus.log.rangesOf([...topics])
  const missing: ResetNote[] = []
  for (const topic of topics) {
    if (ranges.has(topic)) continue
    if (scope !== 'committed' && !mayBeGone) throw topicNotFound(topic)
    missing.push({ code: 'topic-missing', topic })
  }
  if (scope === 'committed' || mayBeGone) return { ranges, missing }
  for (const { topic, partitions } of scope) {
    const absent = partitions?.find((wanted) => !ranges.get(topic)?.some(({ partition }) => partition === wanted))
    if (absent === undefined) continue
    const count = ranges.get(topic)?.length ?? 0
    throw new EventBusError('REFUSED', `topic '${topic}' has no partition ${absent}; it has ${count}`, {
      topic,
      hints: [operationHints.describeTopic(topic)],
    })
  }
  return { ranges, missing }
}

/** Looks up the offsets at the time of a target, by topic and partition; empty if the target is not a time. */
async function readOffsetsAtTime(
  bus: EventBus,
  target: ResetTarget,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, bigint>>> {
  if (target.kind !== 'position' || target.position.kind !== 'time') return new Map()
  const { time } = target.position
  return new Map(await Promise.all(topics.map(async (topic) => [topic, await bus.log.offsetsAt(topic, time)] as const)))
}

/** Lists the partitions of a plan, sorted by topic and partition. `known` are the offsets of the group or of the source. */
function partitionsOf(
  scope: ResetScope,
  ranges: ReadonlyMap<string, readonly PartitionRange[]>,
  known: readonly Position[],
): TopicPartition[] {
  const committed = known
    .map(({ topic, partition }) => ({ topic, partition }))
    .filter((partition) => isChosen(scope, partition))
  const all =
    scope === 'committed'
      ? committed
      : [
          ...[...ranges]
            .flatMap(([topic, own]) => own.map(({ partition }) => ({ topic, partition })))
            .filter((partition) => isChosen(scope, partition)),
          ...committed,
        ]
  return [...new Map(all.map((partition) => [partitionName(partition), partition])).values()].sort(comparePartitions)
}

/** The offset of a target in one partition; `undefined` if the source of the target has no offset for the partition. */
type WantedOffset =
  | { readonly ok: true; readonly offset: bigint | undefined }
  /** `reason` completes a sentence that begins with the partition. */
  | { readonly ok: false; readonly reason: string }

function wantedOffset(
  target: Exclude<ResetTarget, { readonly kind: 'nothing' }>,
  range: PartitionRange,
  from: bigint | null,
  given: bigint | undefined,
  atTime: bigint | undefined,
): WantedOffset {
  switch (target.kind) {
    case 'group':
    case 'offsets':
      return { ok: true, offset: given }
    case 'current':
      return { ok: true, offset: from ?? range.end }
    case 'shift':
      if (from === null) return { ok: false, reason: 'has no committed offset to count from' }
      return { ok: true, offset: from + target.by }
    case 'position':
      return { ok: true, offset: offsetOf(target.position, range, atTime) }
  }
}

/**
 * Returns the metadata and leader epoch to commit with the offset `to`. They come from the source (a group or a file) if it has
 * them, else from the commit of the group. The leader epoch is kept only with an unchanged offset: it belongs to the record
 * before the offset, and the epoch of another record is not known.
 */
function detailsAt(
  { kind }: ResetTarget,
  to: bigint,
  own: CommittedOffset | undefined,
  given: CommittedOffset | undefined,
): CommitDetails | undefined {
  if (given !== undefined && (kind === 'group' || given.metadata !== undefined || given.leaderEpoch !== undefined)) {
    return to === given.offset ? given : { metadata: given.metadata }
  }
  return to === own?.offset ? own : { metadata: own?.metadata }
}

const isTime = (target: ResetTarget): boolean => target.kind === 'position' && target.position.kind === 'time'

/** Moves an offset into the log. For a target that is a time (`ofTime`), the end of the log means that no event is that late. */
function clamp(
  wanted: bigint,
  { start, end }: PartitionRange,
  ofTime: boolean,
): { readonly to: bigint; readonly clamped: Clamp | null } {
  if (ofTime && wanted === end) return { to: end, clamped: { code: 'time-after-last-event' } }
  if (wanted < start) return { to: start, clamped: { code: 'before-log-start', wanted } }
  if (wanted > end) return { to: end, clamped: { code: 'beyond-log-end', wanted } }
  return { to: wanted, clamped: null }
}
