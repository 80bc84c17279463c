import { setImmediate as nextTurn } from 'node:timers/promises'
import { compareNumbers, comparePartitions } from '../../bus/compare.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { topicNameError } from '../../bus/names/names.ts'
import { namesLike } from '../../bus/names/names-like.ts'
import { isOutage, type OutageOptions } from '../../bus/outage.ts'
import type { BusRecord } from '../../bus/record.ts'
import { sleep } from '../../bus/time/sleep.ts'
import type { LogSlice, ReadOptions } from '../../bus/topic-log.ts'
import type { EventFilter } from '../events/event-filter.ts'
import { type EventView, type Reading, viewOf } from '../events/event-view.ts'
import { operationHints } from '../hints.ts'
import type { OffsetSpec } from '../offsets/offset-grammar.ts'
import { resolveSlices } from '../offsets/resolve-slices.ts'
import { whyMissing } from '../topics/why-missing.ts'
import { followTopics } from './follow-topics.ts'
import { joinOutages } from './join-outages.ts'
import { mergeByTime } from './merge-by-time.ts'
import type { TailNotice } from './notices.ts'
import { filterRecords, timeRange } from './time-range.ts'

/** Which events to show. */
export interface TailRequest {
  readonly topics: readonly string[]
  /** Partitions of each topic. Absent: all, also those that are added later. */
  readonly partitions?: readonly number[] | undefined
  /** The start of the range. Absent: begin with the newest `last` events. */
  readonly from?: OffsetSpec | undefined
  /** The end of the range. Absent: follow, or stop at the current end. A time: only events before that time; see `timeRange`. */
  readonly to?: OffsetSpec | undefined
  /** Whether to wait for new events after the past ones. Ignored if there is a `to`. */
  readonly follow: boolean
  /** Without `from`: the number of newest events to begin with. */
  readonly last: number
  /** Stop after this number of events. */
  readonly limit?: number | undefined
  readonly filter?: EventFilter | undefined
  /** How payloads are decoded. Default: the codec is detected. */
  readonly reading?: Reading | undefined
  readonly signal: AbortSignal
  /** Called for example when an offset was replaced, when a topic is missing, or when partitions were added. */
  readonly onNotice: (notice: TailNotice) => void
  /**
   * Called when an outage begins or ends. When following, `tail` waits for the end of an outage without a limit, else up to the
   * limit of the bus.
   */
  readonly onOutage?: OutageOptions['onOutage']
}

/**
 * Yields events in batches: first the past events, merged by record timestamp over all partitions and topics, then, when
 * following, new events as they arrive. Joins no group and changes nothing.
 */
export async function* tail(bus: EventBus, request: TailRequest): AsyncGenerator<readonly EventView[]> {
  const { signal, limit = Number.POSITIVE_INFINITY } = request
  const waitedFor = await awaitTopics(bus, request)
  if (signal.aborted) return
  let remaining = limit
  for await (const views of matchingEvents(bus, request, waitedFor)) {
    if (views.length >= remaining) {
      yield views.slice(0, remaining)
      return
    }
    remaining -= views.length
    if (views.length > 0) yield views
    if (signal.aborted) return
  }
}

/** Yields the events in the requested range that pass the filter. `waitedFor`: topics that did not exist at first. */
async function* matchingEvents(
  bus: EventBus,
  request: TailRequest,
  waitedFor: ReadonlySet<string>,
): AsyncGenerator<readonly EventView[]> {
  const { from, to, follow, signal, filter, reading } = request
  const { slices: resolved, notes } = await resolveSlices(bus.log, {
    topics: request.topics,
    partitions: request.partitions,
    from: from ?? { kind: 'start' },
    to: to ?? { kind: 'end' },
  })
  const range = timeRange(resolved, from, to)
  const slices = range?.slices ?? resolved
  for (const note of [...notes, ...(range?.notes ?? [])]) request.onNotice(note)
  const options = readOptions(request)
  const read = (slice: LogSlice): AsyncIterable<readonly BusRecord[]> => {
    const batches = bus.log.read([slice], options)
    return range === undefined ? batches : filterRecords(batches, range.has)
  }
  async function* views(batch: readonly BusRecord[]): AsyncGenerator<readonly EventView[]> {
    const all = batch.map((record) => viewOf(record, reading))
    if (filter === undefined) yield all
    else yield* passing(all, filter, signal)
  }
  // A topic that was created during the wait is followed from its start, as if `last` did not apply.
  const isNew = ({ topic }: LogSlice) => from === undefined && waitedFor.has(topic)
  const past = slices.filter((slice) => !isNew(slice))
  if (from === undefined) yield await newest(request, past, { read, views })
  else for await (const batch of mergeByTime(past.map(read))) yield* views(batch)
  if (!follow || to !== undefined) return
  const followed = slices.map((slice) => {
    const { topic, partition, from: start, to: end = 0n } = slice
    return { topic, partition, from: isNew(slice) ? start : end }
  })
  // If the request names partitions, do not look for new ones.
  const checkEvery = request.partitions === undefined ? undefined : 'never'
  const { onNotice, onOutage } = request
  for await (const batch of followTopics(bus, { slices: followed, checkEvery, signal, onNotice, onOutage }))
    yield* views(batch)
}

