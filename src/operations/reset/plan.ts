import type { CommitDetails, CommittedOffset, TopicPartition } from '../../bus/admin.ts'
import { EventBusError, groupNotFound, topicNotFound } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import type { Position } from '../../bus/record.ts'
import type { PartitionRange } from '../../bus/topic-log.ts'
import { detailsOf } from '../offsets/commit-details.ts'
import { offsetOf } from '../offsets/offset-grammar.ts'
import { type Move, type ResetPlan, withEffects } from './effects.ts'
import { isChosen, type ResetScope, type ResetTarget } from './target.ts'

export interface ResetRequest {
  readonly group: string
  readonly scope: ResetScope
  readonly target: ResetTarget
  /** The target as it was asked for. */
  readonly to: string
  /** The group need not exist. */
  readonly newGroup?: boolean | undefined
  readonly removesGroup?: boolean | undefined
  /** Milliseconds since 1970. */
  readonly now: number
  readonly signal?: AbortSignal | undefined
}

/**
 * What moving a group's offsets would do. Reads only and joins nothing, so it may be asked of a running group.
 * `GROUP_NOT_FOUND`, unless the request allows a new one; `TOPIC_NOT_FOUND` for a topic that was named.
 */
export async function planReset(bus: EventBus, request: ResetRequest): Promise<ResetPlan> {
  const { group, scope, target, now } = request
  const notes: string[] = []
  const [description, cluster, committed, source] = await Promise.all([
    bus.admin.describeGroup(group),
    bus.admin.describeCluster(),
    bus.admin.committedOffsets(group),
    sourceOf(bus, target),
  ])
  const isKnown = description.state !== 'Dead' || committed.length > 0
  if (!isKnown && !request.newGroup) {
    const making = target.kind === 'nothing' ? [] : ['--new-group to make it with the offsets asked for']
    throw groupNotFound(group, making)
  }
  const ranges = await rangesOf(bus, scope, source ?? committed, target.kind === 'nothing', notes)
  const times = await timesOf(bus, target, [...ranges.keys()])
  const current = new Map(committed.map((position) => [partitionName(position), position]))
  const wanted = new Map(source?.map((position) => [partitionName(position), position]))
  const moves = placesOf(scope, ranges, source ?? committed).flatMap((place): Move[] => {
    const range = ranges.get(place.topic)?.find(({ partition }) => partition === place.partition)
    const own = current.get(partitionName(place))
    const given = wanted.get(partitionName(place))
    const from = own?.offset ?? null
    const fromDetails = detailsOf(own)
    if (target.kind === 'nothing') {
      return from === null
        ? []
        : [{ ...place, range, from, to: null, fromDetails, toDetails: undefined, clamped: null }]
    }
    if (range === undefined) {
      notes.push(`${partitionName(place)} does not exist: left as it is`)
      return []
    }
    const found = wantedOffset(target, range, from, given?.offset, times.get(place.topic))
    if (found === undefined) {
      notes.push(`${partitionName(place)}: ${request.to} has no offset for it, so it is left as it is`)
      return []
    }
    if (typeof found === 'string') {
      throw new EventBusError('REFUSED', `${partitionName(place)}: ${found}`, {
        group,
        suggestions: ['--to start', '--to end'],
      })
    }
    const clamped = clamp(found, range, isTime(target))
    const toDetails = detailsOf(detailsAt(target, clamped.to, own, given))
    return [{ ...place, range, from, fromDetails, toDetails, ...clamped }]
  })
  const { effects, notes: unreadable } = await withEffects(bus, moves, request.signal)
  notes.push(...unreadable)
  const lost = moves.filter(({ from, range }) => from !== null && range && (from < range.start || from > range.end))
  for (const { from, range, ...place } of lost) {
    const gone = from !== null && range && from < range.start ? range.start - from : 0n
    const deleted = gone === 0n ? '' : `; ${gone} event${gone === 1n ? ' was' : 's were'} deleted unread`
    notes.push(
      `${partitionName(place)}: committed ${from} lies outside the log, which holds ${range?.start} to ${range?.end}${deleted}`,
    )
  }
  for (const { from, to, range, ...place } of moves) {
    const { lastStable } = range ?? {}
    if (lastStable === undefined || from === to || to === null || to <= lastStable) continue
    notes.push(
      `${partitionName(place)}: ${to} lies behind the start of a transaction that is open at ${lastStable}; read-committed consumers will not get its events (--to ${lastStable} keeps them)`,
    )
  }
  const kept = moves.filter(
    ({ from, to, toDetails }) => from !== null && from !== to && toDetails?.metadata !== undefined,
  )
  if (kept.length > 0 && source === undefined) {
    notes.push(`commit metadata is kept, from which some clients read a position: ${namesOf(kept)}`)
  }
  return {
    group,
    bus: { kind: cluster.kind, clusterId: cluster.clusterId },
    to: request.to,
    plannedAt: now,
    state: description.state,
    members: description.members.map(({ memberId }) => memberId),
    makesGroup: !isKnown,
    removesGroup: request.removesGroup ?? false,
    isExact: false,
    ...effects,
    notes,
  }
}

