import { setImmediate as nextTurn } from 'node:timers/promises'
import { EventBusError, topicNotFound } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { topicNameError } from '../../bus/names/names.ts'
import { namesLike } from '../../bus/names/names-like.ts'
import { isOutage, type OutageOptions } from '../../bus/outage.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { LogSlice, ReadOptions } from '../../bus/topic-log.ts'
import type { EventFilter } from '../events/event-filter.ts'
import { type EventView, type Reading, viewOf } from '../events/event-view.ts'
import { type OffsetSpec, resolveSlices } from '../offsets/offset-grammar.ts'
import { systemClock } from '../pace.ts'
import { followTopics } from './follow-topics.ts'
import { joinOutages } from './join-outages.ts'
import { mergeByTime } from './merge-by-time.ts'
import { only, timeRange } from './time-range.ts'

export interface TailRequest {
  readonly topics: readonly string[]
  readonly partitions?: readonly number[] | undefined
  /** Where to begin. Absent: the newest `last` events. */
  readonly from?: OffsetSpec | undefined
  /** Where to stop. Absent: follow, or the end as it is now. A time: events before it, see `timeRange`. */
  readonly to?: OffsetSpec | undefined
  readonly follow: boolean
  /** Without `from`: how many of the newest events to begin with. */
  readonly last: number
  /** Stop after this many. */
  readonly limit?: number | undefined
  readonly filter?: EventFilter | undefined
  /** How payloads are read; default: by looking. */
  readonly reading?: Reading | undefined
  readonly signal: AbortSignal
  /** Told what the reader should know: offsets clamped, a topic waited for, a partition added. */
  readonly onNotice: (notice: string) => void
  /** Told when the bus does not answer for a while. A follower waits however long; a read to an end has its limit. */
  readonly onOutage?: OutageOptions['onOutage']
}

/**
 * Events in batches: the past merged by record time over all partitions and topics, then, when following, new ones as
 * they arrive. Joins no group and changes nothing.
 */
export async function* tail(bus: EventBus, request: TailRequest): AsyncGenerator<readonly EventView[]> {
  const { signal, limit = Number.POSITIVE_INFINITY } = request
  const waitedFor = await awaitTopics(bus, request)
  if (signal.aborted) return
  let left = limit
  for await (const views of selected(bus, request, waitedFor)) {
    if (views.length >= left) {
      yield views.slice(0, left)
      return
    }
    left -= views.length
    if (views.length > 0) yield views
    if (signal.aborted) return
  }
}

async function* selected(
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
    return range === undefined ? batches : only(batches, range.has)
  }
  async function* views(batch: readonly BusRecord[]): AsyncGenerator<readonly EventView[]> {
    const all = batch.map((record) => viewOf(record, reading))
    if (filter === undefined) yield all
    else yield* passing(all, filter, signal)
  }
  // Who was there before a topic sees all of it.
  const isNew = ({ topic }: LogSlice) => from === undefined && waitedFor.has(topic)
  const past = slices.filter((slice) => !isNew(slice))
  if (from === undefined) yield await newest(request, past, { read, views })
  else for await (const batch of mergeByTime(past.map(read))) yield* views(batch)
  if (!follow || to !== undefined) return
  const rest = slices.map((slice) => {
    const { topic, partition, from: start, to: end = 0n } = slice
    return { topic, partition, from: isNew(slice) ? start : end }
  })
  // Who named partitions wants no others.
  const lookEvery = request.partitions === undefined ? undefined : 'never'
  const { onNotice, onOutage } = request
  for await (const batch of followTopics(bus, { slices: rest, lookEvery, signal, onNotice, onOutage }))
    yield* views(batch)
}

/** A follower waits for the bus while it reads the past, too. */
function readOptions({ signal, follow, to, onOutage }: TailRequest): ReadOptions {
  const goesOn = follow && to === undefined
  return { signal, onOutage: joinOutages(onOutage), outageLimit: goesOn ? Number.POSITIVE_INFINITY : undefined }
}

/** Milliseconds for which a filter may keep this process from hearing signals. */
const MAX_DEAF_MS = 100

/**
 * The events that a filter lets through, up to an abort. An expression may take long over each event, so the signal is
 * given the chance to be heard in between, and what was found by then is given out. So it is before the filter's error.
 */
