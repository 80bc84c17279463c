import type { EventBus } from '../../bus/event-bus.ts'
import type { PartitionRange } from '../../bus/topic-log.ts'
import { partitionSizes } from './partition-sizes.ts'

/**
 * Events that the bus deletes after a change of settings. src/ui/notes/deletion-notes.ts has the sentence for each cause.
 *
 * - `retention-time`: events older than `retention.ms`. Kafka deletes whole segments, so `eventCount` is an upper bound.
 * - `retention-size`: the oldest events beyond `retention.bytes`. `byteCount` is an upper bound, `eventCount` an estimate from the
 *   average size of events.
 * - `compaction`: all events but the newest of each key, so both numbers are upper bounds.
 */
export interface ExpectedDeletion {
  readonly topic: string
  readonly cause: 'retention-time' | 'retention-size' | 'compaction'
  /** The new value of the setting. Absent: the default of the cluster, which the broker does not tell. */
  readonly limit?: string | undefined
  /** `null` if the number is not known: the broker does not tell the default, or the sizes. */
  readonly eventCount: bigint | null
  /** The size of these events on one replica. `null` if the broker does not tell it, or not to this user. */
  readonly byteCount: bigint | null
}

/** The settings that decide which events a topic keeps, by name. */
export type KeepingSettings = ReadonlyMap<string, string | null>

interface Policy {
  readonly deletes: boolean
  readonly compacts: boolean
  /** Milliseconds and bytes. -1 for no limit, `undefined` if the value is not known. */
  readonly time: bigint | undefined
  readonly size: bigint | undefined
}

function policyOf(settings: KeepingSettings): Policy {
  const policy = (settings.get('cleanup.policy') ?? 'delete').split(',').map((word) => word.trim())
  const deletes = policy.includes('delete')
  const limit = (name: string) => {
    const value = settings.get(name) ?? ''
    if (!deletes) return -1n
    return /^-?\d{1,19}$/.test(value) ? BigInt(value) : undefined
  }
  return { deletes, compacts: policy.includes('compact'), time: limit('retention.ms'), size: limit('retention.bytes') }
}

/** Whether a limit keeps less than before. Unknown limits may. */
const isLower = (before: bigint | undefined, after: bigint | undefined): boolean => {
  if (after === undefined) return true
  return after >= 0n && (before === undefined || before < 0n || after < before)
}

/**
 * Returns what a change of settings deletes from a topic. Empty on a bus without brokers, which stores settings but does not apply
 * them. Only reads.
 *
 * @param now Milliseconds since 1970.
 */
export async function expectedDeletions(
  bus: EventBus,
  topic: string,
  [before, after]: readonly [before: KeepingSettings, after: KeepingSettings],
  now: number,
): Promise<readonly ExpectedDeletion[]> {
  const [old, next] = [policyOf(before), policyOf(after)]
  const isShorter = isLower(old.time, next.time)
  const isSmaller = isLower(old.size, next.size)
  const isCompacted = next.compacts && !old.compacts
  if (!(isShorter || isSmaller || isCompacted)) return []
  if ((await bus.admin.describeCluster()).brokers.length === 0) return []
  const [ranges, sizes] = await Promise.all([bus.log.ranges(topic), sizesOf(bus, topic)])
  const found: ExpectedDeletion[] = []
  if (isShorter) {
    const oldest = next.time === undefined ? undefined : await bus.log.offsetsAt(topic, BigInt(now) - next.time)
    const lost = ranges.map(({ partition, start, end }) => ({ partition, start, end: oldest?.get(partition) ?? end }))
    const limit = after.get('retention.ms') ?? undefined
    found.push({
      ...{ topic, cause: 'retention-time', limit },
      eventCount: oldest === undefined ? null : offsetsIn(lost),
      byteCount: oldest === undefined || sizes === undefined ? null : bytesOf(lost, ranges, sizes),
    })
  }
  if (isSmaller) {
    const limit = after.get('retention.bytes') ?? undefined
    found.push({ ...{ topic, cause: 'retention-size', limit }, ...beyondSize(next.size, ranges, sizes) })
  }
  if (isCompacted) {
    const byteCount = sizes === undefined ? null : bytesOf(ranges, ranges, sizes)
    found.push({ topic, cause: 'compaction', eventCount: offsetsIn(ranges), byteCount })
  }
  return found.filter(({ eventCount }) => eventCount !== 0n)
}

const offsetsIn = (ranges: readonly PartitionRange[]): bigint =>
  ranges.reduce((sum, { start, end }) => sum + (end > start ? end - start : 0n), 0n)

/** Estimates the bytes of some of the records of each partition, as their share of its size. */
function bytesOf(lost: readonly PartitionRange[], ranges: readonly PartitionRange[], sizeOf: SizeOf): bigint {
  return lost.reduce((sum, { partition, start, end }, at) => {
    const all = ranges[at] === undefined ? 0n : offsetsIn([ranges[at]])
    return all === 0n || end <= start ? sum : sum + ((sizeOf(partition) ?? 0n) * (end - start)) / all
  }, 0n)
}

function beyondSize(
  limit: bigint | undefined,
  ranges: readonly PartitionRange[],
  sizeOf: SizeOf | undefined,
): Pick<ExpectedDeletion, 'eventCount' | 'byteCount'> {
  if (limit === undefined || sizeOf === undefined) return { eventCount: null, byteCount: null }
  let [eventCount, byteCount] = [0n, 0n]
  for (const range of ranges) {
    const size = sizeOf(range.partition) ?? 0n
    if (size <= limit) continue
    byteCount += size - limit
    // At least one, because an estimate of 0 would need no agreement.
    const events = (offsetsIn([range]) * (size - limit)) / size
    eventCount += events === 0n ? 1n : events
  }
  return { eventCount, byteCount }
}

/** Returns the size of a partition in bytes; `undefined` if it is unknown. */
type SizeOf = (partition: number) => bigint | undefined

async function sizesOf(bus: EventBus, topic: string): Promise<SizeOf | undefined> {
  const sizes = await partitionSizes(bus, [topic])
  return sizes && ((partition) => sizes.get({ topic, partition }))
}