async function sourceOf(bus: EventBus, target: ResetTarget): Promise<readonly CommittedOffset[] | undefined> {
  if (target.kind === 'offsets') return target.offsets
  if (target.kind !== 'group') return undefined
  const offsets = await bus.admin.committedOffsets(target.group)
  if (offsets.length > 0) return offsets
  const { state } = await bus.admin.describeGroup(target.group)
  if (state === 'Dead') throw groupNotFound(target.group)
  throw new EventBusError('REFUSED', `group '${target.group}' has committed nothing`, { group: target.group })
}

/** The ranges of every topic in question. A topic that was named must be there; others may be gone. */
async function rangesOf(
  bus: EventBus,
  scope: ResetScope,
  known: readonly Position[],
  mayBeGone: boolean,
  notes: string[],
): Promise<ReadonlyMap<string, readonly PartitionRange[]>> {
  const topics = new Set((scope === 'committed' ? known : scope).map(({ topic }) => topic))
  const ranges = await bus.log.rangesOf([...topics])
  for (const topic of topics) {
    if (ranges.has(topic)) continue
    if (scope !== 'committed' && !mayBeGone) throw topicNotFound(topic)
    notes.push(`topic '${topic}' does not exist any more`)
  }
  if (scope === 'committed' || mayBeGone) return ranges
  for (const { topic, partitions } of scope) {
    const missing = partitions?.find((wanted) => !ranges.get(topic)?.some(({ partition }) => partition === wanted))
    if (missing === undefined) continue
    const has = ranges.get(topic)?.length ?? 0
    throw new EventBusError('REFUSED', `topic '${topic}' has no partition ${missing}; it has ${has}`, {
      topic,
      suggestions: [`crbus topics describe ${topic}`],
    })
  }
  return ranges
}

async function timesOf(
  bus: EventBus,
  target: ResetTarget,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, bigint>>> {
  if (target.kind !== 'place' || target.place.kind !== 'time') return new Map()
  const { time } = target.place
  return new Map(await Promise.all(topics.map(async (topic) => [topic, await bus.log.offsetsAt(topic, time)] as const)))
}

function placesOf(
  scope: ResetScope,
  ranges: ReadonlyMap<string, readonly PartitionRange[]>,
  known: readonly Position[],
): TopicPartition[] {
  const committed = known
    .map(({ topic, partition }) => ({ topic, partition }))
    .filter((place) => isChosen(scope, place))
  const places =
    scope === 'committed'
      ? committed
      : [
          ...[...ranges]
            .flatMap(([topic, own]) => own.map(({ partition }) => ({ topic, partition })))
            .filter((place) => isChosen(scope, place)),
          ...committed,
        ]
  return [...new Map(places.map((place) => [partitionName(place), place])).values()].sort((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
  )
}

/** The offset asked for, or why there can be none; `undefined` when the source says nothing of this partition. */
function wantedOffset(
  target: ResetTarget,
  range: PartitionRange,
  from: bigint | null,
  given: bigint | undefined,
  times: ReadonlyMap<number, bigint> | undefined,
): bigint | string | undefined {
  if (target.kind === 'group' || target.kind === 'offsets') return given
  if (target.kind === 'current') return from ?? range.end
  if (target.kind === 'shift') return from === null ? 'nothing is committed to count from' : from + target.by
  if (target.kind === 'nothing') return undefined
  return offsetOf(target.place, range, times?.get(range.partition))
}

/**
 * What is committed with an offset. A group or a file that is gone by gives its own with its offsets. Else metadata stays,
 * and a leader epoch where the offset does: it belongs to the record before it, and the one of another is not known.
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

/** More than this at once helps no reader. */
const MAX_NAMED = 5

const namesOf = (places: readonly TopicPartition[]): string => {
  const more = places.length > MAX_NAMED ? [`${places.length - MAX_NAMED} more`] : []
  return [...places.slice(0, MAX_NAMED).map(partitionName), ...more].join(', ')
}

const isTime = (target: ResetTarget): boolean => target.kind === 'place' && target.place.kind === 'time'

function clamp(wanted: bigint, { start, end }: PartitionRange, ofTime: boolean) {
  if (ofTime && wanted === end) return { to: end, clamped: 'no event is as late as that' }
  if (wanted < start) return { to: start, clamped: `${wanted} is before the log's start ${start}` }
  if (wanted > end) return { to: end, clamped: `${wanted} is beyond the log's end ${end}` }
  return { to: wanted, clamped: null }
}
