import type { CommitDetails, TopicPartition } from '../../bus/admin.ts'
import { EventBusError, groupActive } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import { isOutage } from '../../bus/outage.ts'
import { isSameCommit } from '../offsets/commit-details.ts'
import { type BusIdentity, changesOf, type ResetPlan, type ResetStep, requireSameBus } from './effects.ts'

const LOOK_AGAIN_MS = 200

/** Resolves when the group has no members; `GROUP_ACTIVE`, naming them, when it still has some after `patience` ms. */
export async function waitUntilEmpty(
  bus: EventBus,
  group: string,
  patience: number,
  { signal, onWait }: { readonly signal?: AbortSignal; readonly onWait?: (members: readonly string[]) => void } = {},
): Promise<void> {
  const deadline = performance.now() + patience
  let members = await membersOf(bus, group)
  if (members.length > 0 && patience > 0) onWait?.(members)
  while (members.length > 0) {
    if (signal?.aborted) throw groupActive(group, members)
    if (performance.now() >= deadline) throw stillActive(group, members, patience)
    await new Promise((resolve) =>
      setTimeout(resolve, Math.min(LOOK_AGAIN_MS, Math.max(1, deadline - performance.now()))),
    )
    try {
      members = await membersOf(bus, group)
    } catch (error) {
      // A bus that goes away while the members are waited for may be back before the wait is over.
      if (!isOutage(error) || signal?.aborted || performance.now() >= deadline) throw error
    }
  }
}

const membersOf = async (bus: EventBus, group: string): Promise<readonly string[]> =>
  (await bus.admin.describeGroup(group)).members.map(({ memberId }) => memberId)

/** The error of a wait for members to leave that is over, with its limit in the message. */
function stillActive(group: string, members: readonly string[], patience: number): EventBusError {
  const error = groupActive(group, members)
  if (patience === 0) return error
  return new EventBusError('GROUP_ACTIVE', `${error.message} (waited ${patience / 1000} s for them to leave)`, {
    group,
    suggestions: [...error.suggestions, 'to wait longer: a larger --wait'],
  })
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
  readonly offsets: readonly UndoOffset[]
}

interface UndoOffset extends TopicPartition {
  readonly before: bigint | null
  readonly after: bigint | null
  /** What was committed with `before`. Absent in records of earlier versions, which did not keep it. */
  readonly beforeDetails?: CommitDetails | undefined
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
    offsets: changes.map(({ topic, partition, from, to, fromDetails = {} }) => {
      return { topic, partition, before: from, after: to, beforeDetails: fromDetails }
    }),
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
  const places = missing.map(({ to, is, ...place }) => {
    const instead = to === is ? 'without the metadata or leader epoch asked for' : `instead of ${to ?? 'none'}`
    return `${partitionName(place)} is at ${is ?? 'none'} ${instead}`
  })
  const took = missing.length === all ? 'no offset has moved' : `${all - missing.length} of ${all} offsets have moved`
  return `read back, ${took}: ${some(places)}`
}

const isBroken = (error: unknown): boolean => !(error instanceof EventBusError) || isOutage(error)

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
  const moved = changes.flatMap(({ topic, partition, to, toDetails }) =>
    to === null ? [] : [{ topic, partition, offset: to, ...toDetails }],
  )
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
  const deadline = performance.now() + patience
  for (;;) {
    const missing = await notTaken(bus, group, changes)
    if (missing.length === 0 || performance.now() >= deadline) return missing
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
}

async function notTaken(bus: EventBus, group: string, changes: readonly ResetStep[]): Promise<NotTaken[]> {
  const now = new Map((await bus.admin.committedOffsets(group)).map((position) => [partitionName(position), position]))
  return changes.flatMap(({ topic, partition, to, toDetails }) => {
    const found = now.get(partitionName({ topic, partition }))
    const is = found?.offset ?? null
    return to === is && isSameCommit(found, toDetails) ? [] : [{ topic, partition, to, is }]
  })
}

/** Compares what the plan rests on with what is. */
async function requireFresh(bus: EventBus, plan: ResetPlan): Promise<void> {
  const { group, steps } = plan
  const committed = await bus.admin.committedOffsets(group)
  const now = new Map(committed.map((position) => [partitionName(position), position]))
  const changed = steps.flatMap(({ from, fromDetails, ...place }) => {
    const found = now.get(partitionName(place))
    const is = found?.offset ?? null
    if (is !== from) return [`${partitionName(place)} was at ${from ?? 'none'} and is at ${is ?? 'none'}`]
    if (isSameCommit(found, fromDetails)) return []
    return [`${partitionName(place)} was committed at ${is ?? 'none'} with other metadata or leader epoch since`]
  })
  if (plan.removesGroup) {
    const known = new Set(steps.map(partitionName))
    changed.push(
      ...committed
        .filter((one) => !known.has(partitionName(one)))
        .map((one) => `${partitionName(one)} was committed since`),
    )
  }
  const topics = new Set(changesOf(plan).flatMap(({ topic, to }) => (to === null ? [] : [topic])))
  const ranges = await bus.log.rangesOf([...topics])
  for (const topic of topics) if (!ranges.has(topic)) changed.push(`topic '${topic}' is gone`)
  for (const { to, ...place } of plan.isExact ? [] : changesOf(plan)) {
    const range = ranges.get(place.topic)?.find(({ partition }) => partition === place.partition)
    if (to !== null && range && (to < range.start || to > range.end)) {
      changed.push(`${partitionName(place)} now holds ${range.start} to ${range.end}, without ${to}`)
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
