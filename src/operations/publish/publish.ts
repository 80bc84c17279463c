import { AppendError, EventBusError, type RefusedRecord } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { Hint } from '../../bus/hints.ts'
import { withSimilarNames } from '../../bus/names/similar-names.ts'
import type { NewRecord, Position } from '../../bus/record.ts'
import type { MonotonicClock } from '../../bus/time/monotonic-clock.ts'
import { operationHints } from '../hints.ts'
import { rateLimiter } from '../rate-limit.ts'
import type { EventSettings } from './event-settings.ts'
import { type Batch, gatherBatches, MAX_BATCH_RECORDS } from './gather-batches.ts'
import { chosenRanges, documentsOf, formatLines, type InputLine, intersection, type LineRange } from './lines.ts'

/** A line whose record the bus rejected as invalid. */
export interface RefusedLine extends Omit<RefusedRecord, 'index'> {
  readonly line: number
}

/** The bus rejected or failed to append lines. The events that were published before were yielded. */
export class PublishStoppedError extends Error {
  override readonly name = 'PublishStoppedError'
  override readonly cause: EventBusError
  /** Lines that the bus rejected. */
  readonly refused: readonly RefusedLine[]
  /** Lines that were sent without an answer of the bus: each may have been published. */
  readonly unknown: readonly LineRange[]
  /** The other lines that were not published. The last range has no end. */
  readonly rest: readonly LineRange[]
  /** The hints of the cause, and hints to publish the remaining lines. */
  readonly hints: readonly Hint[]

  constructor(topic: string, cause: EventBusError, lines: Pick<PublishStoppedError, 'refused' | 'unknown' | 'rest'>) {
    super(cause.message)
    this.cause = cause
    this.refused = lines.refused
    this.unknown = lines.unknown
    this.rest = lines.rest
    const check = lines.unknown.length === 0 ? [] : [operationHints.checkLines(topic, formatLines(lines.unknown))]
    // The partitions and the settings of the topic tell why it refuses a record.
    const describe = lines.refused.length === 0 ? [] : [operationHints.describeTopic(topic)]
    this.hints = [...cause.hints, ...describe, ...check, ...resumption(lines.rest)]
  }
}

/** Returns the hint to publish the remaining lines; none if no line remains. */
export const resumption = (rest: readonly LineRange[]): readonly Hint[] =>
  rest.length === 0 ? [] : [operationHints.publishLines(formatLines(rest))]

/** A published event. */
export interface Published {
  readonly position: Position
  readonly eventType: string | null
  /** The number of its line in the input. */
  readonly line: number
}

/** Lines to publish to a topic. */
export interface PublishRequest {
  readonly topic: string
  readonly lines: AsyncIterable<readonly InputLine[]>
  readonly settings: EventSettings
  /** Returns the settings of one event, by its number from 1. Absent: `settings` for all events. */
  readonly settingsAt?: ((index: number) => EventSettings) | undefined
  /** The lines to publish. A JSON value that spans several lines has the number of its first line. Absent: all lines. */
  readonly only?: readonly LineRange[] | undefined
  /** Maximum number of events per second. Absent: no limit. */
  readonly rate?: number | undefined
  readonly signal: AbortSignal
  /** The clock that `rate` is measured with. Default: the system's. */
  readonly clock?: MonotonicClock | undefined
}

/**
 * Publishes lines in order and yields the events of each batch once the bus has appended them. While a batch is sent, the next
 * one is read but not sent, because a retry of the first batch could otherwise change their order.
 *
 * Throws a {@link BadInputError} for an invalid line, after the lines before it were published and yielded. Throws a
 * {@link PublishStoppedError} if the bus does not append a line, after the appended lines were yielded. When the signal aborts,
 * stops reading, sends the lines already read (with a rate: those that are due) and ends without an error.
 */
