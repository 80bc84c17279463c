import type { TopicPartition } from '../bus/admin.ts'
import { EventBusError, groupActive, groupNotFound, topicNotFound } from '../bus/errors.ts'
import type { EventBus } from '../bus/event-bus.ts'
import type { Position } from '../bus/record.ts'
import type { PartitionRange } from '../bus/topic-log.ts'
import { offsetOf } from './offset-grammar.ts'
import {
  type BusIdentity,
  changesOf,
  type Move,
  placeOf,
  type ResetPlan,
  type ResetStep,
  requireSameBus,
  withEffects,
} from './reset-plan.ts'
import { isChosen, type ResetScope, type ResetTarget } from './reset-target.ts'

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
  const current = new Map(committed.map((position) => [placeOf(position), position.offset]))
  const wanted = new Map(source?.map((position) => [placeOf(position), position.offset]))
  const moves = placesOf(scope, ranges, source ?? committed).flatMap((place): Move[] => {
    const range = ranges.get(place.topic)?.find(({ partition }) => partition === place.partition)
    const from = current.get(placeOf(place)) ?? null
    if (target.kind === 'nothing') return from === null ? [] : [{ ...place, range, from, to: null, clamped: null }]
    if (range === undefined) {
      notes.push(`${placeOf(place)} does not exist: left as it is`)
      return []
    }
    const found = wantedOffset(target, range, from, wanted.get(placeOf(place)), times.get(place.topic))
    if (found === undefined) {
      notes.push(`${placeOf(place)}: ${request.to} has no offset for it, so it is left as it is`)
      return []
    }
    if (typeof found === 'string') {
      throw new EventBusError('REFUSED', `${placeOf(place)}: ${found}`, {
        group,
        suggestions: ['--to start', '--to end'],
      })
    }
    return [{ ...place, range, from, ...clamp(found, range, isTime(target)) }]
  })
  const steps = await withEffects(bus, moves, request.signal)
  const lost = moves.filter(({ from, range }) => from !== null && range && (from < range.start || from > range.end))
  for (const { from, range, ...place } of lost) {
    notes.push(
      `${placeOf(place)}: committed ${from} lies outside the log, which holds ${range?.start} to ${range?.end}`,
    )
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
    ...steps,
    notes,
  }
}

async function sourceOf(bus: EventBus, target: ResetTarget): Promise<readonly Position[] | undefined> {
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
  return [...new Map(places.map((place) => [placeOf(place), place])).values()].sort((a, b) =>
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

const isTime = (target: ResetTarget): boolean => target.kind === 'place' && target.place.kind === 'time'

function clamp(wanted: bigint, { start, end }: PartitionRange, ofTime: boolean) {
  if (ofTime && wanted === end) return { to: end, clamped: 'no event is as late as that' }
  if (wanted < start) return { to: start, clamped: `${wanted} is before the log's start ${start}` }
  if (wanted > end) return { to: end, clamped: `${wanted} is beyond the log's end ${end}` }
  return { to: wanted, clamped: null }
}

const LOOK_AGAIN_MS = 200

/** Resolves when the group has no members; `GROUP_ACTIVE`, naming them, when it still has some after `patience` ms. */
export async function waitUntilEmpty(
  bus: EventBus,
  group: string,
  patience: number,
  { signal, onWait }: { readonly signal?: AbortSignal; readonly onWait?: (members: readonly string[]) => void } = {},
): Promise<void> {
  const deadline = Date.now() + patience
  for (let isFirst = true; ; isFirst = false) {
    const members = (await bus.admin.describeGroup(group)).members.map(({ memberId }) => memberId)
    if (members.length === 0) return
    if (signal?.aborted || Date.now() >= deadline) throw groupActive(group, members)
    if (isFirst) onWait?.(members)
    await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_AGAIN_MS, Math.max(1, deadline - Date.now()))))
  }
}

/** What a group had committed before a change, to go back to. */
export interface UndoRecord {
  readonly group: string
  readonly bus: BusIdentity
  /** What was done, in words. */
  readonly did: string
  /** Milliseconds since 1970. */
  readonly savedAt: number
  /** The group was made by the change. */
  readonly madeGroup: boolean
  readonly offsets: readonly (TopicPartition & { readonly before: bigint | null; readonly after: bigint | null })[]
}