/** Returns the options for reading the past. When following, this read also waits for the end of an outage without a limit. */
function readOptions({ signal, follow, to, onOutage }: TailRequest): ReadOptions {
  const isFollowing = follow && to === undefined
  return { signal, onOutage: joinOutages(onOutage), outageLimit: isFollowing ? Number.POSITIVE_INFINITY : undefined }
}

/** Milliseconds that a filter may block the event loop. Signals are handled only when the event loop gets a turn. */
const MAX_BLOCKING_MS = 100

/** Events that are yielded at once after a filter. They are still in the cache of the processor when they are printed. */
const MAX_PASSED = 256

/**
 * Yields the events that pass a filter, until an abort. Because an expression may take long for each event, regularly yields the
 * events found so far and gives the event loop a turn to handle signals. Also yields the events before an error of the filter.
 */
async function* passing(
  views: readonly EventView[],
  filter: EventFilter,
  signal: AbortSignal,
): AsyncGenerator<readonly EventView[]> {
  let found: EventView[] = []
  let lastTurn = performance.now()
  for (const view of views) {
    try {
      if (filter(view)) found.push(view)
    } catch (error) {
      yield found
      throw error
    }
    if (found.length === MAX_PASSED) {
      yield found
      found = []
    }
    if (performance.now() - lastTurn < MAX_BLOCKING_MS) continue
    yield found
    await nextTurn()
    if (signal.aborted) return
    found = []
    lastTurn = performance.now()
  }
  yield found
}

interface MatchingLog {
  /** Reads the records of a slice that are in the time range. */
  readonly read: (slice: LogSlice) => AsyncIterable<readonly BusRecord[]>
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
  slices: readonly LogSlice[],
  log: MatchingLog,
): Promise<readonly EventView[]> {
  if (request.last === 0) return []
  const perPartition = await Promise.all(slices.map((slice) => newestOf(request, slice, log)))
  return perPartition.flat().sort(byTime).slice(-request.last)
}

/** Finds the newest `last` events of one partition that pass the filter. */
async function newestOf(
  { last, signal }: TailRequest,
  slice: LogSlice,
  { read, views }: MatchingLog,
): Promise<readonly EventView[]> {
  let found: EventView[] = []
  let to = slice.to ?? slice.from
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

const byTime = ({ record: a }: EventView, { record: b }: EventView): number =>
  compareNumbers(a.timestamp, b.timestamp) || comparePartitions(a, b) || compareNumbers(a.offset, b.offset)

/** Milliseconds between two checks whether missing topics exist now. */
const TOPIC_CHECK_INTERVAL_MS = 50

/**
 * Checks that the topics exist. When following, waits for missing topics, because a follower may start before the first event is
 * published; otherwise throws `TOPIC_NOT_FOUND`. Resolves with the topics that were missing at first, also after an abort.
 */
async function awaitTopics(
  bus: EventBus,
  { topics, follow, signal, onNotice, onOutage }: TailRequest,
): Promise<ReadonlySet<string>> {
  const all = await bus.admin.listTopics()
  const missing = topics.filter((topic) => !all.some((known) => known.topic === topic))
  const [first] = missing
  if (first === undefined) return new Set()
  // A topic with an invalid name can never be created.
  const invalid = missing.map(topicNameError).find((error) => error !== undefined)
  if (invalid !== undefined) throw invalid
  const others = all.filter(({ internal }) => !internal).map(({ topic }) => topic)
  const [similarTopic] = namesLike(first, others)
  if (!follow) {
    const why = await whyMissing(bus, first)
    if (why.code !== 'TOPIC_NOT_FOUND') throw why
    const { code, message, hints } = why
    const similar = similarTopic === undefined ? [] : [operationHints.readTopic(similarTopic)]
    throw new EventBusError(code, message, { topic: first, hints: [...similar, ...hints] })
  }
  onNotice({ code: 'topics-awaited', topics: missing, similar: similarTopic, existing: others.sort() })
  let lostAt: number | undefined
  while (!signal.aborted) {
    await sleep(TOPIC_CHECK_INTERVAL_MS, signal)
    try {
      const ready = await Promise.all(missing.map((topic) => exists(bus, topic)))
      if (lostAt !== undefined) onOutage?.({ state: 'restored', lasted: performance.now() - lostAt })
      lostAt = undefined
      if (ready.every(Boolean)) break
    } catch (error) {
      if (!isOutage(error)) throw error
      if (lostAt === undefined) onOutage?.({ state: 'lost', error })
      lostAt ??= performance.now()
    }
  }
  return new Set(missing)
}

const exists = (bus: EventBus, topic: string): Promise<boolean> =>
  bus.log.ranges(topic).then(
    () => true,
    (error: unknown) => {
      if (error instanceof EventBusError && error.code === 'TOPIC_NOT_FOUND') return false
      throw error
    },
  )