export async function* publishLines(
  bus: EventBus,
  { topic, lines, settings, settingsAt = () => settings, only, rate, signal, clock }: PublishRequest,
): AsyncGenerator<readonly Published[]> {
  const isJson = settings.eventType === undefined || (settings.codec !== 'text' && settings.codec !== 'bytes')
  const stop = new AbortController()
  // With a rate, a batch holds the events of 50 ms, so that they are spread evenly.
  const maxRecords =
    rate === undefined ? MAX_BATCH_RECORDS : Math.max(1, Math.min(MAX_BATCH_RECORDS, Math.floor(rate / 20)))
  const batches = gatherBatches(isJson ? documentsOf(lines) : lines, {
    settingsAt,
    only,
    maxRecords,
    signal: AbortSignal.any([signal, stop.signal]),
  })
  const waitForRate = rate === undefined ? undefined : rateLimiter(rate, clock)
  let reading = readNext(batches)
  try {
    while (true) {
      const { done, value: batch } = await reading
      if (done) return
      await waitForRate?.(batch.records.length, signal)
      if (waitForRate && signal.aborted) return
      const sending = send(bus, topic, batch, only)
      reading = readNext(batches)
      const { published, failure } = await sending
      if (published.length > 0) yield published
      if (failure !== undefined) throw failure
      // Input and bus may both be in memory, so no other await gives the event loop a turn to handle signals.
      await new Promise(setImmediate)
    }
  } finally {
    stop.abort()
    // Do not await the return: the generator may be waiting for input. A batch that it has already read is dropped.
    batches.return(undefined).catch(() => {})
  }
}

/**
 * Starts reading the next batch. A failure is thrown where the result is awaited, which does not happen if an earlier batch
 * fails.
 */
function readNext(batches: AsyncGenerator<Batch, undefined>): Promise<IteratorResult<Batch, undefined>> {
  const reading = batches.next()
  // Without a handler, Node would end the process for a failure that is not awaited yet.
  reading.catch(() => {})
  return reading
}

interface Sent {
  readonly published: readonly Published[]
  readonly failure?: Error | undefined
}

/**
 * Appends a batch. If a record is rejected although later records were appended to other partitions, appends the records in
 * between as well, so that the remaining lines begin after the last appended one. `only` are the lines that the request chose.
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
  // The indexes of the records to append next.
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
    // No record was rejected, so the bus itself failed. Do not send more.
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
  const remains = (index: number) => positions[index] === undefined && !refused.has(index) && !unknown.has(index)
  const remaining = chosenRanges(lines, remains)
  return {
    published,
    failure: new PublishStoppedError(topic, failure, {
      refused: [...refused]
        .sort(([a], [b]) => a - b)
        .map(([index, { reason, size, limit }]) => ({ line: lineOf(index), reason, size, limit })),
      // A range may span lines that the request did not choose.
      unknown: intersection(
        chosenRanges(lines, (index) => unknown.has(index)),
        only,
      ),
      rest: intersection(withoutEnd(remaining, lineOf(records.length - 1), remains(records.length - 1)), only),
    }),
  }
}

/**
 * Adds all lines after the batch, whose last line is `last`, to the remaining lines. `lastRemains`: whether `last` is one of
 * them.
 */
function withoutEnd(remaining: readonly LineRange[], last: number, lastRemains: boolean): readonly LineRange[] {
  const open = lastRemains ? remaining.at(-1) : undefined
  return open === undefined
    ? [...remaining, { from: last + 1, to: undefined }]
    : [...remaining.slice(0, -1), { from: open.from, to: undefined }]
}

/** The result of one append. Indexes are those in the list of appended records. */
interface Appended {
  readonly positions: readonly (Position | undefined)[]
  readonly refused: readonly RefusedRecord[]
  readonly unknown: readonly number[]
  readonly error: EventBusError | undefined
}

/** Appends the records with the indexes in `open`. Returns errors of the bus and throws all others. */
async function append(
  bus: EventBus,
  topic: string,
  open: readonly number[],
  records: readonly NewRecord[],
): Promise<Appended> {
  try {
    const selected = open.length === records.length ? records : open.map((index) => records[index] as NewRecord)
    return { positions: await bus.log.append(topic, selected), refused: [], unknown: [], error: undefined }
  } catch (error) {
    if (error instanceof AppendError) return { ...error.append, error }
    if (!(error instanceof EventBusError)) throw error
    return { positions: [], refused: [], unknown: [], error: await withSimilarNames(error, bus.admin) }
  }
}
