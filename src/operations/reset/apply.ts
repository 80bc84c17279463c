import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import { isOutage } from '../../bus/outage.ts'
import { sleep } from '../../bus/time/sleep.ts'
import { operationHints } from '../hints.ts'
import { isSameCommit } from '../offsets/commit-details.ts'
import { changesOf, type ResetPlan, type ResetStep } from './plan.ts'
import { requireEmpty, requireFresh, requireSameBus } from './preconditions.ts'
import { type FailedStep, type PartialReset, partialFailure, progressText } from './progress.ts'
import type { UndoRecord } from './undo.ts'

export interface ApplyOptions {
  /** Saves the undo record before anything is changed. Resolves with the path of the undo file. */
  readonly saveUndo: (record: UndoRecord) => Promise<string>
  /** Milliseconds since 1970. */
  readonly now: number
  /** How long to wait until the offsets that are read back match, in milliseconds. Default: 20,000. */
  readonly readBackTimeout?: number | undefined
}

/** A broker that has just become coordinator of a group may return old offsets until it has loaded the latest ones. */
const READ_BACK_TIMEOUT_MS = 20_000
const READ_BACK_INTERVAL_MS = 200

export interface AppliedReset {
  readonly undoFile: string
  /** Number of changed partitions. */
  readonly moved: number
}

/**
 * Applies a plan and reads every offset back. Changes nothing and throws `GROUP_ACTIVE` if the group has members, or `PLAN_STALE`
 * if offsets or the log have changed since the plan was made. The error of a later failure has a {@link PartialReset} as its
 * `outcome`.
 */
export async function applyReset(bus: EventBus, plan: ResetPlan, options: ApplyOptions): Promise<AppliedReset> {
  const { group } = plan
  await requireSameBus(bus, plan.bus, 'the plan')
  await requireEmpty(bus, group)
  await requireFresh(bus, plan)
  const changes = changesOf(plan)
  const undoFile = await options.saveUndo({
    group,
    bus: plan.bus,
    did: plan.removesGroup ? 'the deletion of the group' : plan.isExact ? 'an undo' : `reset to ${plan.to}`,
    savedAt: new Date(options.now).toISOString(),
    madeGroup: plan.makesGroup,
    offsets: changes.map(({ topic, partition, from, to, fromDetails = {} }) => {
      return { topic, partition, before: from, after: to, beforeDetails: fromDetails }
    }),
  })
  const failure = await commitChanges(bus, plan, changes).then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  // Read the offsets back also after a failure. A request that the bus rejected has changed nothing, so one read is enough. A
  // request without an answer may still take effect, so wait.
  const isRejected = failure !== undefined && !mayHaveChanged(failure.error)
  const timeout = isRejected ? 0 : (options.readBackTimeout ?? READ_BACK_TIMEOUT_MS)
  const read = await readBack(bus, group, changes, timeout).then(
    (failed) => ({ failed }),
    (error: unknown) => ({ error }),
  )
  const undo = [operationHints.undoReset(undoFile)]
  if ('error' in read) {
    const outcome: PartialReset = { undoFile, moved: null, notTaken: null }
    const progress = failure
      ? 'the offsets could not be read back, so it is not known how many have moved'
      : 'the offsets were committed but could not be read back'
    throw partialFailure(failure?.error ?? read.error, progress, { hints: undo, outcome })
  }
  const { failed } = read
  const moved = changes.length - failed.length
  if (failure === undefined && failed.length === 0) return { undoFile, moved }
  const outcome: PartialReset = { undoFile, moved, notTaken: failed }
  const progress = progressText(failed, changes.length)
  if (failure !== undefined) {
    throw partialFailure(failure.error, progress, { hints: moved > 0 ? undo : [], outcome })
  }
  throw new EventBusError('CONSUMER_GROUP_ERROR', `group '${group}': ${progress}`, {
    group,
    hints: undo,
    outcome,
  })
}

/** Whether a failed request may have changed offsets: the bus did not answer, or the error is not one of the bus. */
const mayHaveChanged = (error: unknown): boolean => !(error instanceof EventBusError) || isOutage(error)

/** Commits, deletes offsets or deletes the group, as the plan says. */
async function commitChanges(
  bus: EventBus,
  { group, removesGroup }: ResetPlan,
  changes: readonly ResetStep[],
): Promise<void> {
  if (removesGroup) return bus.admin.deleteGroup(group)
  const moved = changes.flatMap(({ topic, partition, to, toDetails }) =>
    to === null ? [] : [{ topic, partition, offset: to, ...toDetails }],
  )
  const deleted = changes.filter(({ to }) => to === null)
  if (moved.length > 0) await bus.admin.commitOffsets(group, moved)
  if (deleted.length > 0) await bus.admin.deleteOffsets(group, deleted)
}

/** Reads offsets back until all match or `timeout` milliseconds have passed. Resolves with the steps that do not match. */
async function readBack(
  bus: EventBus,
  group: string,
  changes: readonly ResetStep[],
  timeout: number,
): Promise<FailedStep[]> {
  const deadline = performance.now() + timeout
  for (;;) {
    const failed = await failedSteps(bus, group, changes)
    if (failed.length === 0 || performance.now() >= deadline) return failed
    await sleep(READ_BACK_INTERVAL_MS)
  }
}

/** Reads the committed offsets once and returns the steps that they do not match. */
async function failedSteps(bus: EventBus, group: string, changes: readonly ResetStep[]): Promise<FailedStep[]> {
  const current = new Map((await bus.admin.committedOffsets(group)).map((commit) => [partitionName(commit), commit]))
  return changes.flatMap(({ topic, partition, to, toDetails }) => {
    const found = current.get(partitionName({ topic, partition }))
    const committed = found?.offset ?? null
    return to === committed && isSameCommit(found, toDetails) ? [] : [{ topic, partition, to, committed }]
  })
}
