import { setImmediate as nextTurn } from 'node:timers/promises'
import { compareNumbers, comparePartitions } from '../../bus/compare.ts'
import { EventBusError, topicNotFound } from '../../bus/errors.ts'
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
import { followTopics } from './follow-topics.ts'
import { joinOutages } from './join-outages.ts'
import { mergeByTime } from './merge-by-time.ts'
import type { TailNotice } from './notices.ts'
import { filterRecords, timeRange } from './time-range.ts'

/** The events to show: topics, range, filter. */
export interface TailRequest {
  readonly topics: readonly string[]
  readonly partitions?: readonly number[] | undefined
  /** The start of the range. Absent: begin with the newest `last` events. */
  readonly from?: OffsetSpec | undefined
  /** The end of the range. Absent: follow, or stop at the current end. A time: only events before it; see `timeRange`. */
  readonly to?: OffsetSpec | undefined
  readonly follow: boolean
  /** Without `from`: the number of newest events to begin with. */
  readonly last: number
  /** Stop after this number of events. */
  readonly limit?: number | undefined
  readonly filter?: EventFilter | undefined
  /** How payloads are decoded. Default: by detection. */
  readonly reading?: Reading | undefined
  readonly signal: AbortSignal
  /** Called when offsets were clamped, a topic is awaited, or partitions were added. */
  readonly onNotice: (notice: TailNotice) => void
  /** Called when an outage begins or ends. A follower waits for the end without a limit, a read with an end up to its limit. */
  readonly onOutage?: OutageOptions['onOutage']
}

/**
 * Reads events in batches: first the past, merged by record timestamp over all partitions and topics, then, when following, new
 * events as they arrive. Joins no group and changes nothing.
 */
export async function* tail(bus: EventBus, request: TailRequest): AsyncGenerator<readonly EventView[]> {
  const { signal, limit = Number.POSITIVE_INFINITY } = request
  const waitedFor = await awaitTopics(bus, request)
  if (signal.aborted) return
  let left = limit
  for await (const views of matchingEvents(bus, request, waitedFor)) {
    if (views.length >= left) {
      yield views.slice(0, left)
      return
    }
    left -= views.length
    if (views.length > 0) yield views
    if (signal.aborted) return
  }
}

/** The events in the requested range that pass the filter, without the limit on their number. */
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
  // A topic that was created while we waited is read from its start.
  const isNew = ({ topic }: LogSlice) => from === undefined && waitedFor.has(topic)
  const past = slices.filter((slice) => !isNew(slice))
  if (from === undefined) yield await newest(request, past, { read, views })
  else for await (const batch of mergeByTime(past.map(read))) yield* views(batch)
  if (!follow || to !== undefined) return
  const rest = slices.map((slice) => {
    const { topic, partition, from: start, to: end = 0n } = slice
    return { topic, partition, from: isNew(slice) ? start : end }
  })
  // With explicit partitions, do not look for new ones.
  const checkEvery = request.partitions === undefined ? undefined : 'never'
  const { onNotice, onOutage } = request
  for await (const batch of followTopics(bus, { slices: rest, checkEvery, signal, onNotice, onOutage }))
    yield* views(batch)
}

/** A follower also waits without a limit for the end of an outage while it reads the past. */
function readOptions({ signal, follow, to, onOutage }: TailRequest): ReadOptions {
  const isFollowing = follow && to === undefined
  return { signal, onOutage: joinOutages(onOutage), outageLimit: isFollowing ? Number.POSITIVE_INFINITY : undefined }
}

/** Milliseconds that a filter may block the event loop, during which this process does not handle signals. */
const MAX_BLOCKING_MS = 100

/**
 * The events that pass a filter, up to an abort. An expression may take long for each event, so the loop yields to the event
 * loop in between, to handle signals, and emits the events found so far. It also emits them before an error of the filter.
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
    if (performance.now() - lastTurn < MAX_BLOCKING_MS) continue
    yield found
    await nextTurn()
    if (signal.aborted) return
    found = []
    lastTurn = performance.now()
  }
  yield found
}

/** Reads the records of a slice that are in the time range, and the events of a batch that pass the filter. */
interface MatchingLog {
  readonly read: (slice: LogSlice) => AsyncIterable<readonly BusRecord[]>
  readonly views: (batch: readonly BusRecord[]) => AsyncIterable<readonly EventView[]>
}

/** Maximum size of the window of offsets in which a partition is searched backwards. */
const MAX_WINDOW = 20_000n

/**
 * The newest `last` events that pass the filter, oldest first. Searches each partition backwards, in windows of doubling size,
 * until `last` events are found or its start is reached. The newest events of all partitions are then among the found ones.
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
      // When many events of a window match, keep only its end.
      if (older.length > 2 * last) older = older.slice(-last)
    }
    found = [...older, ...found].slice(-last)
    to = from
  }
  return found
}

const byTime = ({ record: a }: EventView, { record: b }: EventView): number =>
  compareNumbers(a.timestamp, b.timestamp) || comparePartitions(a, b) || compareNumbers(a.offset, b.offset)

/**
 * Throws when a topic is missing, but waits for it when following, since a follower may start before the first event. Returns
 * the topics that were missing at first, also after an abort.
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
  const [meant] = namesLike(first, others)
  if (!follow) {
    const { code, message, hints } = topicNotFound(first)
    const similar = meant === undefined ? [] : [operationHints.readTopic(meant)]
    throw new EventBusError(code, message, { topic: first, hints: [...similar, ...hints] })
  }
  onNotice({ code: 'topics-awaited', topics: missing, similar: meant, existing: others.sort() })
  let lostAt: number | undefined
  while (!signal.aborted) {
    await sleep(50, signal)
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
