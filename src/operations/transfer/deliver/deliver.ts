import { AppendError, EventBusError } from '../../../bus/errors.ts'
import type { EventBus } from '../../../bus/event-bus.ts'
import type { NewRecord, Position } from '../../../bus/record.ts'
import { operationHints } from '../../hints.ts'
import { type AlreadyThere, byContent, byMarks, type Progress, type ReadMark, routeOf } from './already-there.ts'
import { type Item, laneOf } from './item.ts'
import { MIN_WAIT_MS, type Pace } from './pace.ts'
import type { StateFile, TransferState } from './state.ts'

/** Records to append at a time. With fewer, Kafka's brokers wait between requests; more are not faster. */
const MAX_BATCH_RECORDS = 20_000
const MAX_BATCH_BYTES = 8 * 1024 * 1024
/** How often the progress is noted. What is not noted is compared with the target when the transfer continues. */
const NOTE_INTERVAL_MS = 1000

export interface Delivery {
  /** The records in an order that is the same when the transfer continues, in each lane. */
  readonly items: AsyncIterable<readonly Item[]>
  /** The topics that records are appended to. They exist. */
  readonly topics: readonly string[]
  readonly stateFile: StateFile
  /** The state of the interrupted transfer that this one continues. */
  readonly interrupted: TransferState | undefined
  /** The end of each partition of the topics before the transfer, by lane. */
  readonly base: ReadonlyMap<string, bigint>
  /** The range of the source, for the state. */
  readonly slices: TransferState['slices']
  /** Reads the mark that each record has. Absent: records are found in the target by their content. */
  readonly readMark?: ReadMark | undefined
  /** Absent: as fast as the bus allows. */
  readonly pace?: Pace | undefined
  readonly signal: AbortSignal
}

/** How many records are in the target. */
export interface Delivered {
  /** All records, with those of the interrupted transfer. */
  readonly delivered: number
  /** Those that the interrupted transfer had delivered. */
  readonly found: number
}

/**
 * Appends records in order and yields how many are in the target, after each batch. Notes the offsets of the target before the
 * first append, so that a transfer that is killed at any moment can continue without appending a record twice. While a batch is
 * appended, the next one is read. An abort ends the transfer after the batch in flight. Removes the note when all is delivered.
 */
export async function* deliver(bus: EventBus, delivery: Delivery): AsyncGenerator<Delivered> {
  const { topics, stateFile, interrupted, base, slices, signal } = delivery
  const progress = { next: new Map(interrupted?.next ?? base), done: new Map(interrupted?.done) }
  const known =
    interrupted === undefined ? undefined : await openKnown(bus, delivery, progress, await endsOf(bus, topics))
  let delivered = 0
  let found = 0
  const note = () => stateFile.write({ slices, base, ...progress, delivered })
  if (interrupted === undefined) note()
  let notedAt = performance.now()
  const batches = gather(delivery, known, (count) => {
    found += count
    delivered += count
  })
  let reading = settled(batches.next())
  try {
    while (true) {
      const { done: isEnd, value: batch } = unwrap(await reading)
      if (isEnd || signal.aborted) break
      const sending = settled(append(bus, batch, progress))
      reading = settled(batches.next())
      const sent = await sending
      if (!sent.ok) {
        delivered += sent.error instanceof Stopped ? sent.error.appended : 0
        note()
        throw sent.error instanceof Stopped ? sent.error.failure : sent.error
      }
      delivered += batch.length
      if (performance.now() - notedAt >= NOTE_INTERVAL_MS) {
        note()
        notedAt = performance.now()
      }
      yield { delivered, found }
      // Source and target may both be in memory, so no other await gives the event loop a turn to handle signals.
      await new Promise(setImmediate)
    }
    if (signal.aborted) note()
    else stateFile.remove()
    yield { delivered, found }
  } finally {
    await known?.close()
    // Do not await the return: the source may wait for its pace.
    batches.return(undefined).catch(() => {})
  }
}

async function openKnown(
  { log }: EventBus,
  { readMark, signal }: Delivery,
  progress: Progress,
  ends: ReadonlyMap<string, bigint>,
): Promise<AlreadyThere> {
  return readMark === undefined
    ? byContent(log, progress, ends, signal)
    : byMarks(log, progress, ends, { readMark, signal })
}

