import { partitionNotFound, topicNotFound } from '../../bus/errors.ts'
import { type LogSlice, type PartitionRange, stableEndOf, type TopicLog } from '../../bus/topic-log.ts'
import type { OffsetSpec } from './offset-grammar.ts'

/** The part of a log that resolves positions to offsets. */
export type TimeLog = Pick<TopicLog, 'ranges' | 'offsetsAt'>

/** Chooses partitions: returns those of a topic; `undefined` for all of them. */
export type PartitionChoice = (topic: string) => readonly number[] | undefined

/** The range to read of some topics. */
export interface SliceRequest {
  readonly topics: readonly string[]
  /** Default: all partitions of each topic. */
  readonly partitions?: PartitionChoice | undefined
  readonly from: OffsetSpec
  readonly to: OffsetSpec
}

/** A slice of one partition. */
export interface ResolvedSlice extends LogSlice {
  readonly to: bigint
  /** The last stable offset of the partition, where a reader of committed records stops. */
  readonly end: bigint
}

/** How a slice differs from the request. src/ui/notes/tail-notices.ts has the sentence for each code. */
export type SliceNote =
  /**
   * The slice begins or ends at `offset` instead of `wanted`, because the partition holds `start` to `end`. `lastStable` is the
   * start of an open transaction, where committed records end; absent if it is not the reason.
   */
  | {
      readonly code: 'offset-replaced'
      readonly topic: string
      readonly partition: number
      readonly start: bigint
      readonly end: bigint
      readonly lastStable?: bigint | undefined
      readonly wanted: bigint
      readonly offset: bigint
    }
  /** The slice ends at `offset`, the start of an open transaction. `held` is the number of offsets after it. */
  | {
      readonly code: 'ends-at-transaction'
      readonly topic: string
      readonly partition: number
      readonly offset: bigint
      readonly held: bigint
    }

export interface ResolvedSlices {
  readonly slices: readonly ResolvedSlice[]
  readonly notes: readonly SliceNote[]
}

/**
 * Resolves a range to offsets on every partition, for a reader of committed records. The position `end` is the last stable
 * offset, so that the reader does not wait for open transactions; a range may begin after it, at an offset or time that the
 * request names. An offset outside a partition becomes the nearest end of the partition, with a note. A note also says where an
 * open transaction ends a slice. A time after the last record becomes the end. A slice that would end before it begins is empty.
 *
 * Throws `TOPIC_NOT_FOUND` for a missing topic and `REFUSED` for a missing partition.
 */
export async function resolveSlices(log: TimeLog, request: SliceRequest): Promise<ResolvedSlices> {
  const perTopic = await Promise.all([...new Set(request.topics)].map((topic) => resolveTopic(log, topic, request)))
  return { slices: perTopic.flatMap(({ slices }) => slices), notes: perTopic.flatMap(({ notes }) => notes) }
}

async function resolveTopic(
  log: TimeLog,
  topic: string,
  { partitions: choice, from, to }: SliceRequest,
): Promise<ResolvedSlices> {
  const partitions = choice?.(topic)
  const lookUp = (spec: OffsetSpec) => (spec.kind === 'time' ? log.offsetsAt(topic, spec.time) : undefined)
  const [ranges, fromTimes, toTimes] = await Promise.all([log.ranges(topic), lookUp(from), lookUp(to)])
  if (ranges.length === 0) throw topicNotFound(topic)
  const missing = partitions?.find((wanted) => !ranges.some(({ partition }) => partition === wanted))
  if (missing !== undefined) {
    throw partitionNotFound(topic, missing, ranges.length)
  }
  const notes: SliceNote[] = []
  const slices = ranges
    .filter(({ partition }) => partitions === undefined || partitions.includes(partition))
    .map(({ partition, start, end, ...stable }) => {
      const lastStable = stableEndOf({ end, ...stable })
      const resolve = (spec: OffsetSpec, times: ReadonlyMap<number, bigint> | undefined, limit: bigint): bigint => {
        const wanted = offsetOf(spec, { start, end: lastStable }, times?.get(partition))
        const clamped = wanted < start ? start : wanted > limit ? limit : wanted
        // In an empty partition all offsets are equivalent.
        if (spec.kind === 'offset' && clamped !== wanted && start < end) {
          const held = clamped === lastStable && lastStable < end ? { lastStable } : {}
          notes.push({ code: 'offset-replaced', topic, partition, start, end, ...held, wanted, offset: clamped })
        }
        return clamped
      }
      const first = resolve(from, fromTimes, end)
      const last = resolve(to, toTimes, lastStable)
      // If the request names an offset after the start of the transaction, `offset-replaced` says so already.
      if (to.kind !== 'offset' && lastStable < end && last === lastStable) {
        notes.push({ code: 'ends-at-transaction', topic, partition, offset: lastStable, held: end - lastStable })
      }
      return { topic, partition, from: first, to: last < first ? first : last, end: lastStable }
    })
  return { slices, notes }
}

/**
 * Returns the offset of a position in a partition, which may be outside the partition. `atTime` is the offset of the first record
 * at or after the time of the position; `undefined` if there is none, which gives the end.
 */
export function offsetOf(
  spec: OffsetSpec,
  { start, end }: Pick<PartitionRange, 'start' | 'end'>,
  atTime: bigint | undefined,
): bigint {
  switch (spec.kind) {
    case 'start':
      return start
    case 'end':
      return end
    case 'offset':
      return spec.offset
    case 'fromStart':
      return start + spec.count
    case 'beforeEnd':
      return end - spec.count
    case 'time':
      return atTime ?? end
  }
}
