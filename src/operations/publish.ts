import { EventBusError } from '../bus/errors.ts'
import type { EventBus } from '../bus/event-bus.ts'
import type { NewRecord, Position } from '../bus/record.ts'
import { type Clock, paced, systemClock } from './pace.ts'
import { type EventSettings, readInput } from './publish-input.ts'
import { BadInputError, documentsOf, type InputLine } from './publish-lines.ts'

export { BadInputError } from './publish-lines.ts'

/** Records and bytes sent at a time: larger ones measured no faster, and reports should come often. */
const MOST_RECORDS = 4000
const MOST_BYTES = 512 * 1024
/** Milliseconds a batch waits for more lines. What arrives one line a second is sent one line a second. */
const LINGER = 5

export interface Published {
  readonly position: Position
  readonly eventType: string | null
  /** The line it came from. */
  readonly line: number
}

export interface PublishRequest {
  readonly topic: string
  readonly lines: AsyncIterable<readonly InputLine[]>
  readonly settings: EventSettings
  /** What `settings` are for one event, counted from 1; absent: the same for all. */
  readonly settingsAt?: ((index: number) => EventSettings) | undefined
  /** Events a second at most; absent: as fast as the bus takes them. */
  readonly rate?: number | undefined
  readonly signal: AbortSignal
  readonly clock?: Clock | undefined
}

interface Batch {
  readonly records: readonly NewRecord[]
  readonly types: readonly (string | null)[]
  readonly lines: readonly number[]
}

/**
 * Publishes lines in order, a batch at a time, and reports each batch once the bus has it. While one is on its way the
 * next is read, and no more: two on their way could change places when the first is tried again.
 *
 * A bad line ends it with a {@link BadInputError} after what stood before was sent and reported. A bus that refuses a
 * batch ends it with the bus's error, which says from which line to go on. When the signal aborts, nothing more is
 * read, what was read is sent (with a rate: what was due), and it ends without an error.
 */
export async function* publishLines(
  bus: EventBus,
  { topic, lines, settings, settingsAt = () => settings, rate, signal, clock = systemClock }: PublishRequest,
): AsyncGenerator<readonly Published[]> {
  const isJson = settings.eventType === undefined || (settings.codec !== 'text' && settings.codec !== 'bytes')
  const stop = new AbortController()
  // With a rate, no more at a time than a twentieth of a second's worth.
  const mostRecords = rate === undefined ? MOST_RECORDS : Math.max(1, Math.min(MOST_RECORDS, Math.floor(rate / 20)))
  const batches = gather(isJson ? documentsOf(lines) : lines, {
    settingsAt,
    mostRecords,
    signal: AbortSignal.any([signal, stop.signal]),
  })
  const pace = rate === undefined ? undefined : paced(rate, clock)
  let reading = readNext(batches)
  try {
    while (true) {
      const { done, value: batch } = await reading
      if (done) return
      await pace?.(batch.records.length, signal)
      if (pace && signal.aborted) return
      const sending = send(bus, topic, batch)
      reading = readNext(batches)
      yield await sending
      // Input and bus may both be in memory: without a turn of the loop no signal would ever get through.
      await new Promise(setImmediate)
    }
  } finally {
    stop.abort()
  }
}

/** Asks for the next batch. Its failure is seen when it is awaited, or never when an earlier one ends it all. */
function readNext(batches: AsyncGenerator<Batch, undefined>): Promise<IteratorResult<Batch, undefined>> {
  const reading = batches.next()
  reading.catch(() => {})
  return reading
}

async function send(bus: EventBus, topic: string, { records, types, lines }: Batch): Promise<readonly Published[]> {
  try {
    const positions = await bus.log.append(topic, records)
    return positions.map((position, at) => ({ position, eventType: types[at] ?? null, line: lines[at] ?? 0 }))
  } catch (error) {
    const [first = 1, last = first] = [lines[0], lines.at(-1)]
    if (!(error instanceof EventBusError) || last === 1) throw error
    const { code, message, topic, topics, group, suggestions } = error
    // Nothing can have been taken.
    if (first === 1 && (code === 'TOPIC_NOT_FOUND' || code === 'INVALID_TOPIC')) throw error
    const doubt = first === last ? `line ${first}` : `lines ${first} to ${last}`
    const state =
      first === 1 ? `${doubt} may have been taken` : `what stands before it was taken, ${doubt} may have been`
    const goOn = `publish again from line ${first}: ${state}`
    throw new EventBusError(code, message, {
      topic,
      topics,
      group,
      suggestions: [...suggestions, goOn],
      cause: error,
    })
  }
}

interface GatherOptions {
  readonly settingsAt: (index: number) => EventSettings
  readonly mostRecords: number
  readonly signal: AbortSignal
}

/** Reads lines into batches. A batch ends when it is full, or when no more lines come for a moment. */
async function* gather(
  lines: AsyncIterable<readonly InputLine[]>,
  { settingsAt, mostRecords, signal }: GatherOptions,
): AsyncGenerator<Batch, undefined> {
  const input = lines[Symbol.asyncIterator]()
  let reading: Promise<IteratorResult<readonly InputLine[]>> | undefined
  let batch = emptyBatch()
  let index = 0
  try {
    while (!signal.aborted) {
      reading ??= input.next()
      const read = await firstOf(reading, batch.records.length === 0 ? undefined : LINGER, signal)
      if (read === 'late') {
        yield batch
        batch = emptyBatch()
        continue
      }
      if (read === 'stopped' || read.done) break
      reading = undefined
      for (const { number, text } of read.value) {
        index += 1
        const item = readInput(text, settingsAt(index))
        if (!item.ok) throw new BadInputError(number, item.reason)
        batch.records.push(item.record)
        batch.types.push(item.eventType)
        batch.lines.push(number)
        batch.bytes += sizeOf(item.record)
        if (batch.records.length >= mostRecords || batch.bytes >= MOST_BYTES) {
          yield batch
          batch = emptyBatch()
        }
      }
    }
  } catch (error) {
    if (batch.records.length > 0) yield batch
    throw error
  } finally {
    // Not awaited: a generator that waits for its input answers only when that speaks.
    input.return?.().catch(() => {})
  }
  if (batch.records.length > 0) yield batch
}

const emptyBatch = () => ({
  records: [] as NewRecord[],
  types: [] as (string | null)[],
  lines: [] as number[],
  bytes: 0,
})

/** The twenty or so bytes of a record that are neither key nor value count, or empty records would have no end. */
const sizeOf = ({ key, value, headers = [] }: NewRecord): number =>
  (key?.length ?? 0) +
  (value?.length ?? 0) +
  headers.reduce((size, [name, bytes]) => size + name.length + (bytes?.length ?? 0), 20)

/** What was read, unless it takes longer than `patience` milliseconds or the signal aborts. */
function firstOf<T>(
  reading: Promise<T>,
  patience: number | undefined,
  signal: AbortSignal,
): Promise<T | 'late' | 'stopped'> {
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      how()
    }
    const stop = () => settle(() => resolve('stopped'))
    const timer = patience === undefined ? undefined : setTimeout(() => settle(() => resolve('late')), patience)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    reading.then(
      (read) => settle(() => resolve(read)),
      (error: unknown) => settle(() => reject(error)),
    )
  })
}
