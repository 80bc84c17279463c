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

// What must hold before a plan is applied.

/** Milliseconds between two checks whether the group has members. */
const RETRY_INTERVAL_MS = 200

/** Rejects with `GROUP_ACTIVE`, naming the members, when the group has some. */
export async function requireEmpty(bus: EventBus, group: string): Promise<void> {
  const members = await membersOf(bus, group)
  if (members.length > 0) throw groupActive(group, members)
}

/**
 * Resolves when the group has no members. Rejects with `GROUP_ACTIVE`, naming them, when it still has some after `timeout`
 * milliseconds, and with the signal's reason as soon as it aborts. `onWait` is called once, when there are members to wait
 * for.
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
    const left = deadline - performance.now()
    if (left <= 0) throw stillActive(group, members, timeout)
    await sleep(Math.min(RETRY_INTERVAL_MS, Math.max(1, left)), signal)
    signal?.throwIfAborted()
    try {
      members = await membersOf(bus, group)
    } catch (error) {
      signal?.throwIfAborted()
      // An outage may be over before the time-out is.
      if (!isOutage(error) || performance.now() >= deadline) throw error
    }
  }
}

const membersOf = async (bus: EventBus, group: string): Promise<readonly string[]> =>
  (await bus.admin.describeGroup(group)).members.map(({ memberId }) => memberId)

/** The error of a wait that has timed out, with the time-out in the message. */
function stillActive(group: string, members: readonly string[], timeout: number): EventBusError {
  const error = groupActive(group, members)
  if (timeout === 0) return error
  return new EventBusError('GROUP_ACTIVE', `${error.message} (waited ${timeout / 1000} s for them to leave)`, {
    group,
    hints: [...error.hints, operationHints.waitLonger()],
  })
}

/** Rejects with `REFUSED` unless the bus is the one that a plan or an undo file, named by `document`, was made on. */
export async function requireSameBus(bus: EventBus, { kind, clusterId }: BusIdentity, document: string): Promise<void> {
  const actual = await bus.admin.describeCluster()
  if (actual.kind === kind && actual.clusterId === clusterId) return
  const message = `${document} was made for ${kind} (${clusterId}), but this bus is ${actual.kind} (${actual.clusterId})`
  throw new EventBusError('REFUSED', message, { hints: [operationHints.chooseBus()] })
}

/** Rejects with `PLAN_STALE`, naming the differences, when offsets or the log have changed since the plan was made. */
export async function requireFresh(bus: EventBus, plan: ResetPlan): Promise<void> {
  const { group, steps } = plan
  const committed = await bus.admin.committedOffsets(group)
  const now = new Map(committed.map((position) => [partitionName(position), position]))
  const changed = steps.flatMap(({ from, fromDetails, ...step }) => {
    const found = now.get(partitionName(step))
    const is = found?.offset ?? null
    if (is !== from) return [`${partitionName(step)} was at ${from ?? 'none'} and is at ${is ?? 'none'}`]
    if (isSameCommit(found, fromDetails)) return []
    return [`the metadata or leader epoch committed on ${partitionName(step)} has changed`]
  })
  if (plan.removesGroup) {
    const known = new Set(steps.map(partitionName))
    for (const position of committed) {
      if (!known.has(partitionName(position))) changed.push(`${partitionName(position)} was committed since`)
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
