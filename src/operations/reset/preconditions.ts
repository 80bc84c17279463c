import { EventBusError, groupActive } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { advice } from '../../bus/hints.ts'
import { partitionName } from '../../bus/names/names.ts'
import { isOutage } from '../../bus/outage.ts'
import { sleep } from '../../bus/time/sleep.ts'
import type { BusIdentity } from '../bus-identity.ts'
import { operationHints } from '../hints.ts'
import { isSameCommit } from '../offsets/commit-details.ts'
import { changesOf, type ResetPlan } from './plan.ts'
import { listedSome } from './progress.ts'

// Checks that must succeed before a plan is applied.

/** Milliseconds between two checks whether the group still has members. */
const CHECK_INTERVAL_MS = 200

/** Throws `GROUP_ACTIVE`, with the ids of the members, if the group has members. */
export async function requireEmpty(bus: EventBus, group: string): Promise<void> {
  const members = await membersOf(bus, group)
  if (members.length > 0) throw groupActive(group, members)
}

/**
 * Waits until the group has no members. Throws `GROUP_ACTIVE` if the group still has members after `timeout` milliseconds, and
 * the reason of the signal if it aborts. `onWait` is called once with the ids of the members, if there are members to wait for.
 */
export async function waitUntilEmpty(
  bus: EventBus,
  group: string,
  timeout: number,
  { signal, onWait }: { readonly signal?: AbortSignal; readonly onWait?: (members: readonly string[]) => void } = {},
): Promise<void> {
  const deadline = performance.now() + timeout
  let members = await membersOf(bus, group)
  if (members.length > 0 && timeout > 0) onWait?.(members)
  while (members.length > 0) {
    signal?.throwIfAborted()
    const remaining = deadline - performance.now()
    if (remaining <= 0) throw stillActive(group, members, timeout)
    await sleep(Math.min(CHECK_INTERVAL_MS, Math.max(1, remaining)), signal)
    signal?.throwIfAborted()
    try {
      members = await membersOf(bus, group)
    } catch (error) {
      signal?.throwIfAborted()
      // An outage may end before the time-out.
      if (!isOutage(error) || performance.now() >= deadline) throw error
    }
  }
}

const membersOf = async (bus: EventBus, group: string): Promise<readonly string[]> =>
  (await bus.admin.describeGroup(group)).members.map(({ memberId }) => memberId)

/** Creates the error for a group that still has members after the wait. */
function stillActive(group: string, members: readonly string[], timeout: number): EventBusError {
  const error = groupActive(group, members)
  if (timeout === 0) return error
  return new EventBusError('GROUP_ACTIVE', `${error.message} (waited ${timeout / 1000} s for them to leave)`, {
    group,
    hints: [...error.hints, operationHints.waitLonger()],
  })
}

/** Throws `REFUSED` if a plan or an undo file (`document`) was made on another bus. */
export async function requireSameBus(bus: EventBus, { kind, clusterId }: BusIdentity, document: string): Promise<void> {
  const actual = await bus.admin.describeCluster()
  if (actual.kind === kind && actual.clusterId === clusterId) return
  const message = `${document} was made for ${kind} (${clusterId}), but this bus is ${actual.kind} (${actual.clusterId})`
  throw new EventBusError('REFUSED', message, { hints: [operationHints.chooseBus()] })
}

/** Throws `PLAN_STALE`, with the differences, if offsets or the log have changed since the plan was made. */
export async function requireFresh(bus: EventBus, plan: ResetPlan): Promise<void> {
  const { group, steps } = plan
  const committed = await bus.admin.committedOffsets(group)
  const current = new Map(committed.map((position) => [partitionName(position), position]))
  const changed = steps.flatMap(({ from, fromDetails, ...step }) => {
    const found = current.get(partitionName(step))
    const offset = found?.offset ?? null
    if (offset !== from) return [`${partitionName(step)} was at ${from ?? 'none'} and is at ${offset ?? 'none'}`]
    if (isSameCommit(found, fromDetails)) return []
    return [`the metadata or leader epoch committed on ${partitionName(step)} has changed`]
  })
  if (plan.removesGroup) {
    const known = new Set(steps.map(partitionName))
    for (const position of committed) {
      if (!known.has(partitionName(position)))
        changed.push(`${partitionName(position)} was committed after the plan was made`)
    }
  }
  const topics = new Set(changesOf(plan).flatMap(({ topic, to }) => (to === null ? [] : [topic])))
  const ranges = await bus.log.rangesOf([...topics])
  for (const topic of topics) if (!ranges.has(topic)) changed.push(`topic '${topic}' no longer exists`)
  for (const { to, ...step } of plan.isExact ? [] : changesOf(plan)) {
    const range = ranges.get(step.topic)?.find(({ partition }) => partition === step.partition)
    if (to !== null && range && (to < range.start || to > range.end)) {
      changed.push(`${partitionName(step)} now holds ${range.start} to ${range.end}, which does not include ${to}`)
    }
  }
  if (changed.length === 0) return
  throw new EventBusError('PLAN_STALE', `the plan is stale: ${listedSome(changed)}; nothing was done`, {
    group,
    hints: [advice('make the plan again')],
  })
}
