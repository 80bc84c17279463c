import type { EventBus } from '../../../bus/event-bus.ts'
import { partitionOf } from '../../../bus/partitioner.ts'
import type { EventFilter } from '../../events/event-filter.ts'
import { type EventView, type Reading, viewOf } from '../../events/event-view.ts'
import { type Delivered, deliver, endsOf } from '../deliver/deliver.ts'
import { type Item, laneOf } from '../deliver/item.ts'
import type { Pace } from '../deliver/pace.ts'
import { readRange } from '../export/export.ts'
import type { ChangeEvent } from './change.ts'
import { markOf, readMark } from './mark.ts'
import type { ReplayPlan } from './plan.ts'

export interface ReplayOptions {
  readonly filter: EventFilter | undefined
  readonly reading: Reading
  readonly signal: AbortSignal
  /** Absent: nothing is changed. */
  readonly change?: ChangeEvent | undefined
  /** Whether the records keep their timestamps. A copy keeps them in any case. */
  readonly keepTimestamps: boolean
  /** Absent: as fast as the buses allow. */
  readonly pace?: Pace | undefined
}

/** Creates the target if it is missing and appends the records of the plan. Yields how many are in the target, after each batch. */
export async function* applyReplay(
  source: EventBus,
  target: EventBus,
  plan: ReplayPlan,
  options: ReplayOptions,
): AsyncGenerator<Delivered> {
  const { stateFile, interrupted, slices, partitions, kind } = plan
  if (plan.isNew) await target.admin.createTopic(plan.target, { partitions })
  const { signal, pace } = options
  yield* deliver(target, {
    ...{ stateFile, interrupted, slices, signal, pace },
    items: itemsOf(source, plan, options),
    topics: [plan.target],
    base: interrupted?.base ?? (await endsOf(target, [plan.target])),
    readMark: kind === 'replay' ? readMark : undefined,
  })
}

/** Reads the records of the plan as they are appended to the target. */
async function* itemsOf(
  source: EventBus,
  plan: ReplayPlan,
  { filter, reading, signal, change, keepTimestamps }: ReplayOptions,
): AsyncGenerator<readonly Item[]> {
  const { kind, slices, times } = plan
  const toItem = kind === 'copy' ? copyItem(plan) : replayItem(plan, { change, keepTimestamps })
  // A replay keeps the order of events of different partitions, as far as their timestamps tell it.
  const byTime = kind === 'replay'
  for await (const views of readRange(source, { slices, times, filter, reading, signal, byTime })) {
    yield views.map(toItem)
  }
}

const copyItem =
  ({ target }: ReplayPlan) =>
  ({ record: { topic, partition, offset, timestamp, key, value, headers } }: EventView): Item => ({
    ...{ lane: laneOf(topic, partition), position: offset, timestamp, topic: target },
    record: { key, value, headers, timestamp, partition },
  })

function replayItem(
  { target, partitions, sourcePartitions }: ReplayPlan,
  { change, keepTimestamps }: Pick<ReplayOptions, 'change' | 'keepTimestamps'>,
): (view: EventView) => Item {
  // The same number of partitions: a key is in the same partition as before.
  const keepsPartition = partitions === sourcePartitions
  return (view) => {
    const { record } = view
    const { topic, partition, offset, timestamp } = record
    const { key, value, headers } = change === undefined ? record : change(view)
    const chosen = keepsPartition ? partition : (partitionOf(key, partitions) ?? partition % partitions)
    return {
      ...{ lane: laneOf(topic, partition), position: offset, timestamp, topic: target },
      record: {
        ...{ key, value, partition: chosen },
        headers: [...headers, markOf(record)],
        timestamp: keepTimestamps ? timestamp : undefined,
      },
    }
  }
}

/** Returns the events that a change fails for among the first of the range: the plan should fail before anything is appended. */
export async function tryChanges(
  source: EventBus,
  { slices, times }: ReplayPlan,
  { filter, reading, signal, change }: ReplayOptions,
): Promise<void> {
  if (change === undefined) return
  let tried = 0
  for await (const views of readRange(source, { slices, times, filter, reading, signal, byTime: false })) {
    for (const view of views) change(viewOf(view.record, reading))
    tried += views.length
    if (tried >= MAX_TRIED_RECORDS) return
  }
}

/** The most events to try changes on. */
const MAX_TRIED_RECORDS = 10_000
