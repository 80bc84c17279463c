import { AppendError, EventBusError, type RefusedRecord } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { withNearNames } from '../../bus/names/missing-topic.ts'
import type { NewRecord, Position } from '../../bus/record.ts'
import { type Clock, paced, systemClock } from '../pace.ts'
import type { EventSettings } from './event-settings.ts'
import { type Batch, gather, MAX_BATCH_RECORDS } from './gather.ts'
import { documentsOf, type InputLine, type LineRange, rangesOf, within } from './lines.ts'

/** A line whose record the bus does not take as it is. */
export interface RefusedLine extends Omit<RefusedRecord, 'index'> {
  readonly line: number
}

/** The bus did not take a line. What was published before this error was reported. */
export class PublishStoppedError extends Error {
  override readonly name = 'PublishStoppedError'
  override readonly cause: EventBusError
  /** Lines that were refused, and were not published. */
  readonly refused: readonly RefusedLine[]
  /** Lines that were sent and not answered for: each may have been published. */
  readonly unknown: readonly LineRange[]
  /** Lines that were certainly not published, the refused ones apart; the last range has no end. */
  readonly rest: readonly LineRange[]

  constructor(cause: EventBusError, lines: Pick<PublishStoppedError, 'refused' | 'unknown' | 'rest'>) {
    super(cause.message)
    this.cause = cause
    this.refused = lines.refused
    this.unknown = lines.unknown
    this.rest = lines.rest
  }
}

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
  /** Only lines with these numbers; a JSON document over several lines has the number of its first. Absent: all. */
  readonly only?: readonly LineRange[] | undefined
  /** Events a second at most; absent: as fast as the bus takes them. */
  readonly rate?: number | undefined
  readonly signal: AbortSignal
  readonly clock?: Clock | undefined
}

/**
 * Publishes lines in order, a batch at a time, and reports each batch once the bus has it. While one is on its way the
 * next is read, and no more: two on their way could change places when the first is tried again.
 *
 * A bad line ends it with a {@link BadInputError} after what stood before was sent and reported. A line that the bus
 * does not take ends it with a {@link PublishStoppedError}, after what the bus has was reported. When the signal aborts, nothing more is
 * read, what was read is sent (with a rate: what was due), and it ends without an error.
 */
export async function* publishLines(
  bus: EventBus,
  { topic, lines, settings, settingsAt = () => settings, only, rate, signal, clock = systemClock }: PublishRequest,
): AsyncGenerator<readonly Published[]> {
  const isJson = settings.eventType === undefined || (settings.codec !== 'text' && settings.codec !== 'bytes')
  const stop = new AbortController()
  // With a rate, no more at a time than a twentieth of a second's worth.
  const maxRecords =
    rate === undefined ? MAX_BATCH_RECORDS : Math.max(1, Math.min(MAX_BATCH_RECORDS, Math.floor(rate / 20)))
  const batches = gather(isJson ? documentsOf(lines) : lines, {
    settingsAt,
    only,
    maxRecords,
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
      const sending = send(bus, topic, batch, only)
      reading = readNext(batches)
      const { published, failure } = await sending
      if (published.length > 0) yield published
      if (failure !== undefined) throw failure
      // Input and bus may both be in memory: without a turn of the loop no signal would ever get through.
      await new Promise(setImmediate)
    }
  } finally {
    stop.abort()
    // The generator may have read its next batch already, which is dropped, or may be waiting for input.
    batches.return(undefined).catch(() => {})
  }
}

/** Asks for the next batch. Its failure is seen when it is awaited, or never when an earlier one ends it all. */
function readNext(batches: AsyncGenerator<Batch, undefined>): Promise<IteratorResult<Batch, undefined>> {
  const reading = batches.next()
  reading.catch(() => {})
  return reading
}

interface Sent {
  readonly published: readonly Published[]
  readonly failure?: Error | undefined
}

/**
 * Appends a batch. Where a record is refused, and later ones of other partitions were appended already, those between
 * are appended as well: what is left to publish then begins behind the last of them.
 */
async function send(
  bus: EventBus,
  topic: string,
  batch: Batch,
  only: readonly LineRange[] = [{ from: 1, to: undefined }],
): Promise<Sent> {
  const { records, lines, types } = batch
  const positions: (Position | undefined)[] = new Array(records.length).fill(undefined)
  const refused = new Map<number, RefusedRecord>()
  const unknown = new Set<number>()
  let failure: EventBusError | undefined
  let open = Array.from(records.keys())
  while (open.length > 0) {
    const outcome = await append(bus, topic, open, records)
    outcome.positions.forEach((position, at) => {
      positions[open[at] as number] = position
    })
    if (outcome.error === undefined) break
    failure ??= outcome.error
    for (const refusal of outcome.refused) refused.set(open[refusal.index] as number, refusal)
    for (const at of outcome.unknown) unknown.add(open[at] as number)
    // Sending the same records again would fail again.
    if (outcome.refused.length === 0) break
    const last = positions.findLastIndex((position) => position !== undefined)
    open = open.filter(
      (index) => index < last && positions[index] === undefined && !refused.has(index) && !unknown.has(index),
    )
  }
  const published = positions.flatMap((position, index) =>
    position === undefined ? [] : [{ position, eventType: types[index] ?? null, line: lines[index] ?? 0 }],
  )
  if (failure === undefined) return { published }
  const lineOf = (index: number) => lines[index] as number
  const isLeft = (index: number) => positions[index] === undefined && !refused.has(index) && !unknown.has(index)
  const left = rangesOf(lines, isLeft)
  return {
    published,
    failure: new PublishStoppedError(failure, {
      refused: [...refused]
        .sort(([a], [b]) => a - b)
        .map(([index, { reason, size, limit }]) => ({ line: lineOf(index), reason, size, limit })),
      // Lines that --lines left out stay left out.
      unknown: within(
        rangesOf(lines, (index) => unknown.has(index)),
        only,
      ),
      rest: within(withoutEnd(left, lineOf(records.length - 1), isLeft(records.length - 1)), only),
    }),
  }
}

/** Adds every line after the batch to the lines that are left to publish. */
function withoutEnd(left: readonly LineRange[], last: number, isLastLeft: boolean): readonly LineRange[] {
  const open = isLastLeft ? left.at(-1) : undefined
  return open === undefined
    ? [...left, { from: last + 1, to: undefined }]
    : [...left.slice(0, -1), { from: open.from, to: undefined }]
}

interface Appended {
  readonly positions: readonly (Position | undefined)[]
  readonly refused: readonly RefusedRecord[]
  readonly unknown: readonly number[]
  readonly error: EventBusError | undefined
}

async function append(
  bus: EventBus,
  topic: string,
  open: readonly number[],
  records: readonly NewRecord[],
): Promise<Appended> {
  try {
    const some = open.length === records.length ? records : open.map((index) => records[index] as NewRecord)
    return { positions: await bus.log.append(topic, some), refused: [], unknown: [], error: undefined }
  } catch (error) {
    if (error instanceof AppendError) return { ...error.append, error }
    if (!(error instanceof EventBusError)) throw error
    return { positions: [], refused: [], unknown: [], error: await withNearNames(error, bus.admin) }
  }
}
