import { AppendError, EventBusError, type RefusedRecord } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { Hint } from '../../bus/hints.ts'
import { withNearNames } from '../../bus/names/missing-topic.ts'
import type { NewRecord, Position } from '../../bus/record.ts'
import type { MonotonicClock } from '../../bus/time/monotonic-clock.ts'
import { operationHints } from '../hints.ts'
import { rateLimiter } from '../rate-limit.ts'
import type { EventSettings } from './event-settings.ts'
import { type Batch, gather, MAX_BATCH_RECORDS } from './gather.ts'
import { documentsOf, formatLines, type InputLine, type LineRange, rangesOf, within } from './lines.ts'

/** A line whose record the bus refused as invalid. */
export interface RefusedLine extends Omit<RefusedRecord, 'index'> {
  readonly line: number
}

/** The bus refused or failed to append lines. The events published before were reported. */
export class PublishStoppedError extends Error {
  override readonly name = 'PublishStoppedError'
  override readonly cause: EventBusError
  /** Lines that were refused and not published. */
  readonly refused: readonly RefusedLine[]
  /** Lines that were sent without an answer: each may have been published. */
  readonly unknown: readonly LineRange[]
  /** Lines that were not published, without the refused ones. The last range has no end. */
  readonly rest: readonly LineRange[]

  /** The hints of the cause, and how to publish the lines that are left. */
  readonly hints: readonly Hint[]

  constructor(topic: string, cause: EventBusError, lines: Pick<PublishStoppedError, 'refused' | 'unknown' | 'rest'>) {
    super(cause.message)
    this.cause = cause
    this.refused = lines.refused
    this.unknown = lines.unknown
    this.rest = lines.rest
    const check = lines.unknown.length === 0 ? [] : [operationHints.checkLines(topic, formatLines(lines.unknown))]
    this.hints = [...cause.hints, ...check, ...resumption(lines.rest)]
  }
}

/** Hints to publish the lines that are left. */
export const resumption = (rest: readonly LineRange[]): readonly Hint[] =>
  rest.length === 0 ? [] : [operationHints.publishLines(formatLines(rest))]

/** A published event. */
export interface Published {
  readonly position: Position
  readonly eventType: string | null
  /** Its line in the input. */
  readonly line: number
}

/** Lines to publish to a topic. */
export interface PublishRequest {
  readonly topic: string
  readonly lines: AsyncIterable<readonly InputLine[]>
  readonly settings: EventSettings
  /** The settings of one event, counted from 1. Absent: `settings` for all events. */
  readonly settingsAt?: ((index: number) => EventSettings) | undefined
  /** Publish only these lines; a JSON document that spans several lines has the number of its first line. Absent: all. */
  readonly only?: readonly LineRange[] | undefined
  /** Maximum number of events per second. Absent: no limit. */
  readonly rate?: number | undefined
  readonly signal: AbortSignal
  /** The clock of the rate. Default: the system's. */
  readonly clock?: MonotonicClock | undefined
}

/**
 * Publishes lines in order and reports each batch once the bus has appended it. While a batch is sent, the next one is read but
 * not sent: a retry of the first could otherwise change their order.
 *
 * Throws a {@link BadInputError} for an invalid line, after the lines before it were sent and reported. Throws a
 * {@link PublishStoppedError} when the bus does not append a line, after the appended lines were reported. When the signal
 * aborts, stops reading, sends the lines already read (with a rate: those that are due) and ends without an error.
 */
export async function* publishLines(
  bus: EventBus,
  { topic, lines, settings, settingsAt = () => settings, only, rate, signal, clock }: PublishRequest,
): AsyncGenerator<readonly Published[]> {
  const isJson = settings.eventType === undefined || (settings.codec !== 'text' && settings.codec !== 'bytes')
  const stop = new AbortController()
  // With a rate, a batch holds the events of at most 50 ms.
  const maxRecords =
    rate === undefined ? MAX_BATCH_RECORDS : Math.max(1, Math.min(MAX_BATCH_RECORDS, Math.floor(rate / 20)))
  const batches = gather(isJson ? documentsOf(lines) : lines, {
    settingsAt,
    only,
    maxRecords,
    signal: AbortSignal.any([signal, stop.signal]),
  })
  const pace = rate === undefined ? undefined : rateLimiter(rate, clock)
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
      // Input and bus may both be in memory, so give the event loop a turn in which signals are handled.
      await new Promise(setImmediate)
    }
  } finally {
    stop.abort()
    // Do not await it: the generator may be waiting for input. A batch that it has already read is dropped.
    batches.return(undefined).catch(() => {})
  }
}

/** Starts reading the next batch. Its failure is thrown when it is awaited, or ignored when an earlier batch fails. */
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
 * Appends a batch. When a record is refused although later records were appended to other partitions, appends the records in
 * between as well, so that the lines left to publish begin after the last appended one.
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
    // A retry of the same records would fail again.
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
    failure: new PublishStoppedError(topic, failure, {
      refused: [...refused]
        .sort(([a], [b]) => a - b)
        .map(([index, { reason, size, limit }]) => ({ line: lineOf(index), reason, size, limit })),
      // Do not report lines that the request excludes.
      unknown: within(
        rangesOf(lines, (index) => unknown.has(index)),
        only,
      ),
      rest: within(withoutEnd(left, lineOf(records.length - 1), isLeft(records.length - 1)), only),
    }),
  }
}

/** Adds all lines after the batch to the lines that are left to publish. */
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
