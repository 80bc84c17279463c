import type { EventBus } from '../../bus/event-bus.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { LogSlice, ReadOptions } from '../../bus/topic-log.ts'
import type { CorrelatedRecords } from '../event-index/correlated-records.ts'
import type { EventView } from '../events/event-view.ts'
import type { OffsetSpec } from '../offsets/offset-grammar.ts'
import { type PartitionChoice, type ResolvedSlice, resolveSlices } from '../offsets/resolve-slices.ts'
import { byTime } from './by-time.ts'
import { type ChosenTopics, chooseTopics, type TopicRequest, topicMatcher } from './choose-topics.ts'
import { followTopics } from './follow-topics.ts'
import { joinOutages } from './join-outages.ts'
import { mergeByTime } from './merge-by-time.ts'
import { type Passing, passingViews } from './passing-views.ts'
import { filterRecords, timeRange } from './time-range.ts'

/** Which events to show. */
export interface TailRequest extends TopicRequest, Passing {
  /** Partitions of each topic. Absent: all, also those that are added later. */
  readonly partitions?: PartitionChoice | undefined
  /** The start of the range. Absent: begin with the newest `last` events. */
  readonly from?: OffsetSpec | undefined
  /** The end of the range. Absent: follow, or stop at the current end. A time: only events before that time; see `timeRange`. */
  readonly to?: OffsetSpec | undefined
  /** Without `from`: the number of newest events to begin with. */
  readonly last: number
  /** Only events with this correlation id. The filter checks it too; reading by it is faster. */
  readonly correlationId?: string | undefined
  /** The path of the index that finds the events of a correlation id. Absent, or no such file: the topics are read. */
  readonly indexPath?: string | undefined
  /** Stop after this number of events. */
  readonly limit?: number | undefined
}

/**
 * Yields events in batches: first the past events, merged by record timestamp over all partitions and topics, then, when
 * following, new events as they arrive. Joins no group and changes nothing.
 */
export async function* tail(bus: EventBus, request: TailRequest): AsyncGenerator<readonly EventView[]> {
  const { signal, limit = Number.POSITIVE_INFINITY } = request
  const chosen = await chooseTopics(bus, request)
  if (signal.aborted) return
  let remaining = limit
  for await (const views of matchingEvents(bus, request, chosen)) {
    if (views.length >= remaining) {
      yield views.slice(0, remaining)
      return
    }
    remaining -= views.length
    if (views.length > 0) yield views
    if (signal.aborted) return
  }
}

/** Yields the events of the chosen topics in the requested range that pass the filter. */
async function* matchingEvents(
  bus: EventBus,
  request: TailRequest,
  { topics, awaited }: ChosenTopics,
): AsyncGenerator<readonly EventView[]> {
  const { from, to, follow, signal, partitions } = request
  const { slices: resolved, notes } = await resolveSlices(bus.log, {
    topics,
    partitions,
    from: from ?? { kind: 'start' },
    to: to ?? { kind: 'end' },
  })
  const range = timeRange(resolved, from, to)
  const slices = range?.slices ?? resolved
  for (const note of [...notes, ...(range?.notes ?? [])]) request.onNotice(note)
  const options = readOptions(request)
  const correlated = await readerOfCorrelation(bus, request, { topics, slices })
  const read = (slice: ResolvedSlice): AsyncIterable<readonly BusRecord[]> => {
    const batches = correlated?.read(slice, options) ?? bus.log.read([slice], options)
    return range === undefined ? batches : filterRecords(batches, range.has)
  }
  const views = (batch: readonly BusRecord[]) => passingViews(batch, request)
  // A topic that was created during the wait is followed from its start, as if `last` did not apply.
  const isNew = ({ topic }: LogSlice) => from === undefined && awaited.has(topic)
  const past = slices.filter((slice) => !isNew(slice))
  if (from === undefined) yield await newest(request, past, { read, views })
  else for await (const batch of mergeByTime(past.map(read))) yield* views(batch)
  if (!follow || to !== undefined) return
  const followed = slices.map((slice) => {
    const { topic, partition, from: start, to: end = 0n } = slice
    return { topic, partition, from: isNew(slice) ? start : end }
  })
  const { onNotice, onOutage, outageLimit } = request
  const matches = topicMatcher(request.topics)
  const following = { slices: followed, partitions, matches, signal, onNotice, onOutage, outageLimit }
  for await (const batch of followTopics(bus, following)) yield* views(batch)
}

/**
 * Prepares to read only the events of the requested correlation id; `undefined` if all are requested. Partitions are then merged
 * without the other events, so that the order does not depend on what an index skips.
 */
async function readerOfCorrelation(
  bus: EventBus,
  { correlationId, indexPath: path, onNotice }: TailRequest,
  { topics, slices }: { readonly topics: readonly string[]; readonly slices: readonly ResolvedSlice[] },
): Promise<CorrelatedRecords | undefined> {
  if (correlationId === undefined) return undefined
  const { correlatedRecords } = await import('../event-index/correlated-records.ts')
  const records = await correlatedRecords(bus, { correlationId, path, topics })
  const coverage = records.coverage(slices)
  if (coverage !== undefined) onNotice({ code: 'index-used', ...coverage })
  if (records.problem !== undefined) onNotice({ code: 'index-unusable', reason: records.problem.message })
  return records
}

/** Returns the options for reading the past. When following, this read also waits for the end of an outage without a limit. */
function readOptions({ signal, follow, to, onOutage, outageLimit }: TailRequest): ReadOptions {
  const isFollowing = follow && to === undefined
  return {
    signal,
    onOutage: joinOutages(onOutage),
    outageLimit: outageLimit ?? (isFollowing ? Number.POSITIVE_INFINITY : undefined),
  }
}

interface MatchingLog {
  /** Reads the records of a slice that are in the time range. */
  readonly read: (slice: ResolvedSlice) => AsyncIterable<readonly BusRecord[]>
  /** Yields the events of a batch that pass the filter. */
  readonly views: (batch: readonly BusRecord[]) => AsyncIterable<readonly EventView[]>
}

/** Maximum number of offsets to read at once when a partition is searched backwards, unless `last` is larger. */
const MAX_WINDOW = 20_000n

/**
 * Returns the newest `last` events that pass the filter, oldest first. Searches each partition backwards, in windows of doubling
 * size, until `last` events are found there or its start is reached, so the newest events of all partitions are among them.
 */
async function newest(
  request: TailRequest,
  slices: readonly ResolvedSlice[],
  log: MatchingLog,
): Promise<readonly EventView[]> {
  if (request.last === 0) return []
  const perPartition = await Promise.all(slices.map((slice) => newestOf(request, slice, log)))
  return perPartition.flat().sort(byTime).slice(-request.last)
}

/** Finds the newest `last` events of one partition that pass the filter. */
async function newestOf(
  { last, signal }: TailRequest,
  slice: ResolvedSlice,
  { read, views }: MatchingLog,
): Promise<readonly EventView[]> {
  let found: EventView[] = []
  let { to } = slice
  for (let window = BigInt(last); to > slice.from && found.length < last && !signal.aborted; window *= 2n) {
    const width = window > MAX_WINDOW && BigInt(last) < MAX_WINDOW ? MAX_WINDOW : window
    const from = to - width > slice.from ? to - width : slice.from
    let older: EventView[] = []
    for await (const batch of read({ ...slice, from, to })) {
      for await (const passed of views(batch)) for (const view of passed) older.push(view)
      // If many events of a window match, keep only the newest in memory.
      if (older.length > 2 * last) older = older.slice(-last)
    }
    found = [...older, ...found].slice(-last)
    to = from
  }
  return found
}
