import { comparePartitions } from '../../../bus/compare.ts'
import type { EventBus } from '../../../bus/event-bus.ts'
import type { BusRecord } from '../../../bus/record.ts'
import type { OffsetSpec } from '../../offsets/offset-grammar.ts'
import { type PartitionChoice, resolveSlices } from '../../offsets/resolve-slices.ts'
import { chooseTopics } from '../../tail/choose-topics.ts'
import type { TailNotice } from '../../tail/notices.ts'
import { timeRange } from '../../tail/time-range.ts'
import type { ExportHeader, TimeSpan } from '../frames/export-header.ts'

/** The records to transfer: those of topics in a range. */
export interface RangeRequest {
  /** Names of topics, and globs. */
  readonly topics: readonly string[]
  /** Absent: all partitions. */
  readonly partitions?: PartitionChoice | undefined
  /** Absent: from the start. */
  readonly from?: OffsetSpec | undefined
  /** Absent: to the current end. */
  readonly to?: OffsetSpec | undefined
  readonly signal: AbortSignal
  readonly onNotice: (notice: TailNotice) => void
}

/** A range with its offsets. */
export type Range = Pick<ExportHeader, 'bus' | 'topics' | 'slices' | 'times'>

/** Returns whether a record has a timestamp in a span. */
export const isWithin =
  ({ from, to }: TimeSpan) =>
  ({ timestamp }: BusRecord): boolean =>
    timestamp < to && (from === undefined || timestamp >= from)

/** Resolves a range to offsets, so that it does not grow while it is read. Throws `TOPIC_NOT_FOUND` for a missing topic. */
export async function resolveRange(bus: EventBus, request: RangeRequest): Promise<Range> {
  const { from, to, partitions, onNotice } = request
  const { topics: names } = await chooseTopics(bus, { ...request, follow: false })
  const resolved = await resolveSlices(bus.log, {
    topics: names,
    partitions,
    from: from ?? { kind: 'start' },
    to: to ?? { kind: 'end' },
  })
  const range = timeRange(resolved.slices, from, to)
  for (const note of [...resolved.notes, ...(range?.notes ?? [])]) onNotice(note)
  const [{ kind, clusterId }, ranges] = await Promise.all([bus.admin.describeCluster(), bus.log.rangesOf(names)])
  return {
    bus: { kind, clusterId },
    topics: names.map((topic) => ({ topic, partitions: ranges.get(topic)?.length ?? 0 })),
    slices: (range?.slices ?? resolved.slices)
      .map(({ topic, partition, from: start, to: end }) => ({ topic, partition, from: start, to: end }))
      .sort(comparePartitions),
    times: to?.kind === 'time' ? { from: from?.kind === 'time' ? from.time : undefined, to: to.time } : undefined,
  }
}