async function* passing(
  views: readonly EventView[],
  filter: EventFilter,
  signal: AbortSignal,
): AsyncGenerator<readonly EventView[]> {
  let found: EventView[] = []
  let heard = performance.now()
  for (const view of views) {
    try {
      if (filter(view)) found.push(view)
    } catch (error) {
      yield found
      throw error
    }
    if (performance.now() - heard < MAX_DEAF_MS) continue
    yield found
    await nextTurn()
    if (signal.aborted) return
    found = []
    heard = performance.now()
  }
  yield found
}

/** Reads the records of a slice that lie in the range of times, and the events of them that pass the filter. */
interface WantedLog {
  readonly read: (slice: LogSlice) => AsyncIterable<readonly BusRecord[]>
  readonly views: (batch: readonly BusRecord[]) => AsyncIterable<readonly EventView[]>
}

/** The most records a partition is looked back through at a time. */
const WIDEST_LOOK = 20_000n

/**
 * The newest `last` events that pass the filter, oldest first. Each partition is looked back through, in windows that
 * double, until it gave that many or its start is reached: the newest of all are then among them.
 */
async function newest(
  request: TailRequest,
  slices: readonly LogSlice[],
  log: WantedLog,
): Promise<readonly EventView[]> {
  if (request.last === 0) return []
  const perPartition = await Promise.all(slices.map((slice) => newestOf(request, slice, log)))
  return perPartition.flat().sort(byTime).slice(-request.last)
}

async function newestOf(
  { last, signal }: TailRequest,
  slice: LogSlice,
  { read, views }: WantedLog,
): Promise<readonly EventView[]> {
  let found: EventView[] = []
  let to = slice.to ?? slice.from
  for (let window = BigInt(last); to > slice.from && found.length < last && !signal.aborted; window *= 2n) {
    const width = window > WIDEST_LOOK && BigInt(last) < WIDEST_LOOK ? WIDEST_LOOK : window
    const from = to - width > slice.from ? to - width : slice.from
    let older: EventView[] = []
    for await (const batch of read({ ...slice, from, to })) {
      for await (const passed of views(batch)) for (const view of passed) older.push(view)
      // Of a window full of what is looked for, only the end is kept.
      if (older.length > 2 * last) older = older.slice(-last)
    }
    found = [...older, ...found].slice(-last)
    to = from
  }
  return found
}

function byTime({ record: a }: EventView, { record: b }: EventView): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  if (a.partition !== b.partition) return a.partition - b.partition
  return a.offset < b.offset ? -1 : 1
}

/** More topics than this at once help nobody. */
const MOST_NAMED = 10

/**
 * A missing topic is an error, except to a follower, who may be there before the first event. Returns the topics that
 * had to be waited for, or what is there of them at the abort.
 */
async function awaitTopics(
  bus: EventBus,
  { topics, follow, signal, onNotice, onOutage }: TailRequest,
): Promise<ReadonlySet<string>> {
  const all = await bus.admin.listTopics()
  const missing = topics.filter((topic) => !all.some((known) => known.topic === topic))
  const [first] = missing
  if (first === undefined) return new Set()
  // Nothing ever creates a topic of such a name.
  const invalid = missing.map(topicNameError).find((error) => error !== undefined)
  if (invalid !== undefined) throw invalid
  const others = all.filter(({ internal }) => !internal).map(({ topic }) => topic)
  const [meant] = namesLike(first, others)
  if (!follow) {
    const { code, message, suggestions } = topicNotFound(first)
    const did = meant === undefined ? [] : [`crbus tail ${meant}`]
    throw new EventBusError(code, message, { topic: first, suggestions: [...did, ...suggestions] })
  }
  const named = [...others.sort().slice(0, MOST_NAMED), ...(others.length > MOST_NAMED ? ['…'] : [])].join(', ')
  const there =
    meant === undefined ? (named === '' ? 'there are none yet' : `there are: ${named}`) : `there is ${meant}`
  onNotice(`waiting for topic ${missing.join(', ')} to be created (${there})`)
  let lostAt: number | undefined
  while (!signal.aborted) {
    await systemClock.sleep(50, signal)
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
