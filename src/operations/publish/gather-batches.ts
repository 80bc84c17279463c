import type { NewRecord } from '../../bus/record.ts'
import type { EventSettings } from './event-settings.ts'
import { readInput } from './input.ts'
import { BadInputError, type InputLine, type LineRange } from './lines.ts'

/** Maximum number of records in a batch. Larger batches are not measurably faster, and progress should be reported often. */
export const MAX_BATCH_RECORDS = 4000
const MAX_BATCH_BYTES = 512 * 1024
/** Milliseconds that a batch waits for more lines. Short, so that slow input is sent line by line. */
const LINGER_MS = 5

/** Records to append together. The three lists have one item for each record. */
export interface Batch {
  readonly records: readonly NewRecord[]
  /** Event types; `null` for a record that is not known to be an event. */
  readonly types: readonly (string | null)[]
  /** Line numbers, from 1. */
  readonly lines: readonly number[]
}

interface GatherOptions {
  /** Returns the settings of an event, by its number from 1. */
  readonly settingsAt: (index: number) => EventSettings
  /** The lines to read; `undefined` for all lines. */
  readonly only: readonly LineRange[] | undefined
  readonly maxRecords: number
  readonly signal: AbortSignal
}

/**
 * Reads lines into batches of records. A batch ends when it is full, or when no line arrives for {@link LINGER_MS}. Throws a
 * {@link BadInputError} for an invalid line, after it has yielded the records before that line. An abort ends the input.
 */
export async function* gatherBatches(
  lines: AsyncIterable<readonly InputLine[]>,
  { settingsAt, only, maxRecords, signal }: GatherOptions,
): AsyncGenerator<Batch, undefined> {
  const input = lines[Symbol.asyncIterator]()
  let reading: Promise<IteratorResult<readonly InputLine[]>> | undefined
  let batch = emptyBatch()
  let index = 0
  try {
    while (!signal.aborted) {
      reading ??= input.next()
      const read = await orTimeout(reading, batch.records.length === 0 ? undefined : LINGER_MS, signal)
      if (read === 'timed-out') {
        yield batch
        batch = emptyBatch()
        continue
      }
      if (read === 'aborted' || read.done) break
      reading = undefined
      for (const { number, text } of read.value) {
        index += 1
        // Count skipped lines too, so that a resumed run renders templates with the same numbers.
        if (only !== undefined && !isWithin(only, number)) continue
        const item = readInput(text, settingsAt(index))
        if (!item.ok) throw new BadInputError(number, item.reason, item.hints)
        batch.records.push(item.record)
        batch.types.push(item.eventType)
        batch.lines.push(number)
        batch.bytes += sizeOf(item.record)
        if (batch.records.length >= maxRecords || batch.bytes >= MAX_BATCH_BYTES) {
          yield batch
          batch = emptyBatch()
        }
      }
    }
  } catch (error) {
    if (batch.records.length > 0) yield batch
    throw error
  } finally {
    // Do not await the return: a generator that waits for input returns only when input arrives.
    input.return?.().catch(() => {})
  }
  if (batch.records.length > 0) yield batch
}

/** Whether a line number is in one of the ranges. */
const isWithin = (ranges: readonly LineRange[], line: number): boolean =>
  ranges.some(({ from, to = line }) => from <= line && line <= to)

const emptyBatch = () => ({
  records: [] as NewRecord[],
  types: [] as (string | null)[],
  lines: [] as number[],
  bytes: 0,
})

/** Returns the size of a record in bytes, including 20 bytes of overhead, so that batches of empty records are limited too. */
const sizeOf = ({ key, value, headers = [] }: NewRecord): number =>
  (key?.length ?? 0) +
  (value?.length ?? 0) +
  headers.reduce((size, [name, bytes]) => size + name.length + (bytes?.length ?? 0), 20)

/** Resolves with the result of `reading`, with `'timed-out'` after `timeout` milliseconds, or with `'aborted'` at an abort. */
function orTimeout<T>(
  reading: Promise<T>,
  timeout: number | undefined,
  signal: AbortSignal,
): Promise<T | 'timed-out' | 'aborted'> {
  return new Promise((resolve, reject) => {
    const settle = (settlePromise: () => void) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      settlePromise()
    }
    const onAbort = () => settle(() => resolve('aborted'))
    const timer = timeout === undefined ? undefined : setTimeout(() => settle(() => resolve('timed-out')), timeout)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    reading.then(
      (read) => settle(() => resolve(read)),
      (error: unknown) => settle(() => reject(error)),
    )
  })
}