export interface ApplyOptions {
  /** Keeps the undo record, before anything is changed; resolves with where. */
  readonly saveUndo: (record: UndoRecord) => Promise<string>
  /** Milliseconds since 1970. */
  readonly now: number
  /** Milliseconds that what was committed may take to be read back. Default 20 s. */
  readonly patience?: number | undefined
}

/** A broker that has just taken a group over may be behind, for a moment, with what the one before it had committed. */
const BEHIND_MS = 20_000

export interface AppliedReset {
  readonly undoFile: string
  readonly moved: number
}

/** What a reset that failed half-way did all the same: the `outcome` of its error. */
export interface HalfReset {
  readonly undoFile: string
  /** How many offsets took; `null` when that could not be read back. */
  readonly moved: number | null
  /** Those that did not, with where they are; `null` when that could not be read back. */
  readonly notTaken: readonly NotTaken[] | null
}

interface NotTaken extends TopicPartition {
  readonly to: bigint | null
  readonly is: bigint | null
}

/**
 * Does what a plan says: all of it, or it rejects, naming the partitions that did not take. Refuses while the group has
 * members (`GROUP_ACTIVE`) and when what the plan rests on has changed (`PLAN_STALE`), having changed nothing. What fails
 * later has a {@link HalfReset} as its `outcome`.
 */
export async function applyReset(bus: EventBus, plan: ResetPlan, options: ApplyOptions): Promise<AppliedReset> {
  const { group } = plan
  await requireSameBus(bus, plan.bus, 'the plan')
  await waitUntilEmpty(bus, group, 0)
  await requireFresh(bus, plan)
  const changes = changesOf(plan)
  const undoFile = await options.saveUndo({
    group,
    bus: plan.bus,
    did: plan.removesGroup ? 'delete the group' : plan.isExact ? 'an undo' : `reset to ${plan.to}`,
    savedAt: options.now,
    madeGroup: plan.makesGroup,
    offsets: changes.map(({ topic, partition, from, to }) => ({ topic, partition, before: from, after: to })),
  })
  const failure = await change(bus, plan, changes).then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  // Asked for even when nothing failed, and when something did: half of it may have happened. What was refused outright
  // is as it is; what broke off may have happened all the same.
  const isSettled = failure !== undefined && !isBroken(failure.error)
  const patience = isSettled ? 0 : (options.patience ?? BEHIND_MS)
  const read = await readBack(bus, group, changes, patience).then(
    (missing) => ({ missing }),
    (error: unknown) => ({ error }),
  )
  const undo = [`crbus reset undo ${undoFile}`]
  if ('error' in read) {
    const outcome: HalfReset = { undoFile, moved: null, notTaken: null }
    const said = `${failure ? 'how far it came' : 'what was committed'} could not be read back`
    throw half(failure?.error ?? read.error, said, { suggestions: undo, outcome })
  }
  const { missing } = read
  const moved = changes.length - missing.length
  if (failure === undefined && missing.length === 0) return { undoFile, moved }
  const outcome: HalfReset = { undoFile, moved, notTaken: missing }
  if (failure !== undefined) {
    throw half(failure.error, howFar(missing, changes.length), { suggestions: moved > 0 ? undo : [], outcome })
  }
  throw new EventBusError('CONSUMER_GROUP_ERROR', `group '${group}': ${howFar(missing, changes.length)}`, {
    group,
    suggestions: undo,
    outcome,
  })
}

function howFar(missing: readonly NotTaken[], all: number): string {
  if (missing.length === 0) return 'all the same, read back, every offset has moved'
  const places = missing.map(
    ({ to, is, ...place }) => `${placeOf(place)} is at ${is ?? 'none'} instead of ${to ?? 'none'}`,
  )
  const took = missing.length === all ? 'no offset has moved' : `${all - missing.length} of ${all} offsets have moved`
  return `read back, ${took}: ${some(places)}`
}

