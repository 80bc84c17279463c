import { randomBytes } from 'node:crypto'
import { EventBusError } from '../../../bus/errors.ts'
import type { EventBus } from '../../../bus/event-bus.ts'
import type { BusIdentity } from '../../bus-identity.ts'
import type { EventFilter, FilterRequest } from '../../events/event-filter.ts'
import type { Reading } from '../../events/event-view.ts'
import { operationHints } from '../../hints.ts'
import { isNotAllowed } from '../../topics/is-not-allowed.ts'
import { type StateFile, stateFile, type TransferState } from '../deliver/state.ts'
import { readRange } from '../export/export.ts'
import { type RangeRequest, resolveRange } from '../export/plan.ts'
import type { ExportedSlice, TimeSpan } from '../frames/export-header.ts'
import { validState } from '../import/plan.ts'
import { Tally } from '../tally.ts'

/** A bus with its identity. */
export interface KnownBus {
  readonly bus: EventBus
  readonly identity: BusIdentity
}

export interface ReplayRequest extends Omit<RangeRequest, 'topics'> {
  /** `copy`: every record as it is, in its partition. `replay`: the records as new ones, marked with where they are from. */
  readonly kind: 'copy' | 'replay'
  readonly topic: string
  readonly target: string
  readonly conditions: FilterRequest
  readonly filter: EventFilter | undefined
  readonly reading: Reading
  /** What else tells this transfer from another: the range as the user wrote it, and the changes. */
  readonly identity: readonly unknown[]
  readonly stateFolder: string
  readonly restart: boolean
}

export interface ReplayPlan {
  readonly kind: ReplayRequest['kind']
  readonly topic: string
  readonly target: string
  readonly source: BusIdentity
  readonly targetBus: BusIdentity
  readonly slices: readonly ExportedSlice[]
  readonly times: TimeSpan | undefined
  readonly sourcePartitions: number
  /** The number of partitions of the target, also of one that will be created. */
  readonly partitions: number
  readonly isNew: boolean
  /** The number of offsets that the target holds already. */
  readonly existing: bigint
  /** The records of the range that were read for the plan. */
  readonly seen: Tally
  /** Whether the plan has read all records of the range; otherwise the first ones. */
  readonly isWhole: boolean
  /** Numbers of the records that were read by event type, the most frequent first. `null` is the type of records without an event. */
  readonly types: readonly { readonly type: string | null; readonly records: number }[]
  /** The number of offsets in the range. */
  readonly offsets: bigint
  /** The groups that have read the target, and would receive the records. `null` if the user may not see them. */
  readonly groups: readonly string[] | null
  readonly continues: boolean
  readonly stateFile: StateFile
  readonly interrupted: TransferState | undefined
}

/** The most records to read for a plan: about a second. */
const MAX_PLANNED_RECORDS = 200_000

/**
 * Plans to append the records of a range to a topic, on the same bus or another. Only reads. Throws `REFUSED` for a copy to a topic
 * with fewer partitions, and for a copy of a topic to itself.
 */
export async function planReplay(source: KnownBus, target: KnownBus, request: ReplayRequest): Promise<ReplayPlan> {
  const { kind, topic, conditions, stateFolder, restart, signal } = request
  const isSame = source.identity.clusterId === target.identity.clusterId && topic === request.target
  if (kind === 'copy' && isSame) {
    throw new EventBusError('REFUSED', `topic '${topic}' cannot be copied to itself; nothing was done`, {
      hints: [operationHints.replayInstead(topic)],
    })
  }
  const ids = [kind, source.identity.clusterId, topic, target.identity.clusterId, request.target]
  const state = stateFile(stateFolder, [...ids, conditions, request.identity])
  const interrupted = restart ? undefined : await validState(target.bus, state)
  const resolved = await resolveRange(source.bus, { ...request, topics: [topic] })
  const slices = interrupted?.slices ?? resolved.slices
  const sourcePartitions = resolved.topics[0]?.partitions ?? 1
  const existing = (await target.bus.log.rangesOf([request.target])).get(request.target)
  const partitions = existing?.length ?? sourcePartitions
  if (kind === 'copy' && partitions < sourcePartitions) {
    const has = `topic '${request.target}' has ${partitions} of the ${sourcePartitions} partitions of '${topic}'`
    throw new EventBusError('REFUSED', `${has}; nothing was done`, {
      hints: [operationHints.addPartitions(request.target, sourcePartitions)],
    })
  }
  const { seen, isWhole, types } = await look(source.bus, { ...request, slices, times: resolved.times, signal })
  return {
    ...{ kind, topic, target: request.target, slices, times: resolved.times, sourcePartitions, partitions },
    ...{ source: source.identity, targetBus: target.identity, seen, isWhole, types },
    isNew: existing === undefined,
    existing: existing?.reduce((sum, { start, end }) => sum + end - start, 0n) ?? 0n,
    offsets: slices.reduce((sum, { from, to }) => sum + to - from, 0n),
    groups: existing === undefined ? [] : await groupsOf(target.bus, request.target),
    continues: interrupted !== undefined,
    ...{ stateFile: state, interrupted },
  }
}

/** Reads the first records of the range for the plan. */
async function look(
  bus: EventBus,
  {
    slices,
    times,
    filter,
    reading,
    signal,
  }: Pick<ReplayRequest, 'filter' | 'reading' | 'signal'> & Pick<ReplayPlan, 'slices' | 'times'>,
): Promise<Pick<ReplayPlan, 'seen' | 'isWhole' | 'types'>> {
  const seen = new Tally()
  const counts = new Map<string | null, number>()
  let read = 0
  let isWhole = true
  for await (const views of readRange(bus, { slices, times, filter, reading, signal, byTime: false })) {
    for (const { record, envelope } of views) {
      seen.add(record)
      const type = envelope?.ok ? envelope.event.eventType : null
      counts.set(type, (counts.get(type) ?? 0) + 1)
    }
    read += views.length
    isWhole = read < MAX_PLANNED_RECORDS
    if (!isWhole) break
  }
  const types = [...counts].map(([type, records]) => ({ type, records }))
  return { seen, isWhole, types: types.sort((a, b) => b.records - a.records) }
}

/** Returns the groups that have committed offsets of a topic, sorted; `null` if the user may not see them. */
async function groupsOf(bus: EventBus, topic: string): Promise<readonly string[] | null> {
  try {
    const groups = (await bus.admin.listGroups()).map(({ group }) => group)
    const committed = await bus.admin.committedOffsetsOf(groups)
    return groups.filter((_, at) => committed[at]?.some((offset) => offset.topic === topic)).sort()
  } catch (error) {
    if (isNotAllowed(error)) return null
    throw error
  }
}

/** Returns a random key of pseudonyms. */
export const randomMaskKey = (): string => randomBytes(32).toString('base64url')