/** Returns the end of each partition of topics, by lane. */
export async function endsOf(bus: EventBus, topics: readonly string[]): Promise<Map<string, bigint>> {
  const ranges = await bus.log.rangesOf(topics)
  return new Map(
    [...ranges].flatMap(([topic, own]) => own.map(({ partition, end }) => [laneOf(topic, partition), end] as const)),
  )
}

/** Gathers items into batches for the log, without those that are in the target already. */
async function* gather(
  { items, pace, signal }: Delivery,
  known: AlreadyThere | undefined,
  onFound: (count: number) => void,
): AsyncGenerator<readonly Item[], undefined> {
  let batch: Item[] = []
  let bytes = 0
  for await (const read of items) {
    if (signal.aborted) return
    for (const item of read) {
      if (known !== undefined && (await known.has(item))) {
        onFound(1)
        continue
      }
      const wait = pace?.wait(item.timestamp) ?? 0
      const isDue = wait < MIN_WAIT_MS
      const isFull = batch.length >= MAX_BATCH_RECORDS || bytes >= MAX_BATCH_BYTES
      if (batch.length > 0 && (isFull || !isDue)) {
        yield batch
        batch = []
        bytes = 0
      }
      if (!isDue) await pace?.sleep(wait, signal)
      if (signal.aborted) return
      batch.push(item)
      bytes += (item.record.value?.length ?? 0) + (item.record.key?.length ?? 0) + 20
    }
  }
  if (batch.length > 0) yield batch
}

/** An append that stopped after some records. */
class Stopped extends Error {
  readonly appended: number
  readonly failure: EventBusError
  constructor(appended: number, failure: EventBusError) {
    super(failure.message)
    this.appended = appended
    this.failure = failure
  }
}

/** Appends a batch topic by topic, and updates the progress with what was appended, also after a failure. */
async function append(bus: EventBus, batch: readonly Item[], progress: Progress): Promise<void> {
  let appended = 0
  for (const [topic, own] of Map.groupBy(batch, (item) => item.topic)) {
    const records: readonly NewRecord[] = own.map(({ record }) => record)
    try {
      appended += advance(own, await bus.log.append(topic, records), progress)
    } catch (error) {
      if (!(error instanceof EventBusError)) throw error
      if (error instanceof AppendError) appended += advance(own, error.append.positions, progress)
      const { code, message, hints, isPassing } = error
      const failure = new EventBusError(code, message, {
        topic,
        hints: [...hints, operationHints.continueTransfer()],
        isPassing,
        cause: error,
      })
      throw new Stopped(appended, failure)
    }
  }
}

/** Notes the appended records in memory and returns their number. */
function advance(
  items: readonly Item[],
  positions: readonly (Position | undefined)[],
  { next, done }: Progress,
): number {
  let count = 0
  // The last position of a partition is enough, so that there is no map access for each record.
  const last = new Map<string, Map<number, number>>()
  for (let index = 0; index < positions.length; index += 1) {
    const item = items[index]
    if (positions[index] === undefined || item === undefined) continue
    count += 1
    const own = last.get(item.lane) ?? new Map<number, number>()
    last.set(item.lane, own.set(item.record.partition, index))
  }
  for (const own of last.values()) {
    for (const index of own.values()) {
      const item = items[index] as Item
      const { topic, partition, offset } = positions[index] as Position
      done.set(routeOf(item), item.position)
      const lane = laneOf(topic, partition)
      if (offset >= (next.get(lane) ?? 0n)) next.set(lane, offset + 1n)
    }
  }
  return count
}

type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }

/** Resolves with the result or the error, so that a failure which is awaited later does not end the process. */
const settled = <T>(promise: Promise<T>): Promise<Settled<T>> =>
  promise.then(
    (value) => ({ ok: true, value }) as const,
    (error: unknown) => ({ ok: false, error }) as const,
  )

function unwrap<T>(result: Settled<T>): T {
  if (!result.ok) throw result.error
  return result.value
}