const isBroken = (error: unknown): boolean =>
  !(error instanceof EventBusError) || error.code === 'CONNECTION_FAILED' || error.code === 'TRANSPORT_ERROR'

/** An error with what was done by then. */
export function half(
  error: unknown,
  said: string,
  { suggestions, outcome }: { readonly suggestions: readonly string[]; readonly outcome: object },
): EventBusError {
  const failure = error instanceof EventBusError ? error : new EventBusError('TRANSPORT_ERROR', String(error))
  return new EventBusError(failure.code, `${failure.message}; ${said}`, {
    topic: failure.topic,
    group: failure.group,
    cause: error,
    suggestions: [...failure.suggestions, ...suggestions],
    outcome: { ...failure.outcome, ...outcome },
  })
}

async function change(bus: EventBus, { group, removesGroup }: ResetPlan, changes: readonly ResetStep[]): Promise<void> {
  if (removesGroup) return bus.admin.deleteGroup(group)
  const moved = changes.flatMap(({ topic, partition, to }) => (to === null ? [] : [{ topic, partition, offset: to }]))
  const forgotten = changes.filter(({ to }) => to === null)
  if (moved.length > 0) await bus.admin.commitOffsets(group, moved)
  if (forgotten.length > 0) await bus.admin.deleteOffsets(group, forgotten)
}

/** What has not taken, as soon as all has, or when the time is over. */
async function readBack(
  bus: EventBus,
  group: string,
  changes: readonly ResetStep[],
  patience: number,
): Promise<NotTaken[]> {
  const deadline = Date.now() + patience
  for (;;) {
    const missing = await notTaken(bus, group, changes)
    if (missing.length === 0 || Date.now() >= deadline) return missing
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}

async function notTaken(bus: EventBus, group: string, changes: readonly ResetStep[]): Promise<NotTaken[]> {
  const now = new Map((await bus.admin.committedOffsets(group)).map((position) => [placeOf(position), position.offset]))
  return changes
    .map(({ topic, partition, to }) => ({ topic, partition, to, is: now.get(placeOf({ topic, partition })) ?? null }))
    .filter(({ to, is }) => to !== is)
}

/** Compares what the plan rests on with what is. */
async function requireFresh(bus: EventBus, plan: ResetPlan): Promise<void> {
  const { group, steps } = plan
  const committed = await bus.admin.committedOffsets(group)
  const now = new Map(committed.map((position) => [placeOf(position), position.offset]))
  const changed = steps.flatMap(({ from, ...place }) => {
    const is = now.get(placeOf(place)) ?? null
    return is === from ? [] : [`${placeOf(place)} was at ${from ?? 'none'} and is at ${is ?? 'none'}`]
  })
  if (plan.removesGroup) {
    const known = new Set(steps.map(placeOf))
    changed.push(
      ...committed.filter((one) => !known.has(placeOf(one))).map((one) => `${placeOf(one)} was committed since`),
    )
  }
  const topics = new Set(changesOf(plan).flatMap(({ topic, to }) => (to === null ? [] : [topic])))
  const ranges = await bus.log.rangesOf([...topics])
  for (const topic of topics) if (!ranges.has(topic)) changed.push(`topic '${topic}' is gone`)
  for (const { to, ...place } of plan.isExact ? [] : changesOf(plan)) {
    const range = ranges.get(place.topic)?.find(({ partition }) => partition === place.partition)
    if (to !== null && range && (to < range.start || to > range.end)) {
      changed.push(`${placeOf(place)} now holds ${range.start} to ${range.end}, without ${to}`)
    }
  }
  if (changed.length === 0) return
  throw new EventBusError('PLAN_STALE', `the plan is stale: ${some(changed)}; nothing was done`, {
    group,
    suggestions: ['make the plan again'],
  })
}

/** More than this at once helps nobody. */
const MOST_NAMED = 5

const some = (sentences: readonly string[]): string =>
  [
    ...sentences.slice(0, MOST_NAMED),
    ...(sentences.length > MOST_NAMED ? [`${sentences.length - MOST_NAMED} more`] : []),
  ].join(', ')
